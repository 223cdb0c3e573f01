"""Moving an organization to another plan.

Source: src/Core/OrganizationFeatures/OrganizationSubscriptions/UpgradeOrganizationPlanCommand.cs,
src/Core/Billing/Organizations/Extensions/OrganizationPlanExtensions.cs.
"""

from typing import NamedTuple

from cloud_sim.subscriptions import rules, service
from cloud_sim.subscriptions.purchases import check_secrets_manager, check_vault
from cloud_sim.subscriptions.seats import check_enough, set_seats
from cloud_sim.subscriptions.settling import change
from common.domains.organizations import service as organizations
from common.domains.organizations.models import Organization
from common.domains.organizations.rules import stored_name
from common.domains.organizations.service import Standing, Usage
from common.errors import bad_request, not_found
from common.plans import PLAN_ABILITIES, Plan, plan_of
from common.server.context import Context


class Upgrade(NamedTuple):
    """What somebody who moves to a bigger plan asks for, each beyond what the plan includes.

    public_key, private_key: kept where the organization has none.
    """

    additional_seats: int = 0
    additional_storage_gb: int = 0
    premium_access: bool = False
    use_secrets_manager: bool = False
    additional_sm_seats: int = 0
    additional_service_accounts: int = 0
    business_name: str | None = None
    public_key: str | None = None
    private_key: str | None = None


def upgrade(ctx: Context, standing: Standing, plan: Plan | None, wanted: Upgrade) -> None:
    """Move to a bigger plan. Raises 400 in upstream's order; a Free organization pays at once, without a trial."""
    organization = standing.organization
    bigger = _bigger(organization, plan)
    check_vault(bigger, wanted)
    if wanted.use_secrets_manager:
        check_secrets_manager(bigger, wanted)
    seats = bigger.password_manager.base_seats + wanted.additional_seats
    usage = organizations.usage(ctx, organization.id)
    if organization.seats is None or organization.seats > seats:
        check_enough(organization, usage.seats, seats)
    check_usage_fits(organization, usage, bigger)
    if wanted.use_secrets_manager:
        _check_secrets_seats(ctx, organization, bigger, wanted)
    _give(ctx, organization, bigger, wanted)
    move_to_plan(ctx, organization, bigger)
    organization.users_get_premium = organization.users_get_premium or wanted.premium_access
    if service.subscription_of_organization(ctx, organization) is None:
        service.start_for_organization(
            ctx,
            organization,
            bigger,
            trial_days=0,
            storage_gb=organization.max_storage_gb or 0,
            premium_access=wanted.premium_access,
        )
    if wanted.use_secrets_manager:
        standing.member.access_secrets_manager = True


def _bigger(organization: Organization, plan: Plan | None) -> Plan:
    existing = plan_of(organization.plan_type)
    if plan is None:
        raise not_found("plan.unknown")
    if plan.disabled:
        raise bad_request("Plan not found.", rule="upgrade.plan")
    if existing is not None and existing.type == plan.type:
        raise bad_request("Organization is already on this plan.", rule="upgrade.same")
    if existing is not None and existing.upgrade_order >= plan.upgrade_order:
        raise bad_request("You cannot upgrade to this plan.", rule="upgrade.order")
    return plan


def _check_secrets_seats(ctx: Context, organization: Organization, plan: Plan, wanted: Upgrade) -> None:
    seats = (plan.secrets_manager.base_seats if plan.secrets_manager else 0) + wanted.additional_sm_seats
    if organization.sm_seats is not None and organization.sm_seats <= seats:
        return
    taken = organizations.secrets_seats_taken(ctx, organization.id)
    if taken > seats:
        raise bad_request(
            f"Your organization currently has {taken} Secrets Manager seats filled. Your new plan only has {seats} "
            "seats. Remove some users or increase your subscription.",
            rule="upgrade.secrets-manager",
        )


def _give(ctx: Context, organization: Organization, plan: Plan, wanted: Upgrade) -> None:
    """Everything but the plan itself; what is not asked for again is given back."""
    organization.business_name = stored_name(wanted.business_name) if wanted.business_name else None
    organization.max_storage_gb = (plan.password_manager.base_storage_gb or 0) + wanted.additional_storage_gb
    organization.use_secrets_manager = wanted.use_secrets_manager
    if wanted.use_secrets_manager and plan.secrets_manager is not None:
        sold = plan.secrets_manager
        organization.sm_seats = sold.base_seats + wanted.additional_sm_seats
        organization.sm_service_accounts = sold.base_service_accounts + wanted.additional_service_accounts
    if organization.public_key is None and organization.private_key is None:
        organization.public_key, organization.private_key = wanted.public_key, wanted.private_key
    set_seats(ctx, organization, plan.password_manager.base_seats + wanted.additional_seats)
    subscription = service.subscription_of_organization(ctx, organization)
    if subscription is not None:
        subscription.storage_gb = organization.max_storage_gb
        subscription.premium_access = wanted.premium_access
        uses = organization.use_secrets_manager
        subscription.sm_seats = (organization.sm_seats or 0) if uses else 0
        subscription.sm_service_accounts = (organization.sm_service_accounts or 0) if uses else 0


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
