"""Subscriptions of organizations and premium users, and what they do to their subscribers.

Stands in for the payment provider and for upstream's handlers of its events: whatever changes a subscription also sets
`enabled` and the expiration date, as those handlers do.
Source: src/Billing/Services/Implementations/Subscription{Updated,Deleted}Handler.cs; spec/licensing.md 5.
"""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import cast
from uuid import UUID

import sqlalchemy as sa

from cloud_sim.context import CloudContext
from cloud_sim.subscriptions import prices, rules
from cloud_sim.subscriptions.models import Subscription
from cloud_sim.subscriptions.prices import LineItem
from cloud_sim.subscriptions.rules import Terms, TermsRule
from common.domains.accounts.service import User
from common.domains.organizations.models import Organization
from common.domains.organizations.service import LICENSE_KEY_LENGTH
from common.enums import SubscriptionStatus as Status
from common.errors import bad_request
from common.license.dates import BillingView, SubscriptionView
from common.license.timestamps import Timestamp
from common.plans import PREMIUM, Plan, plan_of
from common.server.context import Context

Subscriber = Organization | User

_EARLIEST_CHANGE = sa.select(sa.func.min(Subscription.next_change_at))
_TERMS = tuple(each.name for each in fields(Terms) if each.name != "months")


def subscription_of_organization(ctx: Context, organization: Organization) -> Subscription | None:
    """The organization's subscription as it is now, or None (Free, reseller, invoiced outside)."""
    return _current(ctx, organization, Subscription.organization_id == organization.id)


def subscription_of_user(ctx: Context, user: User) -> Subscription | None:
    """The user's premium subscription as it is now, or None."""
    return _current(ctx, user, Subscription.user_id == user.id)


def _current(ctx: Context, subscriber: Subscriber, of: sa.ColumnElement[bool]) -> Subscription | None:
    subscription = ctx.session.scalar(sa.select(Subscription).where(of))
    if subscription is not None:
        change(ctx, subscription, subscriber)
    return subscription


def require_subscription(ctx: Context, subscriber: Subscriber) -> Subscription:
    """The subscription as it is now. Raises 400 when there is none."""
    is_organization = isinstance(subscriber, Organization)
    find = subscription_of_organization if is_organization else subscription_of_user
    subscription: Subscription | None = find(ctx, subscriber)  # type: ignore[arg-type]
    if subscription is None:
        raise bad_request("No subscription found.", rule="subscription.none")
    return subscription


def settle_due(ctx: Context) -> int:
    """Let time pass for every subscription whose next change has come; how many there were.

    Called before each request, so that nobody meets an organization that should be switched off by now.
    """
    # one statement without the mapper, because nearly every request finds nothing to do
    earliest = ctx.session.connection().scalar(_EARLIEST_CHANGE)
    if earliest is None or earliest > ctx.clock.now():
        return 0
    due = sa.select(Subscription).where(Subscription.next_change_at <= ctx.clock.now())
    subscriptions = ctx.session.scalars(due.order_by(Subscription.id).with_for_update()).all()
    subscribers = _subscribers(ctx, subscriptions)
    for each in subscriptions:
        change(ctx, each, subscribers[each.organization_id or each.user_id])
    return len(subscriptions)


def _subscribers(ctx: Context, subscriptions: Sequence[Subscription]) -> dict[UUID | None, Subscriber]:
    organization_ids = [each.organization_id for each in subscriptions if each.organization_id]
    user_ids = [each.user_id for each in subscriptions if each.user_id]
    organizations = ctx.session.scalars(sa.select(Organization).where(Organization.id.in_(organization_ids)))
    users = ctx.session.scalars(sa.select(User).where(User.id.in_(user_ids)))
    return {each.id: each for each in [*organizations, *users]}


def change(
    ctx: Context,
    subscription: Subscription,
    subscriber: Subscriber,
    wanted: TermsRule | None = None,
) -> None:
    """Let the time until now pass, then make the wanted change, and let the subscriber follow.

    wanted: None = only let time pass.
    """
    now = ctx.clock.now()
    before = terms_of(subscription)
    after = rules.roll_forward(before, now)
    if wanted is not None:
        after = rules.roll_forward(wanted(after, now), now)
    if after == before:
        return
    _store(subscription, after, now)
    if isinstance(subscriber, Organization):
        _organization_follows(subscriber, before, after, now)
        if subscription.sponsored and after.period_start != before.period_start:
            cloud = cast(CloudContext, ctx)
            cloud.consequences.sponsored_period_began(cloud, subscriber, after.period_start, after.period_end)
    else:
        _user_follows(subscriber, before, after, now)


def cause(ctx: Context, subscriber: Subscriber, event: str) -> None:
    """Have something happen at the payment provider. event: one of rules.EVENTS. Raises 400 where it cannot."""
    change(ctx, require_subscription(ctx, subscriber), subscriber, rules.EVENTS[event])


def cancel(ctx: Context, subscriber: Subscriber) -> None:
    """Cancel at the end of the period, or at once when what was paid for is over. Raises 400 without a subscription.

    Source: src/Core/Billing/Services/Implementations/SubscriberService.cs.
    """
    is_organization = isinstance(subscriber, Organization)
    paid_until = subscriber.expiration_date if is_organization else subscriber.premium_expiration_date  # type: ignore[union-attr]
    expired = paid_until is not None and paid_until <= ctx.clock.now()
    cause(ctx, subscriber, "cancel" if expired else "cancel-at-period-end")


def terms_of(subscription: Subscription) -> Terms:
    """What the rules work on."""
    return Terms(months=_months(subscription), **{name: getattr(subscription, name) for name in _TERMS})


def _months(subscription: Subscription) -> int:
    plan = plan_of(subscription.plan_type) if subscription.plan_type is not None else None
    return plan.period_months if plan else PREMIUM.period_months


def _store(subscription: Subscription, terms: Terms, now: datetime) -> None:
    for name in _TERMS:
        setattr(subscription, name, getattr(terms, name))
    subscription.next_change_at = terms.next_change
    subscription.revision_date = now


def _organization_follows(organization: Organization, before: Terms, after: Terms, now: datetime) -> None:
    """Source: SubscriptionUpdatedHandler.cs, SubscriptionDeletedHandler.cs, Organization{Disable,Enable}Command.cs."""
    if rules.loses_access(before, after):
        organization.enabled = False
    elif rules.regains_access(before, after):
        organization.enabled = True
    organization.expiration_date = after.period_end
    organization.revision_date = now


def _user_follows(user: User, before: Terms, after: Terms, now: datetime) -> None:
    """Source: SubscriptionUpdatedHandler.cs, src/Core/Services/Implementations/UserService.cs."""
    if rules.loses_access(before, after):
        user.premium = False
    elif rules.regains_access(before, after):
        user.premium = True
    user.premium_expiration_date = after.period_end
    user.revision_date = now


def start_for_organization(
    ctx: Context,
    organization: Organization,
    plan: Plan,
    *,
    trial_days: int,
    storage_gb: int = 0,
    premium_access: bool = False,
) -> Subscription:
    """Subscribe an organization that has no subscription, or only an ended one; it is enabled until the period's end.

    Source: src/Core/Billing/Organizations/Services/OrganizationBillingService.cs (Finalize).
    """
    previous = subscription_of_organization(ctx, organization)
    if previous is not None and previous.status not in rules.ENDED:
        raise bad_request("The organization has a subscription already.", rule="subscription.exists")
    _forget(ctx, previous)
    subscription = _started(ctx, plan.period_months, trial_days)
    subscription.organization_id = organization.id
    subscription.plan_type = plan.type
    subscription.seats = organization.seats or 0
    subscription.storage_gb = storage_gb
    subscription.premium_access = premium_access
    ctx.session.add(subscription)
    organization.enabled = True
    organization.expiration_date = subscription.period_end
    ctx.session.flush()
    return subscription


def restart(ctx: Context, organization: Organization) -> None:
    """Subscribe an organization whose subscription has ended to its plan again, without a trial."""
    plan = plan_of(organization.plan_type)
    if plan is None:
        raise bad_request("Existing plan not found.", rule="subscription.plan")
    start_for_organization(ctx, organization, plan, trial_days=0, storage_gb=organization.max_storage_gb or 0)


def start_premium(ctx: Context, user: User, additional_storage_gb: int = 0, trial_days: int = 0) -> Subscription:
    """Make a user a premium one. Raises 400 "Already a premium user.".

    Source: src/Core/Billing/Premium/Commands/CreatePremiumCloudHostedSubscriptionCommand.cs.
    """
    previous = subscription_of_user(ctx, user)
    if user.premium and (previous is None or previous.status not in rules.ENDED):
        raise bad_request("Already a premium user.", rule="premium.twice")
    _forget(ctx, previous)
    subscription = _started(ctx, PREMIUM.period_months, trial_days)
    subscription.user_id = user.id
    subscription.storage_gb = PREMIUM.storage_gb + additional_storage_gb
    ctx.session.add(subscription)
    user.premium = True
    user.premium_expiration_date = subscription.period_end
    user.max_storage_gb = subscription.storage_gb
    user.license_key = ctx.ids.secret(LICENSE_KEY_LENGTH)
    user.revision_date = user.account_revision_date = ctx.clock.now()
    ctx.session.flush()
    return subscription


def _started(ctx: Context, months: int, trial_days: int) -> Subscription:
    now = ctx.clock.now()
    subscription = Subscription(id=ctx.ids.uuid(), creation_date=now)
    _store(subscription, rules.start(now, months, trial_days), now)
    return subscription


def _forget(ctx: Context, subscription: Subscription | None) -> None:
    if subscription is not None:
        ctx.session.delete(subscription)
        ctx.session.flush()


def remove_subscription(ctx: Context, organization: Organization, expiration_date: datetime | None) -> None:
    """Bill the organization outside the payment provider from now on, until `expiration_date` (None = open end)."""
    _forget(ctx, subscription_of_organization(ctx, organization))
    set_expiration(ctx, organization, expiration_date)


def set_expiration(ctx: Context, organization: Organization, expiration_date: datetime | None) -> None:
    """Set how long an organization without subscription (reseller) is paid for."""
    if subscription_of_organization(ctx, organization) is not None:
        raise bad_request(
            "The organization has a subscription, which decides its expiration date.", rule="subscription.expiration"
        )
    organization.expiration_date = expiration_date
    organization.revision_date = ctx.clock.now()


def set_sponsored(ctx: Context, organization: Organization, sponsored: bool) -> Subscription:
    """Put a Families organization on the sponsored price (nothing), or back on the regular one."""
    subscription = require_subscription(ctx, organization)
    subscription.sponsored = sponsored
    subscription.revision_date = ctx.clock.now()
    return subscription


def is_in_trial(ctx: Context, organization: Organization) -> bool:
    """Whether the organization's subscription is in its free trial."""
    subscription = subscription_of_organization(ctx, organization)
    return subscription is not None and subscription.status == Status.TRIALING


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
