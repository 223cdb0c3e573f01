"""What a licence says about a subscription."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from cloud_sim.subscriptions.charges import upcoming_invoice_date
from cloud_sim.subscriptions.models import Subscription
from cloud_sim.subscriptions.service import paying_subscription, subscription_of_user
from common.domains.accounts.service import User
from common.domains.organizations.models import Organization
from common.license.dates import BillingView, SubscriptionView
from common.license.timestamps import Timestamp
from common.server.context import Context


def billing_view(ctx: Context, organization: Organization) -> BillingView:
    """What a licence of this organization asks of billing."""
    subscription = paying_subscription(ctx, organization)
    return BillingView(_timestamp(organization.expiration_date), _view(subscription))


def billing_views(
    organizations: Sequence[Organization], paying: Mapping[UUID, Subscription]
) -> dict[UUID, BillingView]:
    """The same for several, by organization. paying: `service.paying_subscriptions`."""
    return {
        each.id: BillingView(_timestamp(each.expiration_date), _view(paying.get(each.id))) for each in organizations
    }


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
