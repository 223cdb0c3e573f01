"""When a licence issued now stops being valid: pure rules from the billing state to the dates of file and token.

Source: src/Core/Billing/Licenses/Extensions/LicenseExtensions.cs; fidelity.md: license.expiration.
"""

from dataclasses import dataclass

from common.license.timestamps import TICKS_PER_DAY, Timestamp

GRACE_DAYS = 60
"""Days that an annual organization goes on working after its paid period."""
USER_GRACE_DAYS = 7
REFRESH_DAYS = 30
UNBILLED_DAYS = 7
_ANNUAL_FROM_DAYS = 180


@dataclass(frozen=True)
class SubscriptionView:
    """A billing subscription as far as licences look at it; periods are those of its first item.

    upcoming_invoice: date of the next invoice, None when cancelled or unknown. status: the payment provider's word,
    without effect on the dates.
    """

    trial_end: Timestamp | None = None
    period_start: Timestamp | None = None
    period_end: Timestamp | None = None
    status: str | None = None
    upcoming_invoice: Timestamp | None = None

    @property
    def annual_end(self) -> Timestamp | None:
        """End of the paid period when it is a long one (more than 180 days)."""
        if self.period_start is None or self.period_end is None:
            return None
        long = self.period_end.ticks - self.period_start.ticks > _ANNUAL_FROM_DAYS * TICKS_PER_DAY
        return self.period_end if long else None


@dataclass(frozen=True)
class BillingView:
    """What licences ask of billing.

    expiration_date: of the organization, or `PremiumExpirationDate` of a user. subscription: that of the organization
    (of its provider when managed), or of the user; None = none, for a user: no payment provider at all.
    """

    expiration_date: Timestamp | None = None
    subscription: SubscriptionView | None = None


@dataclass(frozen=True)
class LicenseDates:
    """Dates of an organization licence, the same in file and token."""

    expires: Timestamp
    refresh: Timestamp
    expiration_without_grace_period: Timestamp | None
    trial: bool


@dataclass(frozen=True)
class UserLicenseDates:
    """Dates of a user licence; file and token differ in `refresh`."""

    expires: Timestamp | None
    refresh: Timestamp | None
    trial: bool


def organization_dates(billing: BillingView, now_ticks: int) -> LicenseDates:
    """The dates of an organization licence issued now. Source: fidelity.md: license.expiration."""
    now = Timestamp(now_ticks)
    expires, refresh = _organization_expiry(billing, now)
    subscription = billing.subscription
    return LicenseDates(
        expires=expires,
        refresh=refresh,
        expiration_without_grace_period=_without_grace_period(billing, now),
        trial=billing.expiration_date is None if subscription is None else _in_trial(subscription, now),
    )


def user_dates(billing: BillingView, now_ticks: int) -> UserLicenseDates:
    """The dates in the file of a premium licence issued now. Source: fidelity.md: license.expiration."""
    subscription = billing.subscription
    if subscription is None:
        refresh = billing.expiration_date and billing.expiration_date.midnight()
    else:
        refresh = subscription.upcoming_invoice
    return UserLicenseDates(_user_expires(billing), refresh, _user_trial(billing, now_ticks))


def user_claim_dates(billing: BillingView, now_ticks: int) -> UserLicenseDates:
    """The dates in the token of a premium licence issued now. Source: fidelity.md: license.expiration."""
    return UserLicenseDates(_user_expires(billing), _paid_until(billing), _user_trial(billing, now_ticks))


def _organization_expiry(billing: BillingView, now: Timestamp) -> tuple[Timestamp, Timestamp]:
    subscription, expiration = billing.subscription, billing.expiration_date
    if subscription is None:
        expires = expiration or now.plus_days(UNBILLED_DAYS)
        return expires, expires
    if subscription.trial_end is not None and subscription.trial_end > now:
        return subscription.trial_end, subscription.trial_end
    if expiration is not None and expiration < now:
        return expiration, expiration
    if subscription.annual_end is not None:
        return subscription.annual_end.plus_days(GRACE_DAYS), now.plus_days(REFRESH_DAYS)
    expires = now.plus_years(1) if expiration is None else expiration.plus_months(11)
    return expires, expires


def _without_grace_period(billing: BillingView, now: Timestamp) -> Timestamp | None:
    subscription, expiration = billing.subscription, billing.expiration_date
    if subscription is None or subscription.trial_end is None or expiration is None:
        return None
    past_trial_and_paid = subscription.trial_end <= now <= expiration
    return subscription.annual_end if past_trial_and_paid else None


def _in_trial(subscription: SubscriptionView, now: Timestamp) -> bool:
    return subscription.trial_end is not None and subscription.trial_end > now


def _user_trial(billing: BillingView, now_ticks: int) -> bool:
    return billing.subscription is not None and _in_trial(billing.subscription, Timestamp(now_ticks))


def _paid_until(billing: BillingView) -> Timestamp | None:
    invoice = billing.subscription.upcoming_invoice if billing.subscription else None
    return invoice or billing.expiration_date


def _user_expires(billing: BillingView) -> Timestamp | None:
    paid_until = _paid_until(billing)
    return paid_until.plus_days(USER_GRACE_DAYS) if paid_until else None
