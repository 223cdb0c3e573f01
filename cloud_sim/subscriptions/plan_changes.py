"""Moving an organization to another plan.

Source: src/Core/OrganizationFeatures/OrganizationSubscriptions/UpgradeOrganizationPlanCommand.cs,
src/Core/Billing/Organizations/Extensions/OrganizationPlanExtensions.cs.
"""

from cloud_sim.subscriptions import rules, service
from cloud_sim.subscriptions.seats import check_enough, set_seats
from cloud_sim.subscriptions.settling import change
from common.domains.organizations import service as organizations
from common.domains.organizations.models import Organization
from common.domains.organizations.service import Usage
from common.errors import bad_request, not_found
from common.plans import PLAN_ABILITIES, Plan, plan_of
from common.server.context import Context


def upgrade(ctx: Context, organization: Organization, plan: Plan | None, additional_seats: int) -> None:
    """Move to a bigger plan. Raises 400 in upstream's order; a Free organization starts paying at once, without trial.

    additional_seats: beyond the plan's base seats.
    """
    existing = plan_of(organization.plan_type)
    if plan is None:
        raise not_found("plan.unknown")
    if plan.disabled:
        raise bad_request("Plan not found.", rule="upgrade.plan")
    if existing is not None and existing.type == plan.type:
        raise bad_request("Organization is already on this plan.", rule="upgrade.same")
    if existing is not None and existing.upgrade_order >= plan.upgrade_order:
        raise bad_request("You cannot upgrade to this plan.", rule="upgrade.order")
    seats = _upgraded_seats(plan, additional_seats)
    usage = organizations.usage(ctx, organization.id)
    if organization.seats is None or organization.seats > seats:
        check_enough(organization, usage.seats, seats)
    check_usage_fits(organization, usage, plan)
    set_seats(ctx, organization, seats)
    move_to_plan(ctx, organization, plan)
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
        change(ctx, subscription, organization, _interval_of(plan), plan=plan)


def _interval_of(plan: Plan) -> rules.TermsRule:
    return lambda terms, now: rules.change_interval(terms, plan.period_months, now)
