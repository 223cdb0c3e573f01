"""What others want to know of a subscription: its price, its next invoice, what a licence says about it."""

from datetime import datetime

from cloud_sim.subscriptions import prices, rules
from cloud_sim.subscriptions.models import Subscription
from cloud_sim.subscriptions.prices import LineItem
from cloud_sim.subscriptions.service import subscription_of_organization, subscription_of_user
from common.domains.accounts.service import User
from common.domains.organizations.models import Organization
from common.license.dates import BillingView, SubscriptionView
from common.license.timestamps import Timestamp
from common.plans import plan_of
from common.server.context import Context


def line_items(subscription: Subscription) -> list[LineItem]:
    """What the subscription costs, by position."""
    plan = plan_of(subscription.plan_type) if subscription.plan_type is not None else None
    if plan is None:
        return prices.premium_items(subscription.storage_gb)
    return prices.organization_items(
        plan,
        seats=subscription.seats,
        storage_gb=subscription.storage_gb,
        premium_access=subscription.premium_access,
        sponsored=subscription.sponsored,
        sm=(subscription.sm_seats, subscription.sm_service_accounts),
    )


def upcoming_invoice_date(subscription: Subscription) -> datetime | None:
    """When the next invoice is made; None when the subscription ends or has ended."""
    if subscription.status in rules.INACTIVE or subscription.cancel_at is not None:
        return None
    return subscription.period_end


def billing_view(ctx: Context, organization: Organization) -> BillingView:
    """What a licence of this organization asks of billing."""
    subscription = subscription_of_organization(ctx, organization)
    return BillingView(_timestamp(organization.expiration_date), _view(subscription))


def user_billing_view(ctx: Context, user: User) -> BillingView:
    """What a premium licence of this user asks of billing."""
    subscription = subscription_of_user(ctx, user)
    return BillingView(_timestamp(user.premium_expiration_date), _view(subscription))


def _view(subscription: Subscription | None) -> SubscriptionView | None:
    if subscription is None:
        return None
    return SubscriptionView(
        trial_end=_timestamp(subscription.trial_end),
        period_start=_timestamp(subscription.period_start),
        period_end=_timestamp(subscription.period_end),
        status=subscription.status,
        upcoming_invoice=_timestamp(upcoming_invoice_date(subscription)),
    )


def _timestamp(moment: datetime | None) -> Timestamp | None:
    return Timestamp.of(moment) if moment else None
