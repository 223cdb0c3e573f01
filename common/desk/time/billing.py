"""What can happen at the payment provider to an organization, and what it did. Pure.

Source: fidelity.md: organization.subscription.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

EVENTS = {
    "trial-end": "x.eventTrialEnd",
    "renew": "x.eventRenew",
    "past-due": "x.eventPastDue",
    "unpaid": "x.eventUnpaid",
    "pay": "x.eventPay",
    "cancel-at-period-end": "x.eventCancelAtEnd",
    "reinstate": "x.eventReinstate",
    "cancel": "x.eventCancel",
    "start": "x.eventStart",
}
"""Event -> its text."""

_OF_STATUS = {
    "trialing": ("trial-end", "past-due", "unpaid", "cancel-at-period-end", "cancel"),
    "active": ("renew", "past-due", "unpaid", "cancel-at-period-end", "cancel"),
    "past_due": ("pay", "renew", "unpaid", "cancel"),
    "unpaid": ("pay", "renew", "cancel"),
    "canceled": ("start",),
}


def events_of(subscription: Mapping[str, Any] | None) -> list[str]:
    """What can happen to it now."""
    if subscription is None:
        return []
    ends = subscription["cancelAt"] is not None and subscription["status"] in ("active", "trialing")
    known = _OF_STATUS.get(subscription["status"], ())
    return [
        *(each for each in known if not (ends and each == "cancel-at-period-end")),
        *(["reinstate"] if ends else []),
    ]


class Caused(NamedTuple):
    """An event that was caused: until when was paid for before, and is now."""

    event: str
    before: datetime
    after: datetime


def caused(event: str, before: str, subscription: Mapping[str, Any] | None) -> Caused | None:
    """What the page before this one did; None where nothing sensible is said of it."""
    if event not in EVENTS or subscription is None:
        return None
    try:
        moment = datetime.fromisoformat(before)
    except ValueError:
        return None
    return Caused(event, moment, datetime.fromisoformat(subscription["periodEnd"])) if moment.tzinfo else None
