"""The rows of the date table for organizations, one by one, with their borders (fidelity.md: license.expiration)."""

from typing import Any

import pytest

from common.license.dates import BillingView, SubscriptionView, organization_dates
from common.license.timestamps import Timestamp

NOW = Timestamp.parse("2026-08-20T19:16:19.1234567Z")


def days(count: Any) -> Any:
    return NOW.plus_days(count)


def tick(moment: Any, count: Any) -> Timestamp:
    return Timestamp(moment.ticks + count)


ANNUAL = {"period_start": days(-300), "period_end": days(65)}
HALF_YEAR = {"period_start": days(-100), "period_end": days(80)}
A_TICK_MORE = {"period_start": days(-100), "period_end": tick(days(80), 1)}
MONTHLY = {"period_start": days(-10), "period_end": days(20)}


@pytest.mark.parametrize(
    ("expiration", "subscription", "expires", "refresh"),
    [
        (None, None, days(7), days(7)),
        (days(40), None, days(40), days(40)),
        (days(-40), None, days(-40), days(-40)),
        (days(-1), SubscriptionView(trial_end=days(3), **ANNUAL), days(3), days(3)),
        (days(-1), SubscriptionView(trial_end=NOW, **ANNUAL), days(-1), days(-1)),
        (NOW, SubscriptionView(**ANNUAL), days(125), days(30)),
        (None, SubscriptionView(status="past_due", **ANNUAL), days(125), days(30)),
        (None, SubscriptionView(**A_TICK_MORE), tick(days(140), 1), days(30)),
        (None, SubscriptionView(**HALF_YEAR), NOW.plus_years(1), NOW.plus_years(1)),
        (days(20), SubscriptionView(**MONTHLY), days(20).plus_months(11), days(20).plus_months(11)),
        (None, SubscriptionView(period_end=days(300)), NOW.plus_years(1), NOW.plus_years(1)),
    ],
)
def test_first_matching_row_wins(
    expiration: Any,
    subscription: SubscriptionView | None,
    expires: Any,
    refresh: Any,
) -> None:
    dates = organization_dates(BillingView(expiration, subscription), NOW.ticks)
    assert (dates.expires.wire(), dates.refresh.wire()) == (expires.wire(), refresh.wire())


@pytest.mark.parametrize(
    ("expiration", "trial_end", "period", "expected"),
    [
        (NOW, NOW, ANNUAL, days(65)),
        (tick(NOW, -1), days(-9), ANNUAL, None),
        (None, days(-9), ANNUAL, None),
        (days(9), None, ANNUAL, None),
        (days(9), tick(NOW, 1), ANNUAL, None),
        (days(9), days(-9), MONTHLY, None),
    ],
)
def test_the_paid_period_is_told_only_after_a_trial_and_while_paid(
    expiration: Any, trial_end: Any, period: Any, expected: Any
) -> None:
    billing = BillingView(expiration, SubscriptionView(trial_end=trial_end, **period))
    assert organization_dates(billing, NOW.ticks).expiration_without_grace_period == expected


@pytest.mark.parametrize(
    ("billing", "trial"),
    [
        (BillingView(), True),
        (BillingView(days(1)), False),
        (BillingView(None, SubscriptionView(trial_end=tick(NOW, 1))), True),
        (BillingView(None, SubscriptionView(trial_end=NOW)), False),
        (BillingView(None, SubscriptionView()), False),
    ],
)
def test_trial(billing: Any, trial: bool) -> None:
    assert organization_dates(billing, NOW.ticks).trial is trial
