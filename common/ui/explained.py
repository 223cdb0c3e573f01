"""Where the inspector of the stack's desk explains what became of a request.

Only for who can look there: the desk shows it to this machine's user alone. Source: fidelity.md: pages.own.
"""

from typing import NamedTuple

from flask import request

from common.server.app import context
from common.server.observed import observed
from common.server.own_hosts import is_from_this_machine
from common.ui.visit import visit

_INSPECTOR = "/inspector"


class Link(NamedTuple):
    """A page that tells more. href: whole URL."""

    href: str
    label: str


def exchange_id() -> str | None:
    """The journal's id of this request; None where none is kept."""
    told = observed()
    return told.id or None if told is not None else None


def exchange_link(found: str | None = None) -> Link | None:
    """The entry of this request, or of an earlier one that went by this id. None: nobody here could open it."""
    wanted, desk = found or exchange_id(), _desk()
    if wanted is None or desk is None:
        return None
    return Link(f"{desk}{_INSPECTOR}/{wanted}", visit().texts("x.explainExchange"))


def failures_link() -> Link | None:
    """All that was refused lately: for what failed some time ago, and nobody knows in which request."""
    desk = _desk()
    return Link(f"{desk}{_INSPECTOR}?only=failed#exchanges", visit().texts("x.failedExchanges")) if desk else None


def _desk() -> str | None:
    return context().settings.desk_url if is_from_this_machine(request.remote_addr, request.headers) else None
