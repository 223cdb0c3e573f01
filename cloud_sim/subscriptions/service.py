"""Subscriptions of organizations and premium users: finding, starting, cancelling, what a tester causes.

A subscription that is found is that of today: time has passed for it before a request looks (settling.py).
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from cloud_sim.providers.models import Provider
from cloud_sim.providers.service import managers_of, provider_of
from cloud_sim.subscriptions import rules
from cloud_sim.subscriptions.history.service import Change, record
from cloud_sim.subscriptions.models import Subscription
from cloud_sim.subscriptions.settling import Payer, Subscriber, change, stored, terms_of
from common.domains.accounts.service import User
from common.domains.organizations.models import Organization
from common.domains.organizations.service import LICENSE_KEY_LENGTH
from common.enums import OrganizationStatus
from common.enums import SubscriptionStatus as Status
from common.errors import bad_request, billing_failed
from common.plans import PREMIUM, Plan, plan_of
from common.server.context import Context
from common.server.foresight import SAVING, Hand


def subscription_of_organization(ctx: Context, organization: Organization) -> Subscription | None:
    """The organization's own subscription, or None (Free, managed by a provider, invoiced outside)."""
    return ctx.session.scalar(sa.select(Subscription).where(Subscription.organization_id == organization.id))


def subscription_of_user(ctx: Context, user: User) -> Subscription | None:
    """The user's premium subscription, or None."""
    return ctx.session.scalar(sa.select(Subscription).where(Subscription.user_id == user.id))


def subscription_of_provider(ctx: Context, provider: Provider) -> Subscription | None:
    """The provider's subscription, which pays for the organizations that it manages; None of a reseller."""
    return ctx.session.scalar(sa.select(Subscription).where(Subscription.provider_id == provider.id))


def subscriptions_of_providers(ctx: Context, ids: Sequence[UUID]) -> dict[UUID, Subscription]:
    """The same of several, by provider (one statement)."""
    found = ctx.session.scalars(sa.select(Subscription).where(Subscription.provider_id.in_(ids)))
    return {each.provider_id: each for each in found if each.provider_id}


def paying_subscription(ctx: Context, organization: Organization) -> Subscription | None:
    """What a licence goes by: of a managed organization the provider's subscription, else its own.

    Source: src/Core/Billing/Organizations/Queries/GetCloudOrganizationLicenseQuery.cs (GetSubscriptionAsync).
    """
    if organization.status != OrganizationStatus.MANAGED:
        return subscription_of_organization(ctx, organization)
    provider = provider_of(ctx, organization.id)
    return subscription_of_provider(ctx, provider) if provider is not None else None


def paying_subscriptions(ctx: Context, organizations: Sequence[Organization]) -> dict[UUID, Subscription]:
    """The same for several, by organization; those that nobody pays for are missing (three statements at most)."""
    own = [each.id for each in organizations if each.status != OrganizationStatus.MANAGED]
    found = ctx.session.scalars(sa.select(Subscription).where(Subscription.organization_id.in_(own)))
    paid = {each.organization_id: each for each in found if each.organization_id}
    managed = managers_of(ctx, [each.id for each in organizations if each.status == OrganizationStatus.MANAGED])
    if managed:
        providers = subscriptions_of_providers(ctx, [each.id for each in managed.values()])
        paid |= {client: providers[by.id] for client, by in managed.items() if by.id in providers}
    return paid


def require_subscription(ctx: Context, subscriber: Payer) -> Subscription:
    """The subscription. Raises 400 when there is none."""
    subscription = _subscription_of(ctx, subscriber)
    if subscription is None:
        raise bad_request("No subscription found.", rule="subscription.none")
    return subscription


def _subscription_of(ctx: Context, subscriber: Payer) -> Subscription | None:
    if isinstance(subscriber, Organization):
        return subscription_of_organization(ctx, subscriber)
    if isinstance(subscriber, Provider):
        return subscription_of_provider(ctx, subscriber)
    return subscription_of_user(ctx, subscriber)


def cause(ctx: Context, subscriber: Payer, event: str, clients: Sequence[Organization] = ()) -> None:
    """Have something happen at the payment provider. event: one of rules.EVENTS. Raises 400 where it cannot.

    clients: the locked organizations of a provider.
    """
    change(ctx, require_subscription(ctx, subscriber), subscriber, rules.EVENTS[event], clients=clients)


def cancel(ctx: Context, subscriber: Subscriber) -> None:
    """Cancel at the end of the period, or at once when what was paid for is over. Raises 500 when nothing goes on.

    Source: src/Core/Billing/Services/Implementations/SubscriberService.cs.
    """
    is_organization = isinstance(subscriber, Organization)
    paid_until = subscriber.expiration_date if is_organization else subscriber.premium_expiration_date  # type: ignore[union-attr]
    expired = paid_until is not None and paid_until <= ctx.clock.now()
    subscription = _subscription_of(ctx, subscriber)
    if subscription is None or not rules.is_cancellable(terms_of(subscription)):
        raise billing_failed("subscription.nothing-to-cancel")
    change(ctx, subscription, subscriber, rules.EVENTS["cancel" if expired else "cancel-at-period-end"])


def start_for_organization(
    ctx: Context,
    organization: Organization,
    plan: Plan,
    *,
    trial_days: int,
    storage_gb: int = 0,
    premium_access: bool = False,
    by_invoice: bool = False,
) -> Subscription:
    """Subscribe an organization that has no subscription, or only an ended one; it is enabled until the period's end.

    Source: src/Core/Billing/Organizations/Services/OrganizationBillingService.cs (Finalize).
    """
    previous = subscription_of_organization(ctx, organization)
    if previous is not None and previous.status not in rules.ENDED:
        raise bad_request("The organization has a subscription already.", rule="subscription.exists")
    _forget(ctx, previous)
    terms = rules.start(rules.provider_time(ctx.clock.now()), plan.period_months, trial_days, by_invoice=by_invoice)
    subscription = _started(ctx, terms)
    subscription.organization_id = organization.id
    subscription.plan_type = plan.type
    subscription.seats = organization.seats or 0
    if organization.use_secrets_manager:
        subscription.sm_seats = organization.sm_seats or 0
        subscription.sm_service_accounts = organization.sm_service_accounts or 0
    subscription.storage_gb = storage_gb
    subscription.premium_access = premium_access
    ctx.session.add(subscription)
    organization.enabled = True
    organization.expiration_date = subscription.period_end
    ctx.session.flush()
    record(ctx, [Change(subscription, None, terms)])
    return subscription


def start_as(ctx: Context, organization: Organization, terms: rules.Terms) -> Subscription:
    """Subscribe an organization that has no subscription yet on these terms, which may be years old."""
    subscription = _started(ctx, terms)
    subscription.organization_id = organization.id
    subscription.plan_type, subscription.seats = organization.plan_type, organization.seats or 0
    if organization.use_secrets_manager:
        subscription.sm_seats = organization.sm_seats or 0
        subscription.sm_service_accounts = organization.sm_service_accounts or 0
    ctx.session.add(subscription)
    ctx.session.flush()
    record(ctx, [Change(subscription, None, terms)])
    return subscription


def start_premium_as(ctx: Context, user: User, terms: rules.Terms, storage_gb: int) -> Subscription:
    """Make a user a premium one on these terms, which may be years old. Raises 400 "Already a premium user."."""
    if user.premium or subscription_of_user(ctx, user) is not None:
        raise bad_request("Already a premium user.", rule="premium.twice")
    subscription = _started(ctx, terms)
    subscription.user_id, subscription.storage_gb = user.id, storage_gb
    ctx.session.add(subscription)
    user.premium, user.premium_expiration_date = True, subscription.period_end
    user.max_storage_gb = storage_gb
    user.revision_date = user.account_revision_date = ctx.clock.now()
    ctx.session.flush()
    record(ctx, [Change(subscription, None, terms)])
    return subscription


def restart_cancelled(ctx: Context, organization: Organization) -> None:
    """`restart`, for one that was cancelled only. Raises 400 otherwise.

    Source: src/Core/Billing/Subscriptions/Commands/RestartSubscriptionCommand.cs.
    """
    subscription = subscription_of_organization(ctx, organization)
    if subscription is None or subscription.status != Status.CANCELED:
        raise bad_request("Cannot restart a subscription that is not canceled.", rule="subscription.restart")
    restart(ctx, organization)


def restart(ctx: Context, organization: Organization) -> None:
    """Subscribe an organization whose subscription has ended to its plan again, without a trial."""
    plan = plan_of(organization.plan_type)
    if plan is None:
        raise bad_request("Existing plan not found.", rule="subscription.plan")
    start_for_organization(ctx, organization, plan, trial_days=0, storage_gb=organization.max_storage_gb or 0)


def require_no_premium(ctx: Context, user: User) -> Subscription | None:
    """The subscription that a user had once, None if there was none. Raises 400 "Already a premium user."."""
    previous = subscription_of_user(ctx, user)
    if user.premium and (previous is None or previous.status not in rules.ENDED):
        raise bad_request("Already a premium user.", rule="premium.twice")
    return previous


def start_premium(ctx: Context, user: User, additional_storage_gb: int = 0, trial_days: int = 0) -> Subscription:
    """Make a user a premium one. Raises 400 "Already a premium user.".

    Source: src/Core/Billing/Premium/Commands/CreatePremiumCloudHostedSubscriptionCommand.cs.
    """
    _forget(ctx, require_no_premium(ctx, user))
    terms = rules.start(rules.provider_time(ctx.clock.now()), PREMIUM.period_months, trial_days)
    subscription = _started(ctx, terms)
    subscription.user_id = user.id
    subscription.storage_gb = PREMIUM.storage_gb + additional_storage_gb
    ctx.session.add(subscription)
    user.premium = True
    user.premium_expiration_date = subscription.period_end
    user.max_storage_gb = subscription.storage_gb
    user.license_key = ctx.ids.secret(LICENSE_KEY_LENGTH)
    user.revision_date = user.account_revision_date = ctx.clock.now()
    ctx.session.flush()
    record(ctx, [Change(subscription, None, terms)])
    return subscription


def start_for_provider(ctx: Context, provider: Provider, months: int) -> Subscription:
    """Subscribe a provider that manages organizations, without a trial.

    Source: ProviderBillingService.cs (SetupSubscription).
    """
    subscription = _started(ctx, rules.start(rules.provider_time(ctx.clock.now()), months, 0))
    subscription.provider_id, subscription.provider_months = provider.id, months
    ctx.session.add(subscription)
    ctx.session.flush()
    return subscription


def _started(ctx: Context, terms: rules.Terms) -> Subscription:
    now = ctx.clock.now()
    return Subscription(id=ctx.ids.uuid(), creation_date=now, revision_date=now, **stored(terms))


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


def set_sponsored(ctx: Context, organization: Organization, *, sponsored: bool, hand: Hand = SAVING) -> Subscription:
    """Put a Families organization on the sponsored price (nothing), or back on the regular one."""
    subscription = require_subscription(ctx, organization)
    hand.put(subscription, sponsored=sponsored, revision_date=ctx.clock.now())
    return subscription


def is_in_trial(ctx: Context, organization: Organization) -> bool:
    """Whether the organization's subscription is in its free trial."""
    subscription = subscription_of_organization(ctx, organization)
    return subscription is not None and subscription.status == Status.TRIALING
