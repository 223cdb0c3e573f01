"""A plan as it is sold. Source: src/Api/Models/Response/PlanResponseModel.cs."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import PlainSerializer

from common.plans import Plan
from common.wire.base import WireModel

Price = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]
"""An amount in US dollars."""


class PasswordManagerFeatures(WireModel):
    """`passwordManager` of a plan."""

    stripe_plan_id: str | None = None
    stripe_seat_plan_id: str | None = None
    stripe_provider_portal_seat_plan_id: str | None = None
    base_price: Price
    seat_price: Price
    provider_portal_seat_price: Price
    allow_seat_autoscale: bool
    has_additional_seats_option: bool
    max_additional_seats: int | None = None
    base_seats: int
    has_premium_access_option: bool
    stripe_premium_access_plan_id: str | None
    premium_access_option_price: Price
    max_seats: int | None
    base_storage_gb: int | None
    has_additional_storage_option: bool
    additional_storage_price_per_gb: Price
    stripe_storage_plan_id: str | None
    max_additional_storage: int | None = None
    max_collections: int | None


class SecretsManagerFeatures(WireModel):
    """`secretsManager` of a plan."""

    max_service_accounts: int | None
    allow_service_accounts_autoscale: bool
    stripe_service_account_plan_id: str | None
    additional_price_per_service_account: Price
    base_service_account: int
    max_additional_service_account: int | None = None
    has_additional_service_account_option: bool
    stripe_seat_plan_id: str | None
    has_additional_seats_option: bool
    base_price: Price = Decimal(0)
    seat_price: Price
    base_seats: int
    max_seats: int | None
    max_additional_seats: int | None = None
    allow_seat_autoscale: bool
    max_projects: int


class PlanResponse(WireModel):
    """A plan; of an organization whose plan is not looked up only `type`, `productTier` and `name`."""

    type: int
    product_tier: int
    name: str | None
    is_annual: bool = False
    name_localization_key: str | None = None
    description_localization_key: str | None = None
    can_be_used_by_business: bool = False
    trial_period_days: int | None = None
    has_self_host: bool = False
    has_policies: bool = False
    has_groups: bool = False
    has_directory: bool = False
    has_events: bool = False
    has_totp: bool = False
    has_2fa: bool = False
    has_api: bool = False
    has_sso: bool = False
    has_organization_domains: bool = False
    has_reset_password: bool = False
    users_get_premium: bool = False
    has_my_items: bool = False
    has_invite_links: bool = False
    upgrade_sort_order: int = 0
    display_sort_order: int = 0
    legacy_year: int | None = None
    disabled: bool = False
    secrets_manager: SecretsManagerFeatures | None = None
    password_manager: PasswordManagerFeatures | None = None
    object: str = "plan"

    @classmethod
    def of(cls, plan: Plan) -> Self:
        """A plan of the table. `hasApi` stays false, as upstream never fills it."""
        return cls(
            type=plan.type,
            product_tier=plan.tier,
            name=plan.name,
            is_annual=plan.annual,
            name_localization_key=plan.name_key,
            description_localization_key=plan.description_key,
            can_be_used_by_business=plan.business,
            trial_period_days=plan.trial_days,
            has_self_host=plan.allows("self_host"),
            has_policies=plan.allows("use_policies"),
            has_groups=plan.allows("use_groups"),
            has_directory=plan.allows("use_directory"),
            has_events=plan.allows("use_events"),
            has_totp=plan.allows("use_totp"),
            has_2fa=plan.allows("use_2fa"),
            has_sso=plan.allows("use_sso"),
            has_organization_domains=plan.allows("use_organization_domains"),
            has_reset_password=plan.allows("use_reset_password"),
            users_get_premium=plan.allows("users_get_premium"),
            has_my_items=plan.allows("use_my_items"),
            has_invite_links=plan.allows("use_invite_links"),
            upgrade_sort_order=plan.upgrade_order,
            display_sort_order=plan.display_order,
            legacy_year=plan.legacy_year,
            disabled=plan.disabled,
            secrets_manager=_secrets_manager_features(plan),
            password_manager=_password_manager_features(plan),
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
