"""The invoices of a subscription, counted from its first paid period. Pure.

None is stored: each period is invoiced at its start, at what the subscription costs today. A period that was given
away (a trial) has none. Source: src/Core/Billing/Services/Implementations/PaymentHistoryService.cs;
fidelity.md: billing.history.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice

from dateutil.relativedelta import relativedelta

from common.enums import SubscriptionStatus as Status

PAGE = 5
"""Invoices, or transactions, that a list holds at most."""

_OWED = frozenset({Status.PAST_DUE, Status.UNPAID})


@dataclass(frozen=True)
class Invoice:
    """What one period cost. number: unique, growing with time."""

    number: str
    date: datetime
    amount: Decimal
    paid: bool

    @property
    def id(self) -> str:
        """As the payment provider names it."""
        return f"in_{self.number.replace('-', '').lower()}"


@dataclass(frozen=True)
class Charged:
    """A subscription as far as its invoices go. name: begins each number. anchor: start of the first paid period."""

    name: str
    anchor: datetime
    period_start: datetime
    months: int
    status: str
    amount: Decimal


def invoices(charged: Charged) -> Iterator[Invoice]:
    """All of them, newest first. Only the newest may be owed."""
    owed = charged.status in _OWED
    for number in range(_periods(charged), 0, -1):
        date = charged.anchor + relativedelta(months=charged.months * (number - 1))
        yield Invoice(f"{charged.name}-{number:04}", date, charged.amount, paid=not owed)
        owed = False


def _periods(charged: Charged) -> int:
    if charged.period_start < charged.anchor:
        return 0
    years = charged.period_start.year - charged.anchor.year
    passed = years * 12 + charged.period_start.month - charged.anchor.month
    return passed // charged.months + 1


def page(found: Iterator[Invoice], *, status: str | None = None, after: str | None = None) -> list[Invoice]:
    """The first of a list, or those behind one of them. status: `paid` or `open` only. after: the id of that one."""
    if after:
        found = _behind(found, after)
    if status:
        found = (each for each in found if status == ("paid" if each.paid else "open"))
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
