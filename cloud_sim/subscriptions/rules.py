"""The life of a subscription: trial, paid periods, cancellation, failed payments. Pure: terms in, terms out.

Stands in for the payment provider. Periods are calendar arithmetic from an anchor, the day clamped to the month's end.
Source: src/Billing/Services/Implementations/Subscription{Updated,Deleted}Handler.cs,
src/Core/Billing/Services/Implementations/SubscriberService.cs; fidelity.md: license.expiration,
organization.subscription.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from dateutil.relativedelta import relativedelta

from common.enums import SubscriptionStatus as Status
from common.errors import Refusal, bad_request, payment_failed

ENDED = frozenset({Status.CANCELED, Status.INCOMPLETE_EXPIRED})
INACTIVE = ENDED | {Status.UNPAID}
"""States in which `cancelled` is told and nothing can be cancelled any more."""

ENDS_ITSELF_AFTER = timedelta(days=7)
"""How long an unpaid subscription is kept before it is cancelled. Source: SetSubscriptionToCancelAsync."""

GRACE_DAYS = 14
"""Days until an overdue subscription that is charged automatically is suspended."""

DAYS_UNTIL_DUE = timedelta(days=30)
"""How long an invoice that is sent may stay open. Source: RemoveOrganizationFromProviderCommand.cs."""

SUSPENDED_AFTER = timedelta(days=30)
"""How long after that its subscription is suspended. Source: StripePaymentService.cs (GetSuspensionDateAsync)."""

DECLINED_CARD = "tok_chargeDeclined"
DECLINED_TOKENS = frozenset({"pm_card_chargeDeclined", DECLINED_CARD})
"""Tokens of the card that always fails; every other one, also none, always works. Source: Stripe's test cards."""

_FAR_FUTURE = datetime.max.replace(tzinfo=UTC)
_RENEWING = frozenset({Status.TRIALING, Status.ACTIVE, Status.PAST_DUE})


def provider_time(now: datetime) -> datetime:
    """A moment as the payment provider keeps it: in whole seconds. Source: fidelity.md: organization.subscription."""
    return now.replace(microsecond=0)


_PAYING = frozenset({Status.TRIALING, Status.ACTIVE})


@dataclass(frozen=True)
class Terms:
    """What time and payment change of a subscription.

    months: calendar months of a paid period. anchor: start of the first paid period.
    """

    status: str
    months: int
    anchor: datetime
    period_start: datetime
    period_end: datetime
    trial_start: datetime | None = None
    trial_end: datetime | None = None
    cancel_at: datetime | None = None
    cancel_at_period_end: bool = False
    canceled_at: datetime | None = None
    by_invoice: bool = False
    invoice_due: datetime | None = None

    @property
    def next_change(self) -> datetime | None:
        """When the clock changes this the next time; None = never."""
        if self.status in ENDED:
            return None
        due = [each for each in (self.cancel_at, self.lapses_at) if each]
        if self.status in _RENEWING:
            due.append(self.period_end)
        return min(due, default=None)

    @property
    def lapses_at(self) -> datetime | None:
        """When an invoice that was sent becomes overdue, or when its subscription is suspended; None = never."""
        if self.invoice_due is None or self.status not in (Status.ACTIVE, Status.PAST_DUE):
            return None
        return self.invoice_due if self.status == Status.ACTIVE else self.invoice_due + SUSPENDED_AFTER


def start(now: datetime, months: int, trial_days: int, *, by_invoice: bool = False) -> Terms:
    """A new subscription: its trial, or without trial days its first paid period."""
    if trial_days > 0:
        trial_end = now + timedelta(days=trial_days)
        terms = Terms(Status.TRIALING, months, trial_end, now, trial_end, trial_start=now, trial_end=trial_end)
        return replace(terms, by_invoice=by_invoice)
    terms = Terms(Status.ACTIVE, months, now, now, _period_end(now, months, now), by_invoice=by_invoice)
    return _invoiced(terms)


def _invoiced(terms: Terms) -> Terms:
    """Send the invoice of a period that begins; the oldest open one is waited for."""
    if not terms.by_invoice or terms.invoice_due is not None:
        return terms
    return replace(terms, invoice_due=terms.period_start + DAYS_UNTIL_DUE)


def send_invoices(terms: Terms, now: datetime) -> Terms:
    """Send invoices from now on in place of charging a card; what was paid stays paid."""
    return replace(terms, by_invoice=True)


def _period_end(anchor: datetime, months: int, period_start: datetime) -> datetime:
    """The first end of a period, counted from the anchor, after `period_start`."""
    passed = (period_start.year - anchor.year) * 12 + period_start.month - anchor.month
    number = max(0, passed // months)
    end = anchor
    while end <= period_start:
        try:
            end = anchor + relativedelta(months=months * number)
        except (ValueError, OverflowError):
            return _FAR_FUTURE
        number += 1
    return end


def roll_forward(terms: Terms, now: datetime) -> Terms:
    """Let the time until `now` pass: the trial ends and is paid, periods renew, a planned cancellation happens."""
    while (due := terms.next_change) is not None and due <= now and due < _FAR_FUTURE:
        if terms.cancel_at is not None and terms.cancel_at <= due:
            return _ended(terms, terms.cancel_at)
        if terms.lapses_at is not None and terms.lapses_at <= due:
            terms = _lapsed(terms, due)
        else:
            terms = _next_period(terms, terms.period_end)
    return terms


def _lapsed(terms: Terms, moment: datetime) -> Terms:
    """Nobody has paid an invoice that was sent."""
    return fail_payment(terms, moment) if terms.status == Status.ACTIVE else give_up_payment(terms, moment)


def _ended(terms: Terms, moment: datetime) -> Terms:
    return replace(terms, status=Status.CANCELED, canceled_at=terms.canceled_at or moment)


def _next_period(terms: Terms, begin: datetime) -> Terms:
    status = Status.ACTIVE if terms.status == Status.TRIALING else terms.status
    end = _period_end(terms.anchor, terms.months, begin)
    return _invoiced(replace(terms, status=status, period_start=begin, period_end=end))


def loses_access(before: Terms, after: Terms) -> bool:
    """Whether the subscriber is switched off: the subscription ended, or no payment came."""
    return after.status in INACTIVE and before.status not in INACTIVE


def has_ended(before: Terms, after: Terms) -> bool:
    """Whether the subscription is over now and was not before."""
    return after.status in ENDED and before.status not in ENDED


def regains_access(before: Terms, after: Terms) -> bool:
    """Whether the subscriber is switched on again: what was unpaid is paid."""
    return before.status == Status.UNPAID and after.status == Status.ACTIVE


def end_trial(terms: Terms, now: datetime) -> Terms:
    """End the trial now; the first paid period begins. Raises 400 outside a trial."""
    if terms.status != Status.TRIALING:
        raise bad_request("The subscription is not in its trial.", rule="subscription.trial")
    return _restarted(replace(terms, trial_end=now), now)


def renew(terms: Terms, now: datetime) -> Terms:
    """Pay for the next period already now: the end moves on by one, counted from the present end. A trial ends now.

    Raises 400 after the end. Source: fidelity.md: organization.subscription.
    """
    _require_running(terms)
    if terms.status == Status.TRIALING:
        return end_trial(terms, now)
    renewed = _next_period(replace(terms, status=Status.ACTIVE, cancel_at=None), terms.period_end)
    return replace(renewed, cancel_at=renewed.period_end) if terms.cancel_at_period_end else renewed


def _restarted(terms: Terms, now: datetime) -> Terms:
    end = _period_end(now, terms.months, now)
    cancel_at = end if terms.cancel_at_period_end else None
    begun = replace(terms, status=Status.ACTIVE, anchor=now, period_start=now, period_end=end, cancel_at=cancel_at)
    return _invoiced(begun)


def cancel_at_period_end(terms: Terms, now: datetime) -> Terms:
    """Plan the end for the end of the period. Raises 400 when it is planned or over already."""
    _require_cancellable(terms)
    return replace(terms, cancel_at_period_end=True, cancel_at=terms.period_end, canceled_at=now)


def cancel_now(terms: Terms, now: datetime) -> Terms:
    """End it now. Raises 400 when it is over already."""
    if terms.status in ENDED:
        raise _already_inactive()
    return _ended(replace(terms, canceled_at=None), now)


def reinstate(terms: Terms, now: datetime) -> Terms:
    """Take back a planned end. Raises 400 when none is planned.

    Source: src/Core/Billing/Subscriptions/Commands/ReinstateSubscriptionCommand.cs.
    """
    if not is_ending(terms):
        raise bad_request("Subscription is not pending cancellation.", rule="subscription.reinstate")
    return _without_cancellation(terms)


def is_ending(terms: Terms) -> bool:
    """Whether it is paid for and its end is planned, which can be taken back."""
    return terms.status in _PAYING and terms.cancel_at is not None


def _without_cancellation(terms: Terms) -> Terms:
    return replace(terms, cancel_at=None, cancel_at_period_end=False, canceled_at=None)


def change_interval(terms: Terms, months: int, now: datetime) -> Terms:
    """Another plan: a different length of the period begins a new one now, except in a trial."""
    if months == terms.months:
        return terms
    changed = replace(terms, months=months)
    return changed if terms.status == Status.TRIALING else _restarted(changed, now)


def fail_payment(terms: Terms, now: datetime) -> Terms:
    """A payment failed: past due. Raises 400 after the end."""
    _require_running(terms)
    return replace(terms, status=Status.PAST_DUE)


def give_up_payment(terms: Terms, now: datetime) -> Terms:
    """No payment came: unpaid, and cancelled in seven days. Raises 400 after the end."""
    _require_running(terms)
    return replace(terms, status=Status.UNPAID, cancel_at=now + ENDS_ITSELF_AFTER, cancel_at_period_end=False)


def pay(terms: Terms, now: datetime) -> Terms:
    """The open invoice is paid: active again, for the period that is running by then. Raises 400 if none is open."""
    if terms.status in (Status.PAST_DUE, Status.UNPAID):
        terms = replace(_without_cancellation(terms), status=Status.ACTIVE)
    elif terms.invoice_due is None or terms.status in ENDED:
        raise bad_request("No invoice is open.", rule="subscription.pay")
    return roll_forward(replace(terms, invoice_due=None), now)


def suspension_date(terms: Terms) -> datetime:
    """When an overdue subscription is suspended; its open invoice was made at the start of the period."""
    if terms.invoice_due is not None:
        return terms.invoice_due + SUSPENDED_AFTER
    return terms.period_start + timedelta(days=GRACE_DAYS)


def a_year_from(now: datetime) -> datetime:
    """The dummy `expiration` that the cloud tells of a subscribed organization."""
    try:
        return now + relativedelta(years=1)
    except (ValueError, OverflowError):
        return _FAR_FUTURE


_DECLINED = "Your card was declined."


def check_payment(token: object) -> None:
    """Refuse the card that always fails; nothing is ever charged.

    Source: src/Api/Utilities/ExceptionHandlerFilterAttribute.cs (card_error).
    """
    if token in DECLINED_TOKENS:
        raise Refusal(400, "Errors have occurred.", validation_errors={"": (_DECLINED,)}, rule="payment.declined")


def check_payment_method(token: object) -> None:
    """The same where a newer billing command asks the payment provider: 500."""
    if token in DECLINED_TOKENS:
        raise payment_failed(_DECLINED, "payment.declined")


def _require_running(terms: Terms) -> None:
    if terms.status in ENDED:
        raise bad_request("The subscription has ended.", rule="subscription.ended")


def _require_cancellable(terms: Terms) -> None:
    if not is_cancellable(terms):
        raise _already_inactive()


def is_cancellable(terms: Terms) -> bool:
    """Whether it goes on by itself, so that its end can be planned."""
    return terms.status not in INACTIVE and terms.canceled_at is None


def _already_inactive() -> Refusal:
    """Told to whoever causes it under `/_sim`; subscribers are told upstream's 500 (`service.cancel`)."""
    return bad_request("The subscription has ended, or its end is planned.", rule="subscription.inactive")


TermsRule = Callable[[Terms, datetime], Terms]
"""A change of terms; it may refuse."""

EVENTS: Mapping[str, TermsRule] = MappingProxyType(
    {
        "trial-end": end_trial,
        "renew": renew,
        "cancel": cancel_now,
        "cancel-at-period-end": cancel_at_period_end,
        "reinstate": reinstate,
        "past-due": fail_payment,
        "unpaid": give_up_payment,
        "pay": pay,
    }
)
"""What a tester may cause, by the name that `/_sim` gives it."""


def known_event(name: str) -> str:
    """The name of an event, if it is one. Raises 400."""
    if name not in EVENTS:
        raise bad_request("Unknown event.", rule="sim.event")
    return name


_REHEARSED = {
    Status.TRIALING: ("trial-end", "past-due", "unpaid", "cancel"),
    Status.ACTIVE: ("renew", "past-due", "unpaid", "cancel"),
    Status.PAST_DUE: ("pay", "unpaid", "cancel"),
    Status.UNPAID: ("pay", "cancel"),
}


def rehearsed_events(terms: Terms) -> tuple[str, ...]:
    """What can happen to it now at the payment provider, beside what its owner can do on the page."""
    known = _REHEARSED.get(terms.status, ())
    return ("pay", *known) if terms.invoice_due and "pay" not in known else known


def shown_status(terms: Terms, *, sponsored: bool = False) -> str:
    """The status as people see it: the provider's word, or `pending_cancellation`, or `sponsored`.

    Source: fidelity.md: pages.organization-billing.
    """
    if is_ending(terms):
        return "pending_cancellation"
    return "sponsored" if sponsored and terms.status in _PAYING else terms.status
