"""The invoices of a subscription: one at the start of each paid period, and what becomes of it. Pure.

A period that was given away (a trial) has none; what changes within a period is invoiced from the next one on.
Source: src/Core/Billing/Services/Implementations/PaymentHistoryService.cs, src/Billing/Services/Implementations/
SubscriptionDeletedHandler.cs (VoidOpenInvoicesAsync); fidelity.md: billing.history.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from cloud_sim.subscriptions.rules import DAYS_UNTIL_DUE, ENDED, Terms
from common.enums import SubscriptionStatus as Status

PAGE = 5
"""Invoices, or transactions, that a list holds at most."""

PAID, OPEN, VOID = "paid", "open", "void"
OWING = frozenset({Status.PAST_DUE, Status.UNPAID})


class Invoice(NamedTuple):
    """What one period cost. number: unique, growing with time. due: of one that was sent to be paid."""

    number: str
    date: datetime
    amount: Decimal
    status: str
    due: datetime | None = None

    @property
    def id(self) -> str:
        """As the payment provider names it."""
        return f"in_{self.number.replace('-', '').lower()}"

    @property
    def paid(self) -> bool:
        """Whether money was taken for it."""
        return self.status == PAID


class Begun(NamedTuple):
    """A paid period that begins, and how its invoice starts out."""

    date: datetime
    status: str
    due: datetime | None


def begun(after: Terms, since: datetime | None) -> list[Begun]:
    """Paid periods of a subscription that began later than `since` (None = all of them)."""
    found, number = [], 0
    while (date := after.anchor + relativedelta(months=after.months * number)) <= after.period_start:
        if since is None or date > since:
            found.append(_invoice(after, date))
        number += 1
    return found


def _invoice(terms: Terms, date: datetime) -> Begun:
    if terms.by_invoice:
        return Begun(date, OPEN, date + DAYS_UNTIL_DUE)
    return Begun(date, OPEN if terms.status in OWING else PAID, None)


def last_invoiced(before: Terms | None, after: Terms) -> datetime | None:
    """The start of the last period before a change; None when the change begins to count anew."""
    return before.period_start if before is not None and before.anchor == after.anchor else None


def becomes_owed(before: Terms, after: Terms) -> bool:
    """Whether the invoice of the period that runs is paid no more: its card was declined after all."""
    running = after.period_start >= after.anchor and not after.by_invoice
    return running and after.status in OWING and before.status not in OWING


def becomes_paid(before: Terms, after: Terms) -> bool:
    """Whether open invoices are paid."""
    sent = before.invoice_due is not None and after.invoice_due != before.invoice_due
    return after.status == Status.ACTIVE and (before.status in OWING or sent)


def becomes_void(before: Terms, after: Terms) -> bool:
    """Whether open invoices are given up: the subscription was unpaid and ended."""
    return before.status == Status.UNPAID and after.status in ENDED


def page(found: Iterator[Invoice], *, status: str | None = None, after: str | None = None) -> list[Invoice]:
    """The first of a list, or those behind one of them. status: only of this one. after: the id of that one."""
    if after:
        found = _behind(found, after)
    if status:
        found = (each for each in found if each.status == status)
    return list(islice(found, PAGE))


def _behind(found: Iterator[Invoice], after: str) -> Iterator[Invoice]:
    seen = False
    for each in found:
        if seen:
            yield each
        seen = seen or each.id == after


def charges(found: Iterator[Invoice], *, before: datetime | None = None) -> Iterator[Invoice]:
    """Those that money was taken for. before: only older ones."""
    return (each for each in found if each.paid and each.amount and (before is None or each.date < before))
