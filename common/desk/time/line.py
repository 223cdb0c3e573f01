"""A picture of the time of one organization: what lies where between two moments. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

_BEFORE, _AFTER = timedelta(days=30), timedelta(days=45)
_SHORTEST = timedelta(days=120)


class Span(NamedTuple):
    """Something that lasts. kind: its key. begin, end: parts of the whole, 0 to 100. until: when it ends."""

    kind: str
    begin: float
    end: float
    until: datetime


class Line(NamedTuple):
    """now: part of the whole, 0 to 100. marks: where something happens. invoices: where a paid period begins."""

    begin: datetime
    end: datetime
    now: float
    spans: Sequence[Span]
    marks: Sequence[float]
    invoices: Sequence[float] = ()

    @property
    def days(self) -> int:
        """How many days it shows."""
        return (self.end - self.begin).days

    @property
    def today(self) -> int:
        """How many of them are over."""
        return round(self.days * self.now / 100)


def line_of(
    pair: Mapping[str, Any], now: datetime, events: Sequence[datetime], invoices: Sequence[datetime] = ()
) -> Line | None:
    """The paid period of the cloud, and on the instance the paid time and the grace of its licence. None = neither."""
    found = _spans_of(pair, max((each for each in invoices if each <= now), default=None))
    if not found:
        return None
    begin = min(now, *(each[1] for each in found)) - _BEFORE
    end = max(now, begin + _SHORTEST, *(each[2] for each in found)) + _AFTER
    whole = end - begin

    def at(moment: datetime) -> float:
        return round(100 * ((moment - begin) / whole), 2)

    spans = [Span(kind, at(start), at(stop), stop) for kind, start, stop in found]
    marks, begun = ([at(each) for each in those if begin <= each <= end] for those in (events, invoices))
    return Line(begin, end, at(now), spans, marks, begun)


def _spans_of(pair: Mapping[str, Any], invoiced: datetime | None) -> list[tuple[str, datetime, datetime]]:
    found: list[tuple[str, datetime, datetime]] = []
    cloud, here = pair["cloud"], pair["instance"]
    subscription = cloud["subscription"] if cloud else None
    if subscription:
        start = _date(subscription["periodStart"])
        found.append(("paid", min(start, invoiced or start), _date(subscription["periodEnd"])))
    licence = here["license"] if here else None
    if licence and licence["issued"] and licence["paidUntil"]:
        issued, paid = _date(licence["issued"]), _date(licence["paidUntil"])
        found.append(("licence", min(issued, paid), paid))
        if licence["suspendedAt"] and _date(licence["suspendedAt"]) > paid:
            found.append(("grace", paid, _date(licence["suspendedAt"])))
    return found


def _date(text: str) -> datetime:
    return datetime.fromisoformat(text)
