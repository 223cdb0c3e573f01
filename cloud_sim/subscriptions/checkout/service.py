"""Storage that is bought or given back after the plan was.

Source: src/Core/AdminConsole/Services/Implementations/OrganizationService.cs (AdjustStorageAsync),
src/Core/Billing/Premium/Commands/UpdatePremiumStorageCommand.cs; fidelity.md: billing.checkout.
"""

from uuid import UUID

from cloud_sim.subscriptions import service
from cloud_sim.subscriptions.access import lock_edited
from cloud_sim.subscriptions.checkout import rules
from common.domains.accounts.service import User
from common.errors import bad_request
from common.plans import PREMIUM, plan_of
from common.server.context import Context


def adjust_storage(ctx: Context, caller_id: UUID, organization_id: UUID, change: int) -> None:
    """Buy or give back GB of an organization. Raises 404 for others than owners, 400 in upstream's order."""
    organization = lock_edited(ctx, organization_id, caller_id)
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
    user.max_storage_gb = subscription.storage_gb = wanted
    user.revision_date = subscription.revision_date = ctx.clock.now()
