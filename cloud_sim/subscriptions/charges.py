"""What a subscription costs now, and when that is invoiced next."""

from datetime import datetime

from cloud_sim.subscriptions import prices, rules
from cloud_sim.subscriptions.models import Subscription
from cloud_sim.subscriptions.prices import LineItem
from common.plans import plan_of


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
