"""Bodies of the organization routes: organizations, plans, members, collections, groups, policies, API keys.

Source: src/Api/AdminConsole/Models/**, src/Api/Models/Response/PlanResponseModel.cs; spec/licensing.md 7.2,
spec/identity-and-accounts.md 8.6, 9, spec/billing-sync-and-sponsorships.md 1.
"""

from collections.abc import Collection as Many
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, PlainSerializer, field_validator

from common.domains.organizations.models import Collection, Group, Member, Organization, OrganizationApiKey, SsoConfig
from common.domains.organizations.rules import display_name
from common.enums import MemberType
from common.plans import Plan, tier_of
from common.wire.accounts import SecretVerification
from common.wire.base import Email, RequiredText, WireDate, WireModel, WireRequest, may_be_left_out
from common.wire.fields import EncryptedText, Int32, is_strict_email

MAX_INVITED = 20
MAX_ENCRYPTED_NAME = 1000

Price = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]
"""An amount in US dollars."""


def _organization_name(text: str) -> str:
    if len(text) > 50:
        raise ValueError("The field Name exceeds the maximum length.")
    return text


def _encrypted_name(text: str) -> str:
    if len(text) > MAX_ENCRYPTED_NAME:
        raise ValueError(
            f"The field {{field}} exceeds the maximum encrypted value length of {MAX_ENCRYPTED_NAME} characters."
        )
    return text


OrganizationName = Annotated[str, Field(min_length=1), AfterValidator(_organization_name)]
EncryptedName = Annotated[EncryptedText, AfterValidator(_encrypted_name)]


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
    plan_type: Int32 = 0
    key: RequiredText
    keys: KeyPair
    collection_name: EncryptedName | None = None
    additional_seats: Int32 = Field(default=0, ge=0)
    additional_storage_gb: Int32 | None = Field(default=None, ge=0, le=99)
    premium_access_addon: bool = False
    max_autoscale_seats: Int32 | None = Field(default=None, ge=0)
    use_secrets_manager: bool = False
    additional_sm_seats: Int32 | None = Field(default=None, ge=0)
    additional_service_accounts: Int32 | None = Field(default=None, ge=0)
    skip_trial: bool = False
    trial_length: Int32 | None = None
    payment_token: str | None = None


class OrganizationUpdate(WireRequest):
    """`PUT /organizations/{id}`."""

    name: OrganizationName | None = None
    billing_email: Email | None = None
    keys: KeyPair | None = None


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


class OrganizationResponse(WireModel):
    """An organization as its owner sees it. Source: spec/licensing.md 7.2, spec/identity-and-accounts.md 9.1."""

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
    max_autoscale_sm_seats: int | None = None
    max_autoscale_sm_service_accounts: int | None = None
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

    @classmethod
    def of(cls, organization: Organization, plan: Plan | None = None, **more: Any) -> Self:
        """Shape an organization. plan: None on an instance, where only the licence's plan name is known."""
        same = {name: getattr(organization, name) for name in cls.model_fields if hasattr(organization, name)}
        own = {
            "name": display_name(organization.name),
            "business_name": display_name(organization.business_name),
            "plan": plan_response(organization, plan),
            "has_public_and_private_keys": organization.public_key is not None and organization.private_key is not None,
        }
        return cls(**{**same, **own, **more})


def plan_response(organization: Organization, plan: Plan | None) -> PlanResponse:
    """The plan of an organization, with everything about it when it was looked up."""
    if plan is not None:
        return PlanResponse.of(plan)
    tier = tier_of(organization.plan_type)
    return PlanResponse(type=organization.plan_type, product_tier=tier, name=organization.plan)


class PublicKeyResponse(WireModel):
    """`GET /organizations/{id}/public-key`."""

    public_key: str | None
    object: str = "organizationPublicKey"


class OrganizationKeysResponse(WireModel):
    """`POST /organizations/{id}/keys`."""

    public_key: str | None
    private_key: str | None
    object: str = "organizationKeys"


class ApiKeyRequest(SecretVerification):
    """A secret and the purpose of the wanted key; a missing `type` means the public API key."""

    type: Int32 = 0


class ApiKeyResponse(WireModel):
    """An organization API key, secret included."""

    api_key: str
    revision_date: WireDate
    object: str = "apiKey"

    @classmethod
    def of(cls, key: OrganizationApiKey) -> Self:
        """Shape a stored key."""
        return cls(api_key=key.api_key, revision_date=key.revision_date)


class KeyInformation(WireModel):
    """That a key exists and since when."""

    key_type: int
    revision_date: WireDate
    object: str = "keyInformation"

    @classmethod
    def of(cls, key: OrganizationApiKey) -> Self:
        """Shape a stored key."""
        return cls(key_type=key.type, revision_date=key.revision_date)


class Permissions(WireRequest):
    """What a Custom member is granted. Source: src/Core/AdminConsole/Models/Data/Permissions.cs."""

    access_event_logs: bool = False
    access_import_export: bool = False
    access_reports: bool = False
    create_new_collections: bool = False
    edit_any_collection: bool = False
    delete_any_collection: bool = False
    manage_groups: bool = False
    manage_policies: bool = False
    manage_sso: bool = False
    manage_users: bool = False
    manage_reset_password: bool = False
    manage_scim: bool = False
    manage_access_rules: bool = False


class CollectionAccess(WireRequest):
    """What one member may do with one collection."""

    id: UUID
    read_only: bool = False
    hide_passwords: bool = False
    manage: bool = False


class CollectionAccessAnswer(WireModel):
    """What one member may do with one collection."""

    id: UUID
    read_only: bool
    hide_passwords: bool
    manage: bool


class _MemberRole(WireRequest):
    type: Int32
    access_secrets_manager: bool = False
    permissions: Permissions | None = None
    collections: list[CollectionAccess] = Field(default_factory=list)
    groups: list[UUID] = Field(default_factory=list)

    @field_validator("type")
    @classmethod
    def _known_type(cls, number: int) -> int:
        if number not in frozenset(MemberType):
            raise ValueError("The field Type is invalid.")
        return number

    @field_validator("collections", "groups", mode="before")
    @classmethod
    def _null_is_none(cls, value: Any) -> Any:
        return [] if value is None else value


class MemberInvite(_MemberRole):
    """`POST /organizations/{id}/users/invite`."""

    emails: list[str]

    @field_validator("emails")
    @classmethod
    def _deliverable(cls, emails: list[str]) -> list[str]:
        """Source: src/Core/Utilities/StrictEmailAddressListAttribute.cs."""
        if not emails:
            raise ValueError("An email is required.")
        if len(emails) > MAX_INVITED:
            raise ValueError(f"You can only submit up to {MAX_INVITED} emails at a time.")
        for number, email in enumerate(emails, 1):
            if not is_strict_email(email):
                raise ValueError(f"Email #{number} is not valid.")
            if len(email) > 256:
                raise ValueError(f"Email #{number} is longer than 256 characters.")
        return emails


class MemberUpdate(_MemberRole):
    """`PUT /organizations/{id}/users/{memberId}`."""


class MemberAccept(WireRequest):
    """`POST .../users/{memberId}/accept`: the token out of the invitation mail."""

    token: RequiredText


class MemberConfirm(WireRequest):
    """`POST .../users/{memberId}/confirm`: the organization key wrapped for the member."""

    key: RequiredText


class MembersChosen(WireRequest):
    """A list of member ids."""

    ids: list[UUID] = Field(min_length=1)


class MemberResponse(WireModel):
    """A member in the list of members; `permissions` is left out unless the member is Custom."""

    model_config = ConfigDict(json_schema_extra=may_be_left_out("permissions"))

    id: UUID
    user_id: UUID | None
    type: int
    status: int
    external_id: str | None
    access_secrets_manager: bool
    access_pam: bool = False
    permissions: Permissions | None = None
    reset_password_enrolled: bool = False
    uses_key_connector: bool = False
    has_master_password: bool = False
    name: str | None = None
    email: str | None = None
    avatar_color: str | None = None
    two_factor_enabled: bool = False
    sso_bound: bool = False
    claimed_by_organization: bool = False
    collections: list[CollectionAccessAnswer] = Field(default_factory=list)
    groups: list[UUID] = Field(default_factory=list)
    revocation_reason: int | None = None
    creation_date: WireDate
    object: str = "organizationUserUserDetails"

    def wire(self) -> dict[str, Any]:
        body = super().wire()
        if body["permissions"] is None:
            del body["permissions"]
        return body


class MemberDetails(MemberResponse):
    """One member; `groups` is left out unless it was asked for."""

    model_config = ConfigDict(json_schema_extra=may_be_left_out("permissions", "groups"))

    sso_external_id: str | None = None


class MiniMemberResponse(WireModel):
    """What every member may know about another one."""

    id: UUID
    user_id: UUID | None
    type: int
    status: int
    name: str | None
    email: str | None
    object: str = "organizationUserUserMiniDetails"


class MemberPublicKey(WireModel):
    """The key to wrap the organization key with when a member is confirmed."""

    id: UUID
    user_id: UUID
    key: str | None
    object: str = "organizationUserPublicKeyResponseModel"


class MemberOutcome(WireModel):
    """How one of several members fared; an empty error means well."""

    id: UUID
    error: str
    object: str = "OrganizationBulkConfirmResponseModel"


def permissions_of(member: Member) -> Permissions | None:
    """The permissions of a Custom member, None for every other one."""
    if member.type != MemberType.CUSTOM:
        return None
    return Permissions.model_validate(member.permissions or {})


class CollectionCreate(WireRequest):
    """`POST /organizations/{id}/collections`."""

    name: EncryptedName
    external_id: str | None = Field(default=None, max_length=300)
    users: list[CollectionAccess] = Field(default_factory=list)

    @field_validator("users", mode="before")
    @classmethod
    def _null_is_none(cls, value: Any) -> Any:
        return [] if value is None else value


class CollectionResponse(WireModel):
    """A collection."""

    id: UUID
    organization_id: UUID
    name: str
    external_id: str | None
    type: int = 0
    default_user_collection_email: str | None = None
    object: str = "collection"

    @classmethod
    def of(cls, collection: Collection) -> Self:
        """Shape a stored collection."""
        return cls(
            id=collection.id,
            organization_id=collection.organization_id,
            name=collection.name,
            external_id=collection.external_id,
        )


class CollectionUpdate(CollectionCreate):
    """`PUT /organizations/{id}/collections/{id}`. users: null leaves who may use it as it is."""

    users: list[CollectionAccess] | None = None  # type: ignore[assignment]

    @field_validator("users", mode="before")
    @classmethod
    def _null_is_none(cls, value: Any) -> Any:
        return value


class CollectionAccessDetails(CollectionResponse):
    """A collection with who may use it. assigned: whether the caller is among them."""

    read_only: bool
    hide_passwords: bool
    manage: bool
    assigned: bool
    unmanaged: bool
    users: list[CollectionAccessAnswer]
    groups: list[CollectionAccessAnswer] = Field(default_factory=list)
    object: str = "collectionAccessDetails"


class GroupCreate(WireRequest):
    """`POST /organizations/{id}/groups`."""

    name: str = Field(min_length=1, max_length=100)


class GroupResponse(WireModel):
    """A group."""

    id: UUID
    organization_id: UUID
    name: str
    external_id: str | None
    object: str = "group"

    @classmethod
    def of(cls, group: Group) -> Self:
        """Shape a stored group."""
        return cls(id=group.id, organization_id=group.organization_id, name=group.name, external_id=group.external_id)


class PolicySettings(WireRequest):
    """What a policy shall be."""

    enabled: bool
    data: dict[str, Any] | None = None


class PolicySave(WireRequest):
    """`PUT /organizations/{id}/policies/{type}`: the settings inside `policy`, or, as older clients, at the top."""

    policy: PolicySettings

    @classmethod
    def read(cls, data: object) -> Self:
        if isinstance(data, Mapping) and "policy" not in {str(name).lower() for name in data}:
            data = {"policy": data}
        return super().read(data)


class PolicyStatusResponse(WireModel):
    """A policy, whether it was ever set or not."""

    organization_id: UUID
    type: int
    data: dict[str, Any] = Field(default_factory=dict)
    enabled: bool
    can_toggle_state: bool = True
    object: str = "policy"


class SsoData(WireRequest):
    """Configuration of single sign-on as far as the licence checks look at it."""

    config_type: Int32 = 1
    member_decryption_type: Int32 = 0
    key_connector_url: str | None = None


class SsoSave(WireRequest):
    """`POST /organizations/{id}/sso`."""

    enabled: bool
    identifier: str | None = Field(default=None, max_length=50)
    data: SsoData


class SsoResponse(WireModel):
    """Single sign-on of an organization; `data` is null until it was saved once."""

    enabled: bool = False
    identifier: str | None = None
    data: dict[str, Any] | None = None
    urls: dict[str, str]
    object: str = "organizationSso"

    @classmethod
    def of(cls, organization_id: UUID, config: SsoConfig | None, base_url: str) -> Self:
        """Shape the configuration; the URLs are those a real sign-on service would have."""
        sso = f"{base_url}/sso"
        urls = {
            "callbackPath": f"{sso}/oidc-signin",
            "signedOutCallbackPath": f"{sso}/oidc-signedout",
            "spEntityIdStatic": f"{sso}/saml2",
            "spEntityId": f"{sso}/saml2/{organization_id}",
            "spMetadataUrl": f"{sso}/saml2/{organization_id}",
            "spAcsUrl": f"{sso}/saml2/{organization_id}/Acs",
        }
        if config is None:
            return cls(urls=urls)
        data = {"configType": 1, "memberDecryptionType": config.member_decryption_type}
        return cls(enabled=config.enabled, identifier=config.identifier, data=data, urls=urls)


def list_of(items: Many[WireModel]) -> list[dict[str, Any]]:
    """The `data` of a list answer."""
    return [item.wire() for item in items]
