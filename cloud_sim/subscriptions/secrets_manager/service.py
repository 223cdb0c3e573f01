"""Taking the Secrets Manager up, and changing what was bought of it. Source: fidelity.md: billing.secrets-manager."""

from uuid import UUID

from cloud_sim.subscriptions.access import lock_edited, lock_editor
from cloud_sim.subscriptions.models import Subscription
from cloud_sim.subscriptions.seats import check_running
from cloud_sim.subscriptions.secrets_manager import rules
from cloud_sim.subscriptions.secrets_manager.rules import Holding
from cloud_sim.subscriptions.service import subscription_of_organization
from common.domains.organizations import service as organizations
from common.domains.organizations.models import Organization
from common.enums import ProductTier
from common.errors import bad_request, not_found
from common.plans import Plan, plan_of
from common.server.context import Context


def take_up(ctx: Context, caller_id: UUID, organization_id: UUID, seats: int, service_accounts: int) -> None:
    """Buy the Secrets Manager; the caller gets access to it. Raises 404 for others than owners, 400, 409.

    seats, service_accounts: beyond those that the plan includes.
    """
    standing = lock_editor(ctx, organization_id, caller_id)
    organization = standing.organization
    subscription = subscription_of_organization(ctx, organization)
    holding = rules.check_new(
        _plan(organization),
        uses=organization.use_secrets_manager,
        subscribed=subscription is not None,
        seats=organization.seats,
        more=seats,
        accounts=service_accounts,
    )
    if subscription is not None:
        check_running(subscription)
    organization.use_secrets_manager = True
    standing.member.access_secrets_manager = True
    _give(ctx, organization, subscription, holding)


def change(ctx: Context, caller_id: UUID, organization_id: UUID, adjustment: Holding) -> None:
    """Buy more or give some back. adjustment: seats and service accounts more or fewer; the limits as they shall be."""
    adjust(ctx, lock_edited(ctx, organization_id, caller_id), adjustment)


def adjust(ctx: Context, organization: Organization, adjustment: Holding) -> None:
    """The same for a locked organization."""
    plan = _plan(organization)
    rules.sold_secrets(plan)
    if not organization.use_secrets_manager:
        raise rules.no_access()
    subscription = subscription_of_organization(ctx, organization)
    if plan.tier != ProductTier.FREE and subscription is None:
        raise bad_request("No payment method found.", rule="secrets-manager.payment")
    now = _holding(organization)
    wanted = adjustment._replace(
        seats=(now.seats or 0) + (adjustment.seats or 0),
        service_accounts=(now.service_accounts or 0) + (adjustment.service_accounts or 0),
    )
    occupied = organizations.secrets_seats_taken(ctx, organization.id)
    rules.check_change(plan, now, wanted, vault_seats=organization.seats, occupied=occupied)
    if subscription is not None and wanted != now:
        check_running(subscription)
    organization.max_autoscale_sm_seats = wanted.max_seats
    organization.max_autoscale_sm_service_accounts = wanted.max_service_accounts
    _give(ctx, organization, subscription, wanted)


def _holding(organization: Organization) -> Holding:
    return Holding(
        organization.sm_seats,
        organization.sm_service_accounts,
        organization.max_autoscale_sm_seats,
        organization.max_autoscale_sm_service_accounts,
    )


def _give(ctx: Context, organization: Organization, subscription: Subscription | None, holding: Holding) -> None:
    organization.sm_seats, organization.sm_service_accounts = holding.seats, holding.service_accounts
    organization.revision_date = ctx.clock.now()
    if subscription is not None:
        subscription.sm_seats = holding.seats or 0
        subscription.sm_service_accounts = holding.service_accounts or 0
        subscription.revision_date = ctx.clock.now()


def _plan(organization: Organization) -> Plan:
    plan = plan_of(organization.plan_type)
    if plan is None:
        raise not_found("plan.unknown")
    return plan
