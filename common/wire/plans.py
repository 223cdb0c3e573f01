"""A plan as it is sold. Source: src/Api/Models/Response/PlanResponseModel.cs."""

from decimal import Decimal
from typing import Annotated

from pydantic import PlainSerializer

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
