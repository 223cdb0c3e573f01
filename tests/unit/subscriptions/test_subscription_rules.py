"""How time and payment change a subscription."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_sim.subscriptions import rules
from cloud_sim.subscriptions.rules import Terms, roll_forward
from cloud_sim.subscriptions.timeline import changes_of
from common.enums import SubscriptionStatus as Status
from common.errors import Refusal

NOW = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
YEAR, MONTH = 12, 1


def test_annual_period_lasts_a_calendar_year() -> None:
    terms = rules.start(NOW, YEAR, trial_days=0)
    assert (terms.status, terms.trial_end) == (Status.ACTIVE, None)
    assert (terms.period_start, terms.period_end) == (NOW, NOW.replace(year=2027))


def test_trial_is_the_first_period_and_the_paid_one_follows() -> None:
    terms = rules.start(NOW, YEAR, trial_days=7)
    trial_end = NOW + timedelta(days=7)
    assert (terms.status, terms.period_end, terms.trial_end) == (Status.TRIALING, trial_end, trial_end)
    paid = roll_forward(terms, trial_end)
    assert (paid.status, paid.period_start, paid.period_end) == (
        Status.ACTIVE,
        trial_end,
        trial_end.replace(year=2027),
    )


def test_nothing_happens_one_moment_before_the_end() -> None:
    terms = rules.start(NOW, YEAR, trial_days=7)
    assert roll_forward(terms, terms.period_end - timedelta(microseconds=1)) == terms


def test_months_end_is_clamped_without_drifting() -> None:
    terms = rules.start(NOW, MONTH, trial_days=0)
    ends = []
    for _ in range(3):
        ends.append(terms.period_end)
        terms = roll_forward(terms, terms.period_end)
    assert [(end.month, end.day) for end in ends] == [(2, 28), (3, 31), (4, 30)]


def test_several_periods_pass_at_once() -> None:
    terms = roll_forward(rules.start(NOW, MONTH, trial_days=7), NOW + timedelta(days=400))
    assert terms.status == Status.ACTIVE
    assert terms.period_start == datetime(2027, 3, 7, 9, 30, tzinfo=UTC)
    assert terms.period_end == datetime(2027, 4, 7, 9, 30, tzinfo=UTC)


def test_cancelled_at_period_end_runs_until_then() -> None:
    terms = rules.cancel_at_period_end(rules.start(NOW, YEAR, trial_days=0), NOW)
    assert roll_forward(terms, terms.period_end - timedelta(seconds=1)).status == Status.ACTIVE
    ended = roll_forward(terms, NOW + timedelta(days=3000))
    assert (ended.status, ended.period_end) == (Status.CANCELED, terms.period_end)
    assert rules.loses_access(terms, ended)


def test_reinstated_renews_again() -> None:
    planned = rules.cancel_at_period_end(rules.start(NOW, YEAR, trial_days=0), NOW)
    terms = rules.reinstate(planned, NOW)
    assert roll_forward(terms, terms.period_end).period_end == NOW.replace(year=2028)


def test_unpaid_is_switched_off_and_ends_after_seven_days() -> None:
    active = rules.start(NOW, YEAR, trial_days=0)
    unpaid = rules.give_up_payment(active, NOW)
    assert rules.loses_access(active, unpaid)
    assert roll_forward(unpaid, NOW + timedelta(days=7)).status == Status.CANCELED
    assert roll_forward(unpaid, NOW + timedelta(days=6)).status == Status.UNPAID


def test_paying_brings_back_what_was_unpaid() -> None:
    unpaid = rules.give_up_payment(rules.start(NOW, YEAR, trial_days=0), NOW)
    paid = rules.pay(unpaid, NOW + timedelta(days=3))
    assert (paid.status, paid.cancel_at) == (Status.ACTIVE, None)
    assert rules.regains_access(unpaid, paid)


def test_past_due_goes_on_renewing_and_keeps_its_access() -> None:
    active = rules.start(NOW, MONTH, trial_days=0)
    due = rules.fail_payment(active, NOW)
    later = roll_forward(due, NOW + timedelta(days=40))
    assert (later.status, later.period_start.month) == (Status.PAST_DUE, 2)
    assert not rules.loses_access(active, later)


@pytest.mark.parametrize("months", [MONTH, YEAR])
def test_renewed_by_hand_ends_a_period_later_than_before_also_on_its_first_day(months: int) -> None:
    begun = rules.start(NOW, months, trial_days=0)
    once, twice = rules.renew(begun, NOW), rules.renew(rules.renew(begun, NOW), NOW)
    assert (once.period_start, once.period_end) == (begun.period_end, roll_forward(begun, begun.period_end).period_end)
    assert twice.period_start == once.period_end
    planned = rules.renew(rules.cancel_at_period_end(begun, NOW), NOW)
    assert planned.cancel_at == once.period_end


def test_renewed_by_hand_pays_what_was_owed() -> None:
    begun = rules.start(NOW, YEAR, trial_days=0)
    for owing in (rules.fail_payment(begun, NOW), rules.give_up_payment(begun, NOW)):
        renewed = rules.renew(owing, NOW)
        assert (renewed.status, renewed.cancel_at) == (Status.ACTIVE, None)
        assert renewed.period_end > begun.period_end


def test_a_trial_that_is_renewed_by_hand_ends_now() -> None:
    trial = rules.start(NOW, YEAR, trial_days=7)
    later = NOW + timedelta(days=2)
    renewed = rules.renew(trial, later)
    assert (renewed.status, renewed.period_start, renewed.trial_end) == (Status.ACTIVE, later, later)
    assert renewed.period_end == later.replace(year=2027)


@pytest.mark.parametrize("days", [0, 5])
def test_renewed_by_hand_moves_the_end_by_a_period(days: int) -> None:
    active = rules.start(NOW, MONTH, trial_days=0)
    renewed = rules.renew(active, NOW + timedelta(days=days))
    assert (renewed.period_start, renewed.period_end.month) == (active.period_end, NOW.month + 2)
    assert rules.renew(rules.give_up_payment(active, NOW), NOW).status == Status.ACTIVE


def test_monthly_to_annual_begins_a_year_now() -> None:
    later = NOW + timedelta(days=10)
    changed = rules.change_interval(rules.start(NOW, MONTH, trial_days=0), YEAR, later)
    assert (changed.period_start, changed.period_end) == (later, later.replace(year=2027))


ENDED = rules.cancel_now(rules.start(NOW, YEAR, trial_days=0), NOW)


@pytest.mark.parametrize(
    "refused",
    [
        lambda: rules.renew(ENDED, NOW),
        lambda: rules.cancel_now(ENDED, NOW),
        lambda: rules.cancel_at_period_end(ENDED, NOW),
        lambda: rules.fail_payment(ENDED, NOW),
        lambda: rules.give_up_payment(ENDED, NOW),
        lambda: rules.pay(ENDED, NOW),
        lambda: rules.reinstate(ENDED, NOW),
        lambda: rules.end_trial(ENDED, NOW),
        lambda: rules.reinstate(rules.start(NOW, YEAR, trial_days=0), NOW),
        lambda: rules.pay(rules.start(NOW, YEAR, trial_days=0), NOW),
        lambda: rules.end_trial(rules.start(NOW, YEAR, trial_days=0), NOW),
    ],
)
def test_what_does_not_fit_the_state_is_refused(refused: object) -> None:
    with pytest.raises(Refusal) as caught:
        refused()  # type: ignore[operator]
    assert caught.value.status == 400


def test_end_of_time_is_no_error() -> None:
    terms = roll_forward(rules.start(NOW, YEAR, trial_days=0), datetime.max.replace(tzinfo=UTC))
    assert terms.status == Status.ACTIVE
    assert terms.period_end.year == 9999


@given(
    start=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    months=st.sampled_from([MONTH, YEAR]),
    trial_days=st.integers(0, 30),
    first=st.integers(0, 2000),
    second=st.integers(0, 2000),
)
def test_rolling_twice_is_rolling_once(start: datetime, months: int, trial_days: int, first: int, second: int) -> None:
    terms = rules.start(start, months, trial_days)
    half, whole = start + timedelta(days=first), start + timedelta(days=first + second)
    once = roll_forward(terms, whole)
    assert roll_forward(roll_forward(terms, half), whole) == once
    assert once.period_start <= whole < once.period_end
    assert replace(once, status=terms.status, period_start=terms.period_start, period_end=terms.period_end) == terms


def test_next_change_is_the_sooner_of_period_end_and_cancellation() -> None:
    terms = rules.start(NOW, YEAR, trial_days=0)
    assert terms.next_change == terms.period_end
    soon = NOW + timedelta(days=1)
    assert replace(terms, cancel_at=soon).next_change == soon
    assert ENDED.next_change is None


def test_terms_are_values() -> None:
    assert isinstance(ENDED, Terms)
    with pytest.raises(AttributeError):
        ENDED.status = Status.ACTIVE  # type: ignore[misc]


def test_an_invoice_that_nobody_pays_suspends_in_the_end() -> None:
    terms = rules.start(NOW, YEAR, trial_days=0, by_invoice=True)
    due = NOW + timedelta(days=30)
    suspended, ended = due + timedelta(days=30), due + timedelta(days=37)
    assert (terms.status, terms.invoice_due, terms.next_change) == (Status.ACTIVE, due, due)
    assert roll_forward(terms, due - timedelta(microseconds=1)) == terms
    assert roll_forward(terms, due).status == Status.PAST_DUE
    assert roll_forward(terms, suspended).status == Status.UNPAID
    assert roll_forward(terms, ended).status == Status.CANCELED
    told = [(at, kind.value) for at, kind in changes_of(terms, ended)]
    assert told == [(due, "payment-due"), (suspended, "suspension"), (ended, "cancellation")]


def test_a_paid_invoice_is_followed_by_the_next_one() -> None:
    terms = rules.pay(rules.start(NOW, YEAR, trial_days=0, by_invoice=True), NOW)
    assert (terms.invoice_due, terms.next_change) == (None, terms.period_end)
    renewed = roll_forward(terms, terms.period_end)
    assert renewed.invoice_due == terms.period_end + timedelta(days=30)
    late = roll_forward(renewed, renewed.invoice_due + timedelta(days=1))
    paid = rules.pay(late, late.period_start + timedelta(days=40))
    assert (late.status, paid.status, paid.invoice_due) == (Status.PAST_DUE, Status.ACTIVE, None)
    with pytest.raises(Refusal, match="No invoice is open"):
        rules.pay(paid, NOW)
