"""Bodies of the organization routes. Source: src/Api/AdminConsole/Models/{Request,Response}/Organizations."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from common.wire.base import Email, RequiredText, WireModel, WireRequest
from common.wire.fields import EnumNumber, Int16, Int32, Sealed1000
from common.wire.plans import PlanResponse


def _organization_name(text: str) -> str:
    if len(text) > 50:
        raise ValueError("The field Name exceeds the maximum length.")
    return text


OrganizationName = Annotated[str, Field(min_length=1), AfterValidator(_organization_name)]


class KeyPair(WireRequest):
    """Public and wrapped private key of an organization."""

    public_key: RequiredText
    encrypted_private_key: RequiredText


class OrganizationCreate(WireRequest):
    """`POST /organizations`. Payment and address are taken and, as nothing is charged, not required.

    Source: src/Api/AdminConsole/Models/Request/Organizations/OrganizationCreateRequestModel.cs.
    """

    name: OrganizationName
    business_name: str | None = Field(default=None, max_length=50)
    billing_email: Email
    plan_type: EnumNumber = 0
    key: RequiredText
    keys: KeyPair
    collection_name: Sealed1000 | None = None
    additional_seats: Int32 = Field(default=0, ge=0)
    additional_storage_gb: Int16 | None = Field(default=None, ge=0, le=99)
    premium_access_addon: bool = False
    max_autoscale_seats: Int32 | None = Field(default=None, ge=0)
    use_secrets_manager: bool = False
    additional_sm_seats: Int32 | None = Field(default=None, ge=0)
    additional_service_accounts: Int32 | None = Field(default=None, ge=0)
    skip_trial: bool = False
    trial_length: Int32 | None = Field(default=None, ge=0, le=30)
    payment_method_type: Annotated[EnumNumber, Field(ge=0)] | None = None
    payment_token: str | None = None
    billing_address_line1: str | None = None
    billing_address_line2: str | None = None
    billing_address_city: str | None = None
    billing_address_state: str | None = None
    billing_address_postal_code: str | None = None
    billing_address_country: str | None = Field(default=None, max_length=2)


class OrganizationUpdate(WireRequest):
    """`PUT /organizations/{id}`."""

    name: OrganizationName | None = None
    billing_email: Email | None = None
    keys: KeyPair | None = None


class CollectionManagement(WireRequest):
    """`PUT /organizations/{id}/collection-management`: what members may do; missing = no.

    Source: src/Api/AdminConsole/Models/Request/Organizations/OrganizationCollectionManagementUpdateRequestModel.cs.
    """

    limit_collection_creation: bool = False
    limit_collection_deletion: bool = False
    limit_item_deletion: bool = False
    allow_admin_access_to_all_collection_items: bool = False


class OrganizationResponse(WireModel):
    """An organization as its owner sees it. Source: fidelity.md: license.create, organization.reads."""

    id: UUID
    name: str | None
    business_name: str | None
    business_address1: str | None = None
    business_address2: str | None = None
    business_address3: str | None = None
    business_country: str | None = None
    business_tax_number: str | None = None
    billing_email: str | None
    plan: PlanResponse
    secrets_manager_plan: None = None
    plan_type: int
    seats: int | None
    max_autoscale_seats: int | None
    max_collections: int | None
    max_storage_gb: int | None
    use_policies: bool
    use_sso: bool
    use_key_connector: bool
    use_scim: bool
    use_groups: bool
    use_directory: bool
    use_events: bool
    use_totp: bool
    use_2fa: bool
    use_api: bool
    use_secrets_manager: bool
    use_reset_password: bool
    users_get_premium: bool
    use_custom_permissions: bool
    self_host: bool
    has_public_and_private_keys: bool
    use_password_manager: bool
    sm_seats: int | None
    sm_service_accounts: int | None
    max_autoscale_sm_seats: int | None
    max_autoscale_sm_service_accounts: int | None
    limit_collection_creation: bool
    limit_collection_deletion: bool
    limit_item_deletion: bool
    allow_admin_access_to_all_collection_items: bool
    use_risk_insights: bool
    use_organization_domains: bool
    use_admin_sponsored_families: bool
    use_automatic_user_confirmation: bool
    use_disable_sm_ads_for_users: bool
    use_phishing_blocker: bool
    use_my_items: bool
    use_invite_links: bool
    use_pam: bool
    object: str = "organization"


class PublicKeyResponse(WireModel):
    """`GET /organizations/{id}/public-key`."""

    public_key: str | None
    object: str = "organizationPublicKey"


class OrganizationKeysResponse(WireModel):
    """`POST /organizations/{id}/keys`."""

    public_key: str | None
    private_key: str | None
    object: str = "organizationKeys"
