"""wardenloop in other people's programs: the licensing loop of Bitwarden, both clouds and an instance, for tests.

With pytest there is nothing to configure: take the fixture `wardenloop`. Without it: `with wardenloop.start() as s:`.
This package is all that an installation adds to what can be imported. It starts the simulator as a process of its own
and talks HTTP to it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wardenloop.cloud import Cloud, Installation, Organization
    from wardenloop.errors import NotStarted, Refused, WardenloopError
    from wardenloop.journal import Entry, Journal
    from wardenloop.licenses import License
    from wardenloop.mailbox import Mailbox, Message, NoMail
    from wardenloop.official import NotByRequests, NotOfficial, official_hosts
    from wardenloop.people import Account, ApiKey
    from wardenloop.selfhost import Here, Jobs, Member, SelfHost
    from wardenloop.server import Server
    from wardenloop.stack import Clock, Egress, Faults, Forge, Snapshot, Stack, start

_HOMES = {
    "Account": "people",
    "ApiKey": "people",
    "Clock": "stack",
    "Cloud": "cloud",
    "Egress": "stack",
    "Entry": "journal",
    "Faults": "stack",
    "Forge": "stack",
    "Here": "selfhost",
    "Installation": "cloud",
    "Jobs": "selfhost",
    "Journal": "journal",
    "License": "licenses",
    "Mailbox": "mailbox",
    "Member": "selfhost",
    "Message": "mailbox",
    "NoMail": "mailbox",
    "NotByRequests": "official",
    "NotOfficial": "official",
    "NotStarted": "errors",
    "Organization": "cloud",
    "Refused": "errors",
    "SelfHost": "selfhost",
    "Server": "server",
    "Snapshot": "stack",
    "Stack": "stack",
    "WardenloopError": "errors",
    "official_hosts": "official",
    "start": "stack",
}
"""Imported when first asked for: the command and the pytest plugin load none of it."""

__all__ = [
    "Account",
    "ApiKey",
    "Clock",
    "Cloud",
    "Egress",
    "Entry",
    "Faults",
    "Forge",
    "Here",
    "Installation",
    "Jobs",
    "Journal",
    "License",
    "Mailbox",
    "Member",
    "Message",
    "NoMail",
    "NotByRequests",
    "NotOfficial",
    "NotStarted",
    "Organization",
    "Refused",
    "SelfHost",
    "Server",
    "Snapshot",
    "Stack",
    "WardenloopError",
    "official_hosts",
    "start",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("importlib.metadata").version("wardenloop")  # half of what `--help` would cost
    if name not in _HOMES:
        raise AttributeError(f"module 'wardenloop' has no attribute {name!r}")
    return getattr(import_module(f"wardenloop.{_HOMES[name]}"), name)
