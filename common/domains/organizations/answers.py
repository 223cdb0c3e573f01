"""Organizations and their plans as the wire tells them."""

from typing import Any, TypeVar

from common.domains.organizations.models import Organization
from common.domains.organizations.rules import display_name
from common.plans import Plan, tier_of
from common.wire.organizations import OrganizationKeysResponse, OrganizationResponse
from common.wire.plans import PasswordManagerFeatures, PlanResponse, SecretsManagerFeatures

Told = TypeVar("Told", bound=OrganizationResponse)


def organization(found: Organization, sold: Plan | None = None) -> OrganizationResponse:
    """An organization. sold: None on an instance, where only the licence's plan name is known."""
    return organization_as(OrganizationResponse, found, sold)


def organization_as(kind: type[Told], found: Organization, sold: Plan | None = None, **more: Any) -> Told:
    """An organization in a body that tells more about it: what the rows of organizations do not hold."""
    same = {name: getattr(found, name) for name in kind.model_fields if hasattr(found, name)}
    own = {
        "name": display_name(found.name),
        "business_name": display_name(found.business_name),
        "plan": _plan_of(found) if sold is None else plan(sold),
        "has_public_and_private_keys": found.public_key is not None and found.private_key is not None,
    }
    return kind(**{**same, **own, **more})


def keys(found: Organization) -> OrganizationKeysResponse:
    """The key pair of an organization."""
    return OrganizationKeysResponse(public_key=found.public_key, private_key=found.private_key)


def _plan_of(found: Organization) -> PlanResponse:
    return PlanResponse(type=found.plan_type, product_tier=tier_of(found.plan_type), name=found.plan)


def plan(sold: Plan) -> PlanResponse:
    """A plan of the table. `hasApi` stays false, as upstream never fills it."""
    return PlanResponse(
        type=sold.type,
        product_tier=sold.tier,
        name=sold.name,
        is_annual=sold.annual,
        name_localization_key=sold.name_key,
        description_localization_key=sold.description_key,
        trial_period_days=sold.trial_days,
        has_self_host=sold.allows("self_host"),
        has_policies=sold.allows("use_policies"),
        has_groups=sold.allows("use_groups"),
        has_directory=sold.allows("use_directory"),
        has_events=sold.allows("use_events"),
        has_totp=sold.allows("use_totp"),
        has_2fa=sold.allows("use_2fa"),
        has_sso=sold.allows("use_sso"),
        has_organization_domains=sold.allows("use_organization_domains"),
        has_reset_password=sold.allows("use_reset_password"),
        users_get_premium=sold.allows("users_get_premium"),
        has_my_items=sold.allows("use_my_items"),
        has_invite_links=sold.allows("use_invite_links"),
        upgrade_sort_order=sold.upgrade_order,
        display_sort_order=sold.display_order,
        legacy_year=sold.legacy_year,
        disabled=sold.disabled,
        secrets_manager=_secrets_manager_features(sold),
        password_manager=_password_manager_features(sold),
    )


def _password_manager_features(plan: Plan) -> PasswordManagerFeatures:
    sold = plan.password_manager
    return PasswordManagerFeatures(
        stripe_plan_id=sold.plan_id,
        stripe_seat_plan_id=sold.seat_plan_id,
        stripe_provider_portal_seat_plan_id=sold.provider_seat_plan_id,
        base_price=sold.base_price,
        seat_price=sold.seat_price,
        provider_portal_seat_price=sold.provider_seat_price,
        allow_seat_autoscale=sold.autoscales,
        has_additional_seats_option=sold.sells_seats,
        base_seats=sold.base_seats,
        has_premium_access_option=sold.sells_premium_access,
        stripe_premium_access_plan_id=sold.premium_access_plan_id,
        premium_access_option_price=sold.premium_access_price,
        max_seats=sold.max_seats,
        base_storage_gb=sold.base_storage_gb,
        has_additional_storage_option=sold.sells_storage,
        additional_storage_price_per_gb=sold.storage_price,
        stripe_storage_plan_id=sold.storage_plan_id,
        max_collections=sold.max_collections,
    )


def _secrets_manager_features(plan: Plan) -> SecretsManagerFeatures | None:
    sold = plan.secrets_manager
    if sold is None:
        return None
    return SecretsManagerFeatures(
        max_service_accounts=sold.max_service_accounts,
        allow_service_accounts_autoscale=sold.sells_more,
        stripe_service_account_plan_id=sold.service_account_plan_id,
        additional_price_per_service_account=sold.service_account_price,
        base_service_account=sold.base_service_accounts,
        has_additional_service_account_option=sold.sells_more,
        stripe_seat_plan_id=sold.seat_plan_id,
        has_additional_seats_option=sold.sells_more,
        seat_price=sold.seat_price,
        base_seats=sold.base_seats,
        max_seats=sold.max_seats,
        allow_seat_autoscale=sold.sells_more,
        max_projects=sold.max_projects,
    )
