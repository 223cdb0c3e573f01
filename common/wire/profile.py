"""Bodies of the signed-in user's profile. Source: src/Api/Models/Response/ProfileResponseModel.cs."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from common.enums import MemberStatus, MemberType, ProductTier
from common.wire.accounts import AccountKeys
from common.wire.base import WireDate, WireModel, WireRequest
from common.wire.fields import Name


class ProfileRequest(WireRequest):
    """A changed display name. The hint that clients send along is ignored."""

    name: Name | None = None


class AvatarRequest(WireRequest):
    """The avatar's color; nobody looks whether it is one. Source: UpdateAvatarRequestModel.cs."""

    avatar_color: Annotated[str, Field(max_length=7)] | None = None


class ProfileOrganization(WireModel):
    """An organization as one of its members sees it.

    Source: src/Api/AdminConsole/Models/Response/ProfileOrganizationResponseModel.cs; fidelity.md: account.profile.
    """

    id: UUID
    name: str
    enabled: bool
    identifier: str | None
    product_tier_type: ProductTier
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
    use_reset_password: bool
    use_secrets_manager: bool
    use_password_manager: bool
    users_get_premium: bool
    use_custom_permissions: bool
    use_activate_autofill_policy: bool
    use_risk_insights: bool
    use_organization_domains: bool
    use_admin_sponsored_families: bool
    use_automatic_user_confirmation: bool
    use_disable_sm_ads_for_users: bool = Field(serialization_alias="useDisableSMAdsForUsers")
    use_phishing_blocker: bool
    use_my_items: bool
    use_invite_links: bool
    use_pam: bool
    self_host: bool
    seats: int | None
    max_collections: int | None
    max_storage_gb: int | None
    limit_collection_creation: bool
    limit_collection_deletion: bool
    limit_item_deletion: bool
    allow_admin_access_to_all_collection_items: bool
    key: str | None
    has_public_and_private_keys: bool
    sso_bound: bool = False
    reset_password_enrolled: bool = False
    provider_id: UUID | None = None
    provider_name: str | None = None
    provider_type: int | None = None
    sso_enabled: bool
    key_connector_enabled: bool
    key_connector_url: str | None = None
    sso_member_decryption_type: int | None
    access_secrets_manager: bool
    user_id: UUID | None
    status: MemberStatus
    type: MemberType
    permissions: dict[str, bool]
    organization_user_id: UUID
    user_is_claimed_by_organization: bool = False
    user_is_managed_by_organization: bool = False
    family_sponsorship_friendly_name: str | None = None
    family_sponsorship_available: bool
    family_sponsorship_last_sync_date: WireDate | None = None
    family_sponsorship_valid_until: WireDate | None = None
    family_sponsorship_to_delete: bool | None = None
    is_admin_initiated: bool = False
    object: str = "profileOrganization"


class Profile(WireModel):
    """The signed-in user. organizations are the confirmed memberships, organizationsNew also the accepted ones."""

    id: UUID
    name: str | None
    email: str
    email_verified: bool
    premium: bool
    premium_from_organization: bool
    culture: str
    two_factor_enabled: bool
    key: str | None
    private_key: str | None
    account_keys: AccountKeys | None
    security_stamp: str
    force_password_reset: bool = False
    uses_key_connector: bool = False
    avatar_color: str | None
    creation_date: WireDate
    verify_devices: bool
    organizations: list[ProfileOrganization] | None
    organizations_new: list[ProfileOrganization] | None
    providers: list[dict[str, Any]] | None
    provider_organizations: list[dict[str, Any]] | None
    object: str = "profile"
