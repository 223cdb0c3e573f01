"""What organizations would pay, and storage that is bought or given back after the plan was.

Source: src/Core/AdminConsole/Services/Implementations/OrganizationService.cs (AdjustStorageAsync),
src/Core/Billing/Premium/Commands/UpdatePremiumStorageCommand.cs; fidelity.md: billing.checkout.
"""

from decimal import Decimal
from uuid import UUID

from cloud_sim.subscriptions import charges, prices, service
from cloud_sim.subscriptions.access import lock_edited
from cloud_sim.subscriptions.checkout import rules
from cloud_sim.subscriptions.history.service import hand_over_invoices
from cloud_sim.subscriptions.models import Subscription
from cloud_sim.subscriptions.payments.service import hand_over_customer
from common.domains.accounts.service import User
from common.domains.organizations.models import Organization
from common.enums import ProductTier
from common.enums import SubscriptionStatus as Status
from common.errors import bad_request
from common.plans import PREMIUM, Plan, plan_of
from common.server.context import Context


def adjust_storage(ctx: Context, caller_id: UUID, organization_id: UUID, change: int) -> None:
    """Buy or give back GB of an organization. Raises 404 for others than owners, 400 in upstream's order."""
    change_storage(ctx, lock_edited(ctx, organization_id, caller_id), change)


def change_storage(ctx: Context, organization: Organization, change: int) -> None:
    """The same for a locked organization."""
    plan = plan_of(organization.plan_type)
    if plan is None or plan.password_manager.storage_plan_id is None:
        raise bad_request("Plan does not allow additional storage.", rule="storage.plan")
    subscription = service.subscription_of_organization(ctx, organization)
    if subscription is None:
        raise bad_request("No payment method found.", rule="storage.payment")
    included = plan.password_manager.base_storage_gb or 0
    organization.max_storage_gb = rules.changed_storage(organization.max_storage_gb, change, included)
    subscription.storage_gb = organization.max_storage_gb
    organization.revision_date = subscription.revision_date = ctx.clock.now()


def set_premium_storage(ctx: Context, user: User, additional_gb: int) -> None:
    """Say how many GB a premium user has beyond what premium brings. Raises 400 without premium."""
    subscription = service.subscription_of_user(ctx, user)
    if not user.premium or subscription is None:
        raise bad_request("User does not have a premium subscription.", rule="storage.premium")
    if user.max_storage_gb is None:
        raise bad_request("User has no access to storage.", rule="storage.none")
    wanted = PREMIUM.storage_gb + additional_gb
    if wanted > rules.MOST_STORAGE:
        raise bad_request("Maximum storage is 100 GB.", rule="storage.limit")
    _store(ctx, user, subscription, wanted)


def change_premium_storage(ctx: Context, user: User, change: int) -> None:
    """Buy or give back GB of a premium user. Raises 400 in upstream's order.

    Source: src/Core/Services/Implementations/UserService.cs (AdjustStorageAsync), BillingHelpers.cs.
    """
    subscription = service.subscription_of_user(ctx, user)
    if not user.premium or subscription is None:
        raise bad_request("Not a premium user.", rule="storage.premium")
    _store(ctx, user, subscription, rules.changed_storage(user.max_storage_gb, change, PREMIUM.storage_gb))


def _store(ctx: Context, user: User, subscription: Subscription, wanted: int) -> None:
    user.max_storage_gb = subscription.storage_gb = wanted
    user.revision_date = subscription.revision_date = ctx.clock.now()


def plan_change_total(ctx: Context, organization: Organization, plan: Plan) -> Decimal:
    """What an organization would pay with another plan: all that it has now, at other prices. Raises 400.

    Source: src/Core/Billing/Organizations/Commands/PreviewOrganizationTaxCommand.cs; fidelity.md: billing.checkout.
    """
    if organization.tier == ProductTier.FREE:
        return rules.preview_total(plan, rules.free_becomes(plan, secrets_manager=organization.use_secrets_manager))
    subscription, current = service.subscription_of_organization(ctx, organization), plan_of(organization.plan_type)
    if subscription is None or current is None:
        raise rules.no_subscription()
    pieces = rules.pieces_for(plan, current, organization.seats or 0)
    storage = max(subscription.storage_gb - (current.password_manager.base_storage_gb or 0), 0)
    secrets = current.secrets_manager
    wanted = rules.Wanted(pieces, storage)
    if secrets is not None and subscription.sm_seats:
        accounts = max(subscription.sm_service_accounts - secrets.base_service_accounts, 0)
        wanted = wanted._replace(sm_seats=subscription.sm_seats - secrets.base_seats, service_accounts=accounts)
    return rules.preview_total(plan, wanted)


def update_total(ctx: Context, organization: Organization, wanted: rules.Wanted) -> Decimal:
    """What the pieces that are told would cost, and nothing else. Raises 400 without a subscription."""
    subscription, plan = service.subscription_of_organization(ctx, organization), plan_of(organization.plan_type)
    if subscription is None or plan is None:
        raise rules.no_subscription()
    return rules.preview_total(plan, wanted)


def premium_to_become(ctx: Context, user: User) -> Subscription:
    """The premium that could become an organization. Raises 400 without one."""
    subscription = service.subscription_of_user(ctx, user)
    if not user.premium or subscription is None:
        raise rules.no_premium()
    return subscription


def proration_of(ctx: Context, subscription: Subscription, plan: Plan) -> rules.Proration:
    """What it costs that this premium becomes an organization now."""
    premium = prices.total(charges.line_items(subscription))
    return rules.prorate(plan, premium, (subscription.period_start, subscription.period_end), ctx.clock.now())


def become(ctx: Context, user: User, organization: Organization, plan: Plan) -> None:
    """Have the premium of a locked user become the subscription of a new organization: its period goes on.

    Source: src/Core/Billing/Premium/Commands/UpgradePremiumToOrganizationCommand.cs.
    """
    subscription = premium_to_become(ctx, user)
    due = proration_of(ctx, subscription, plan).total if subscription.status == Status.ACTIVE else None
    hand_over_customer(ctx, user, organization)
    subscription.user_id, subscription.organization_id = None, organization.id
    subscription.plan_type, subscription.seats = plan.type, organization.seats or 0
    subscription.storage_gb = organization.max_storage_gb or 0
    organization.expiration_date = subscription.period_end
    user.premium, user.premium_expiration_date = False, None
    user.revision_date = user.account_revision_date = subscription.revision_date = ctx.clock.now()
    ctx.session.flush()
    hand_over_invoices(ctx, user.id, subscription, due)
