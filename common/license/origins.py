"""From the dates of an organization licence back to the billing state that gives them. Pure.

The other direction is `dates.organization_dates`; what is found here is tried there.
Source: fidelity.md: license.expiration.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from common.enums import ProductTier
from common.license.dates import GRACE_DAYS, BillingView, LicenseDates, SubscriptionView, organization_dates
from common.license.model import OrganizationLicense
from common.license.timestamps import TICKS_PER_DAY, Timestamp
from common.plans import plan_of

_YEAR, _MONTH, _MONTHLY_EXTRA = 12, 1, 11
_TRIAL_DAYS = 7
_LONGEST_MONTH_DIFFERENCE = 3
"""Days by which the end of a month is cut when months are counted back."""


class Term(StrEnum):
    """How a licence is paid for, as far as its dates tell."""

    TRIAL = "trial"
    ANNUAL = "annual"
    MONTHLY = "monthly"
    ELSEWHERE = "elsewhere"
    """Until a date, without a subscription: invoiced by a reseller, or by hand."""
    LAPSED = "lapsed"
    """What was paid for was over when the licence was issued."""
    UNPAID = "unpaid"
    """Nothing says until when: a week from its issue."""


class Origin(NamedTuple):
    """exact: a cloud in this state, asked at the moment of `Issued`, gives precisely these dates."""

    term: Term
    billing: BillingView
    exact: bool

    @property
    def paid_until(self) -> Timestamp | None:
        """End of the paid period, or of the trial; None = unknown."""
        subscription = self.billing.subscription
        return subscription.period_end if subscription else self.billing.expiration_date


def origin_of(file: OrganizationLicense) -> Origin:
    """The first state that gives the dates of this licence; where none does, the likeliest."""
    found = [Origin(term, billing, _gives(billing, file)) for term, billing in _candidates(file)]
    return next((each for each in found if each.exact), found[0])


def dates_of(file: OrganizationLicense) -> LicenseDates | None:
    """The dates that the file tells; None without an end."""
    if file.expires is None:
        return None
    refresh = file.refresh or file.expires
    return LicenseDates(file.expires, refresh, file.expiration_without_grace_period, file.trial)


def tried_of(file: OrganizationLicense) -> list[tuple[Term, LicenseDates | None]]:
    """Every rule that might have given the dates of this licence, with what it gives; None = beyond the calendar."""
    return list(dict.fromkeys((term, _given(billing, file)) for term, billing in _candidates(file)))


def _gives(billing: BillingView, file: OrganizationLicense) -> bool:
    found = _given(billing, file)
    return found is not None and found == dates_of(file)


def _given(billing: BillingView, file: OrganizationLicense) -> LicenseDates | None:
    try:
        return organization_dates(billing, file.issued.ticks)
    except ValueError:  # beyond the calendar
        return None


def _candidates(file: OrganizationLicense) -> Iterator[tuple[Term, BillingView]]:
    ends, issued = file.expires, file.issued
    if ends is None:
        yield Term.UNPAID, BillingView()
        return
    if file.trial:
        yield from _of_trial(ends, issued)
        return
    if ends < issued:
        yield Term.LAPSED, BillingView(ends, _period(_before(ends, _months_of(file)), ends))
    if file.expiration_without_grace_period is not None:
        yield Term.ANNUAL, _annual(file.expiration_without_grace_period, issued, after_trial=True)
    if file.refresh not in (None, ends) and ends.ticks > GRACE_DAYS * TICKS_PER_DAY:
        yield Term.ANNUAL, _annual(ends.plus_days(-GRACE_DAYS), issued, after_trial=False)
    plan = plan_of(file.plan_type)
    if plan is not None and not plan.annual and plan.tier is not ProductTier.FREE:
        yield from _of_months(ends, issued)
    yield Term.ELSEWHERE, BillingView(ends)
    yield from _of_months(ends, issued)


def _of_trial(ends: Timestamp, issued: Timestamp) -> Iterator[tuple[Term, BillingView]]:
    started = min(issued, days_before(ends, _TRIAL_DAYS))
    in_trial = SubscriptionView(ends, started, ends, "trialing")
    of_a_week = ends.ticks - issued.ticks == _TRIAL_DAYS * TICKS_PER_DAY
    by_fraction = of_a_week and bool(issued.ticks % 10_000_000)  # a payment provider knows whole seconds only
    both = [(Term.TRIAL, BillingView(ends, in_trial)), (Term.UNPAID, BillingView())]
    yield from reversed(both) if by_fraction else both


def _of_months(ends: Timestamp, issued: Timestamp) -> Iterator[tuple[Term, BillingView]]:
    """The end of a month is cut when months are added, so several days may have given the same end."""
    first = _before(ends, _MONTHLY_EXTRA)
    for more in range(_LONGEST_MONTH_DIFFERENCE + 1):
        paid = first.plus_days(more)
        if paid >= issued:
            yield Term.MONTHLY, BillingView(paid, _period(_before(paid, _MONTH), paid))
    yield Term.MONTHLY, BillingView(None, _period(issued, _after(issued, _MONTH)))


def _annual(ends: Timestamp, issued: Timestamp, *, after_trial: bool) -> BillingView:
    starts = min(_before(ends, _YEAR), issued)
    return BillingView(ends, SubscriptionView(starts if after_trial else None, starts, ends, "active"))


def _period(starts: Timestamp, ends: Timestamp) -> SubscriptionView:
    return SubscriptionView(None, starts, ends, "active")


def _months_of(file: OrganizationLicense) -> int:
    plan = plan_of(file.plan_type)
    return plan.period_months if plan else _YEAR


def _before(moment: Timestamp, months: int) -> Timestamp:
    return _after(moment, -months)


def _after(moment: Timestamp, months: int) -> Timestamp:
    """Where the calendar ends it stays."""
    try:
        return moment.plus_months(months)
    except ValueError:
        return moment


def days_before(moment: Timestamp, days: int) -> Timestamp:
    """Where the calendar begins it stays."""
    return moment if moment.ticks < days * TICKS_PER_DAY else moment.plus_days(-days)
