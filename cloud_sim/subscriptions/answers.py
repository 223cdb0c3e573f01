"""Subscriptions, premium and what they cost as the wire tells them."""

from datetime import datetime

from cloud_sim.subscriptions import charges, prices, rules
from cloud_sim.subscriptions.models import Subscription
from cloud_sim.subscriptions.settling import terms_of
from cloud_sim.subscriptions.warnings import ResellerRenewal as Renewal
from common.domains.accounts.service import User
from common.domains.organizations.answers import organization_as
from common.domains.organizations.models import Organization
from common.enums import SubscriptionStatus as Status
from common.plans import PREMIUM, plan_of
from common.wire.subscriptions import (
    BillingWarnings,
    Cart,
    CartItem,
    FreeTrial,
    InactiveSubscription,
    IssuedRenewal,
    OrganizationSubscription,
    PasswordManagerCart,
    PastDueRenewal,
    PremiumPart,
    PremiumPlan,
    PremiumSubscription,
    ResellerRenewal,
    SimulatedSubscription,
    Storage,
    SubscriptionDetails,
    SubscriptionItem,
    UpcomingInvoice,
    UpcomingRenewal,
)

_MOMENTS = ("status", "trial_end", "period_start", "period_end", "cancel_at", "canceled_at")


def premium_plan() -> PremiumPlan:
    """What premium costs."""
    return PremiumPlan(
        seat=PremiumPart(stripe_price_id=PREMIUM.price_id, price=PREMIUM.price, provided=1),
        storage=PremiumPart(
            stripe_price_id=PREMIUM.storage_price_id, price=PREMIUM.storage_price, provided=PREMIUM.storage_gb
        ),
    )


def organization_subscription(
    organization: Organization, subscription: Subscription | None, now: datetime, *, with_prices: bool
) -> OrganizationSubscription:
    """An organization with its subscription, as its owners see it."""
    told = _organization_subscription(organization, subscription, now)
    return told if with_prices or subscription is None else _without_prices(told)


def _without_prices(told: OrganizationSubscription) -> OrganizationSubscription:
    """Source: OrganizationSubscriptionResponseModel (hideSensitiveData)."""
    paid, invoice = told.subscription, told.upcoming_invoice
    return told.model_copy(
        update={
            "billing_email": None,
            "subscription": paid and paid.model_copy(update={"items": None}),
            "upcoming_invoice": invoice and invoice.model_copy(update={"amount": None}),
        }
    )


def _organization_subscription(
    organization: Organization, subscription: Subscription | None, now: datetime
) -> OrganizationSubscription:
    plan = plan_of(organization.plan_type)
    if subscription is None:
        return organization_as(OrganizationSubscription, organization, plan, expiration=organization.expiration_date)
    return organization_as(
        OrganizationSubscription,
        organization,
        plan,
        subscription=details(subscription),
        upcoming_invoice=upcoming_invoice(subscription),
        sm_service_accounts_grace=0,
        expiration=rules.a_year_from(now),
    )


def details(subscription: Subscription) -> SubscriptionDetails:
    """What is paid for, and when."""
    overdue = _is_overdue(subscription)
    return SubscriptionDetails(
        trial_start_date=subscription.trial_start,
        trial_end_date=subscription.trial_end,
        period_start_date=subscription.period_start,
        period_end_date=subscription.period_end,
        cancelled_date=subscription.canceled_at,
        cancel_at_end_date=subscription.cancel_at_period_end,
        status=subscription.status,
        cancelled=subscription.status in rules.INACTIVE,
        items=[
            SubscriptionItem(
                product_id=item.product_id,
                name=item.name,
                amount=item.amount,
                quantity=item.quantity,
                interval=item.interval,
                sponsored_subscription_item=item.sponsored,
                addon_subscription_item=item.addon,
            )
            for item in charges.line_items(subscription)
        ],
        collection_method="send_invoice" if subscription.by_invoice else "charge_automatically",
        suspension_date=rules.suspension_date(terms_of(subscription)) if overdue else None,
        unpaid_period_end_date=subscription.period_end if overdue else None,
        grace_period=_grace_days(subscription),
    )


def _grace_days(subscription: Subscription) -> int:
    return rules.SUSPENDED_AFTER.days if subscription.by_invoice else rules.GRACE_DAYS


def _is_overdue(subscription: Subscription) -> bool:
    return subscription.status in (Status.PAST_DUE, Status.UNPAID)


def upcoming_invoice(subscription: Subscription) -> UpcomingInvoice | None:
    """What is charged next; None = nothing."""
    date = charges.upcoming_invoice_date(subscription)
    if date is None:
        return None
    return UpcomingInvoice(amount=prices.total(charges.line_items(subscription)), date=date)


def warnings(resolution: str | None, trial_days: int | None, renewal: Renewal | None) -> BillingWarnings:
    """What the web vault warns about.

    resolution: what ends an inactive subscription. trial_days: left of a trial that nobody pays after. renewal: of an
    organization that is resold. None = nothing of the kind.
    """
    return BillingWarnings(
        free_trial=None if trial_days is None else FreeTrial(remaining_trial_days=trial_days),
        inactive_subscription=InactiveSubscription(resolution=resolution) if resolution else None,
        reseller_renewal=_reseller_renewal(renewal) if renewal is not None else None,
    )


def _reseller_renewal(told: Renewal) -> ResellerRenewal:
    return ResellerRenewal(
        type=next(name for name, dates in told._asdict().items() if dates is not None),
        upcoming=UpcomingRenewal(renewal_date=told.upcoming) if told.upcoming else None,
        issued=IssuedRenewal(issued_date=told.issued[0], due_date=told.issued[1]) if told.issued else None,
        past_due=PastDueRenewal(suspension_date=told.past_due) if told.past_due else None,
    )


def premium_subscription(user: User, subscription: Subscription) -> PremiumSubscription:
    """The subscription of a premium user."""
    membership, *more = charges.line_items(subscription)
    storage = (
        CartItem(translation_key="additionalStorageGB", quantity=more[0].quantity, cost=more[0].amount)
        if more
        else None
    )
    seat = CartItem(translation_key="premiumMembership", quantity=1, cost=membership.amount)
    paying = subscription.status in (Status.TRIALING, Status.ACTIVE)
    overdue = _is_overdue(subscription)
    return PremiumSubscription(
        status=subscription.status,
        cart=Cart(password_manager=PasswordManagerCart(seats=seat, additional_storage=storage)),
        storage=Storage(available=user.max_storage_gb or PREMIUM.storage_gb),
        next_charge=subscription.period_end if paying else None,
        cancel_at=subscription.cancel_at if paying else None,
        canceled=subscription.canceled_at if subscription.status == Status.CANCELED else None,
        suspension=rules.suspension_date(terms_of(subscription)) if overdue else None,
        grace_period=_grace_days(subscription) if overdue else None,
    )


def simulated_subscription(subscriber: Organization | User, subscription: Subscription | None) -> SimulatedSubscription:
    """The state of a subscription and of whoever pays for it."""
    moments = {name: getattr(subscription, name, None) for name in _MOMENTS}
    if isinstance(subscriber, Organization):
        return SimulatedSubscription(
            **moments,
            seats=subscriber.seats,
            enabled=subscriber.enabled,
            expiration_date=subscriber.expiration_date,
        )
    return SimulatedSubscription(
        **moments, enabled=subscriber.premium, expiration_date=subscriber.premium_expiration_date
    )
