"""Seats and plans of a subscribed organization: buying and giving back seats, moving to another plan.

Source: src/Core/AdminConsole/Services/Implementations/OrganizationService.cs,
src/Core/OrganizationFeatures/OrganizationSubscriptions/UpgradeOrganizationPlanCommand.cs,
src/Core/Billing/Organizations/Extensions/OrganizationPlanExtensions.cs.
"""

from cloud_sim.subscriptions import rules, service
from cloud_sim.subscriptions.models import Subscription
from cloud_sim.subscriptions.settling import change
from common.domains.organizations import service as organizations
from common.domains.organizations.models import Organization
from common.domains.organizations.rules import SeatCounts
from common.domains.organizations.service import Usage
from common.enums import PlanType
from common.enums import SubscriptionStatus as Status
from common.errors import Refusal, bad_request
from common.plans import PLAN_ABILITIES, Plan, plan_of
from common.server.context import Context

MAX_SEATS = 2**31 - 1


def grow_seats(ctx: Context, organization: Organization, missing: int) -> None:
    """Buy the seats that an invitation is short of, or refuse with the reason.

    Source: OrganizationService.cs (CanScaleAsync, AutoAddSeatsAsync).
    """
    subscription = service.subscription_of_organization(ctx, organization)
    if subscription is None and organization.plan_type != PlanType.FREE:
        # Upstream says this when a reseller stands behind the organization; here nobody else bills it outside.
        raise _limit_reached(" Contact your provider to purchase additional seats.")
    if subscription is not None and subscription.status == Status.CANCELED:
        raise bad_request(
            "You do not have an active subscription. Reinstate your subscription to make changes",
            rule="seats.subscription",
        )
    limit = organization.max_autoscale_seats
    if limit is not None and limit < (organization.seats or 0) + missing:
        raise _limit_reached()
    adjust_seats(ctx, organization, missing)


def _limit_reached(more: str = "") -> Refusal:
    return bad_request(f"Seat limit has been reached.{more}", rule="seats.limit")


def update_seats(ctx: Context, organization: Organization, adjustment: int, max_autoscale_seats: int | None) -> None:
    """Change the number of seats by `adjustment` and the limit of growing by itself (None = no limit)."""
    if max_autoscale_seats is not None and (organization.seats or 0) + adjustment > max_autoscale_seats:
        raise bad_request("Cannot set max seat autoscaling below seat count.", rule="seats.autoscale")
    if adjustment:
        adjust_seats(ctx, organization, adjustment)
    if max_autoscale_seats != organization.max_autoscale_seats:
        _set_autoscale(organization, max_autoscale_seats)


def _set_autoscale(organization: Organization, limit: int | None) -> None:
    plan = plan_of(organization.plan_type)
    if plan is None:
        raise bad_request("Existing plan not found.", rule="seats.plan")
    if not plan.password_manager.autoscales:
        raise bad_request("Your plan does not allow seat autoscaling.", rule="seats.autoscale")
    organization.max_autoscale_seats = limit


def adjust_seats(ctx: Context, organization: Organization, adjustment: int) -> None:
    """Buy (positive) or give back (negative) seats. Raises 400 in upstream's order."""
    if organization.seats is None:
        raise bad_request("Organization has no seat limit, no need to adjust seats", rule="seats.unlimited")
    subscription = service.subscription_of_organization(ctx, organization)
    if subscription is None:
        raise bad_request("No payment method found.", rule="seats.payment")
    _check_running(subscription)
    seats = organization.seats + adjustment
    _check_seat_count(plan_of(organization.plan_type), seats)
    if adjustment < 0:
        counts = organizations.occupied_seats(ctx, organization.id)
        _check_enough(organization, counts, seats)
    if organization.use_secrets_manager and seats < (organization.sm_seats or 0):
        raise bad_request(
            "You cannot have more Secrets Manager seats than Password Manager seats.", rule="seats.secrets-manager"
        )
    set_seats(ctx, organization, seats)


def set_seats(ctx: Context, organization: Organization, seats: int) -> None:
    """Make it so many seats, whatever the rules say."""
    subscription = service.subscription_of_organization(ctx, organization)
    organization.seats = seats
    organization.revision_date = ctx.clock.now()
    if subscription is not None:
        subscription.seats = seats


def _check_running(subscription: Subscription) -> None:
    if subscription.status in rules.ENDED:
        raise bad_request(
            "You do not have an active subscription. Reinstate your subscription to make changes.",
            rule="seats.subscription",
        )


def _check_seat_count(plan: Plan | None, seats: int) -> None:
    if plan is None or not plan.password_manager.sells_seats:
        raise bad_request("Plan does not allow additional seats.", rule="seats.plan")
    base = plan.password_manager.base_seats
    if base > seats:
        raise bad_request(f"Plan has a minimum of {base} seats.", rule="seats.minimum")
    if seats <= 0:
        raise bad_request("You must have at least 1 seat.", rule="seats.minimum")
    if seats > MAX_SEATS:
        raise bad_request(f"Organization plan allows a maximum of {MAX_SEATS} additional seats.", rule="seats.maximum")


def _check_enough(organization: Organization, counts: SeatCounts, seats: int) -> None:
    if counts.total <= seats:
        return
    if organization.use_admin_sponsored_families or counts.sponsored:
        raise bad_request(
            f"Your organization has {counts.users} members and {counts.sponsored} sponsored families. "
            f"To decrease the seat count below {counts.total}, you must remove members or sponsorships.",
            rule="seats.occupied",
        )
    raise bad_request(
        f"Your organization currently has {counts.total} seats filled. "
        f"Your new plan only has ({seats}) seats. Remove some users.",
        rule="seats.occupied",
    )


def upgrade(ctx: Context, organization: Organization, plan: Plan | None, additional_seats: int) -> None:
    """Move to a bigger plan. Raises 400 in upstream's order; a Free organization starts paying at once, without trial.

    additional_seats: beyond the plan's base seats.
    """
    existing = plan_of(organization.plan_type)
    if plan is None or plan.disabled:
        raise bad_request("Plan not found.", rule="upgrade.plan")
    if existing is not None and existing.type == plan.type:
        raise bad_request("Organization is already on this plan.", rule="upgrade.same")
    if existing is not None and existing.upgrade_order >= plan.upgrade_order:
        raise bad_request("You cannot upgrade to this plan.", rule="upgrade.order")
    seats = _upgraded_seats(plan, additional_seats)
    usage = organizations.usage(ctx, organization.id)
    if organization.seats is None or organization.seats > seats:
        _check_enough(organization, usage.seats, seats)
    check_usage_fits(organization, usage, plan)
    move_to_plan(ctx, organization, plan)
    set_seats(ctx, organization, seats)
    if service.subscription_of_organization(ctx, organization) is None:
        service.start_for_organization(ctx, organization, plan, trial_days=0)


def _upgraded_seats(plan: Plan, additional_seats: int) -> int:
    sold = plan.password_manager
    if additional_seats and not sold.sells_seats:
        raise bad_request("Plan does not allow additional users.", rule="upgrade.seats")
    seats = sold.base_seats + additional_seats
    if seats <= 0:
        raise bad_request("You do not have any Password Manager seats!", rule="upgrade.seats")
    return seats


def check_usage_fits(organization: Organization, usage: Usage, plan: Plan) -> None:
    """Raise 400 for the first thing in use that the plan does not allow."""
    limit = plan.password_manager.max_collections
    if limit is not None and usage.collections > limit:
        raise bad_request(
            f"Your organization currently has {usage.collections} collections. Your new plan allows for a maximum of "
            f"({limit}) collections. Remove some collections.",
            rule="upgrade.collections",
        )
    in_use = {
        "use_groups": (usage.groups, "groups", "Remove your groups."),
        "use_policies": (usage.enabled_policies, "policies", "Disable your policies."),
        "use_sso": (usage.sso_enabled, "SSO", "Disable your SSO configuration."),
        "use_key_connector": (usage.key_connector, "Key Connector", "Disable your Key Connector."),
        "use_reset_password": (
            usage.reset_password_policy,
            "Password Reset",
            "Disable your Password Reset policy.",
        ),
        "use_custom_permissions": (
            usage.custom_members,
            "Custom Permissions",
            "Disable your Custom Permissions configuration.",
        ),
    }
    for ability, (used, feature, remedy) in in_use.items():
        if used and getattr(organization, ability) and not plan.allows(ability):
            raise bad_request(
                f"Your new plan does not allow the {feature} feature. {remedy}", rule=f"upgrade.{ability}"
            )


def move_to_plan(ctx: Context, organization: Organization, plan: Plan) -> None:
    """Give the organization plan and abilities; seats and storage stay. A new period length starts a new period."""
    organization.plan_type = plan.type
    organization.plan = plan.name
    organization.use_password_manager = True
    organization.max_collections = plan.password_manager.max_collections
    for ability in PLAN_ABILITIES - {"use_key_connector"}:
        setattr(organization, ability, plan.allows(ability))
    organization.use_key_connector = organization.use_key_connector and plan.allows("use_key_connector")
    organization.revision_date = ctx.clock.now()
    subscription = service.subscription_of_organization(ctx, organization)
    if subscription is not None:
        change(ctx, subscription, organization, _interval_of(plan))
        subscription.plan_type = plan.type


def _interval_of(plan: Plan) -> rules.TermsRule:
    return lambda terms, now: rules.change_interval(terms, plan.period_months, now)
