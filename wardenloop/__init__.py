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
    from wardenloop.mailbox import Mailbox, Message
    from wardenloop.official import official_hosts
    from wardenloop.people import Account
    from wardenloop.selfhost import Here, Member, SelfHost
    from wardenloop.server import Server
    from wardenloop.stack import Stack, start

_HOMES = {
    "Account": "people",
    "Cloud": "cloud",
    "Entry": "journal",
    "Here": "selfhost",
    "Installation": "cloud",
    "Journal": "journal",
    "License": "licenses",
    "Mailbox": "mailbox",
    "Member": "selfhost",
    "Message": "mailbox",
    "NotStarted": "errors",
    "Organization": "cloud",
    "Refused": "errors",
    "SelfHost": "selfhost",
    "Server": "server",
    "Stack": "stack",
    "WardenloopError": "errors",
    "official_hosts": "official",
    "start": "stack",
}
"""Imported when first asked for: the command and the pytest plugin load none of it."""

__all__ = [
    "Account",
    "Cloud",
    "Entry",
    "Here",
    "Installation",
    "Journal",
    "License",
    "Mailbox",
    "Member",
    "Message",
    "NotStarted",
    "Organization",
    "Refused",
    "SelfHost",
    "Server",
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
