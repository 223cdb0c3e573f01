"""Every date that matters to whoever holds a licence file, with its rule. Pure; words are the catalogue's.

What a server does by itself happens at the next run of its nightly check, which goes by the server's own time zone;
containers have UTC. Source: fidelity.md: license.expiration, license.validation, license.token-verification.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from common.enums import ProductTier
from common.license.bringing import Brought
from common.license.canonical import is_supported_version
from common.license.dates import USER_GRACE_DAYS
from common.license.model import OrganizationLicense, UserLicense, has_token
from common.license.origins import Origin, Term, days_before, origin_of
from common.license.timestamps import MIN_TIMESTAMP, Timestamp
from common.plans import tier_of

_ORGANIZATION_RUNS = (timedelta(minutes=30), timedelta(hours=12, minutes=30))
_USER_RUNS = tuple(timedelta(hours=hour) for hour in (0, 6, 12, 18))
_NOTICE = timedelta(days=14)
_LAST_YEAR = 9998
SPONSORSHIP_STALE = timedelta(days=182, hours=12)
"""A sponsorship that was not synced for so long ends at the next renewal. Source: fidelity.md: sponsorship.renewal."""


class What(StrEnum):
    """What happens. Its words: `x.agenda.{value}`, what to do about it: `x.agenda.{value}.do`."""

    ISSUED = "issued"
    REFRESH = "refresh"
    TRIAL_END = "trial-end"
    PERIOD_END = "period-end"
    MONTHS_END = "months-end"
    UNTIL_END = "until-end"
    LAST_DAY = "last-day"
    TOKEN_END = "token-end"
    GRACE_END = "grace-end"
    EXPIRES = "expires"
    SUSPENSION = "suspension"
    NOT_SUSPENDED = "not-suspended"
    SPONSORSHIPS = "sponsorships"
    PREMIUM_PERIOD = "premium-period"
    PREMIUM_END = "premium-end"
    PREMIUM_OPEN = "premium-open"
    PREMIUM_LOST = "premium-lost"
    PREMIUM_TOKEN = "premium-token"


class Entry(NamedTuple):
    """One date. rule: a key of docs/fidelity.md."""

    at: datetime
    what: What
    rule: str


def agenda_of(brought: Brought) -> list[Entry]:
    """In the order of time; of dates that the calendar does not have, nothing."""
    file = brought.file
    found = _of_organization(file, brought) if isinstance(file, OrganizationLicense) else _of_user(file, brought)
    return sorted(found, key=lambda each: each.at)


def is_understood(brought: Brought) -> bool:
    """Whether some release takes the file for its version: one with a token is not asked for it since 2025.1."""
    return has_token(brought.file) or is_supported_version(brought.file)


def token_end(brought: Brought) -> datetime | None:
    """When the token dies; None without one, or without an end."""
    ends = (brought.payload or {}).get("exp")
    usable = isinstance(ends, int) and not isinstance(ends, bool)
    return Timestamp.of_epoch_seconds(ends).datetime() if usable and isinstance(ends, int) else None


def _of_organization(file: OrganizationLicense, brought: Brought) -> Iterator[Entry]:
    origin = origin_of(file)
    dies = token_end(brought)
    if file.issued > MIN_TIMESTAMP:
        yield Entry(file.issued.datetime(), What.ISSUED, "license.file")
    if file.refresh is not None and file.refresh != file.expires:
        yield Entry(file.refresh.datetime(), What.REFRESH, "license.expiration")
    if dies is not None:
        yield Entry(dies, What.TOKEN_END, "license.token-verification")
    if file.expires is None:
        return
    ends = file.expires.datetime()
    yield from _paid(file, origin)
    yield Entry(ends, What.GRACE_END if origin.term is Term.ANNUAL else What.EXPIRES, "license.expiration")
    if ends.year >= _LAST_YEAR:
        return
    run = next_run(ends, _ORGANIZATION_RUNS)
    alive = dies is None or dies >= run
    yield Entry(run, What.SUSPENSION if alive else What.NOT_SUSPENDED, "license.validation")
    first = ends if dies is None else min(ends, dies)
    if first - file.issued.datetime() > _NOTICE:
        yield Entry(first - _NOTICE, What.LAST_DAY, "license.update")
    if tier_of(file.plan_type) is ProductTier.ENTERPRISE:
        yield Entry(run + SPONSORSHIP_STALE, What.SPONSORSHIPS, "sponsorship.renewal")


_PAID = {
    Term.TRIAL: What.TRIAL_END,
    Term.ANNUAL: What.PERIOD_END,
    Term.MONTHLY: What.MONTHS_END,
    Term.ELSEWHERE: What.UNTIL_END,
}


def _paid(file: OrganizationLicense, origin: Origin) -> Iterator[Entry]:
    until = origin.paid_until
    if until is not None and origin.term in _PAID and until >= file.issued:
        yield Entry(until.datetime(), _PAID[origin.term], "license.expiration")


def _of_user(file: UserLicense, brought: Brought) -> Iterator[Entry]:
    dies = token_end(brought)
    if file.issued > MIN_TIMESTAMP:
        yield Entry(file.issued.datetime(), What.ISSUED, "license.file")
    if dies is not None:
        yield Entry(dies, What.PREMIUM_TOKEN, "license.token-verification")
    if file.expires is None:
        return
    paid = file.refresh or days_before(file.expires, USER_GRACE_DAYS)
    yield Entry(paid.datetime(), What.PREMIUM_PERIOD, "license.expiration")
    ends = file.expires.datetime()
    if has_token(file):
        yield Entry(ends, What.PREMIUM_OPEN, "license.validation")
    else:
        yield Entry(ends, What.PREMIUM_END, "license.expiration")
        if ends.year < _LAST_YEAR:
            yield Entry(next_run(ends, _USER_RUNS), What.PREMIUM_LOST, "license.validation")


def next_run(after: datetime, runs: Sequence[timedelta]) -> datetime:
    """The first run later than a moment, in UTC."""
    midnight = after.replace(hour=0, minute=0, second=0, microsecond=0)
    days = (midnight, midnight + timedelta(days=1))
    return next(day + run for day in days for run in runs if day + run > after)
