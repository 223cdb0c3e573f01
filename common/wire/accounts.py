"""Bodies of the account routes: secrets, master password data, profile, keys, sync.

Source: src/Api/Auth/Models, src/Api/Models/Response/ProfileResponseModel.cs, src/Api/Vault/Models/Response;
spec/identity-and-accounts.md 5.3, 7, 8.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, model_validator

from common.crypto.account import Kdf
from common.domains.accounts.models import User
from common.domains.accounts.rules import DATA_MISSING, NewPassword, PasswordHalf, SecretProof
from common.domains.organizations.memberships import Membership, gives_premium
from common.domains.organizations.models import Collection, CollectionMember, Organization, Policy
from common.domains.organizations.roles import CUSTOM_PERMISSIONS, granted_permissions
from common.domains.organizations.rules import KEY_CONNECTOR, display_name
from common.domains.profile.service import Vault
from common.enums import KdfType, MemberStatus, MemberType, ProductTier
from common.wire.base import Email, RequiredText, WireDate, WireModel, WireRequest
from common.wire.fields import EncryptedText, Hash, Int32, StrictEmail
from common.wire.policies import PolicyAnswer
from common.wire.vault import CipherDetails, FolderAnswer

MISSING_SECRET = "MasterPasswordHash, OTP, or AccessCode must be supplied."

Hint = Annotated[str, Field(max_length=50)]
Name = Annotated[str, Field(max_length=50)]
Salt = Annotated[str, Field(min_length=1, max_length=256)]
Color = Annotated[str, Field(max_length=7)]


class SecretVerification(WireRequest):
    """The master password hash or a one-time code. Source: src/Api/Auth/Models/Request/Accounts."""

    master_password_hash: Annotated[str, Field(max_length=300)] | None = None
    otp: str | None = None

    @model_validator(mode="after")
    def _one_is_given(self) -> Self:
        if not (self.master_password_hash or self.otp):
            raise ValueError(MISSING_SECRET)
        return self

    @property
    def proof(self) -> SecretProof:
        """As the services take it."""
        return SecretProof(self.master_password_hash, self.otp)


class VerifyDevices(SecretVerification):
    """Whether new devices of this account are verified."""

    verify_devices: bool


class KdfSettings(WireRequest):
    """How a master key is derived. iterations; memory: MiB and parallelism: lanes, Argon2id only."""

    kdf_type: KdfType
    iterations: Int32
    memory: Int32 | None = None
    parallelism: Int32 | None = None

    @property
    def kdf(self) -> Kdf:
        """As the services take it."""
        return Kdf(self.kdf_type, self.iterations, self.memory, self.parallelism)


class AuthenticationData(WireRequest):
    """The half of a master password that signs in."""

    kdf: KdfSettings
    master_password_authentication_hash: Hash
    salt: Salt

    @property
    def half(self) -> PasswordHalf:
        """As the services take it."""
        return PasswordHalf(self.kdf.kdf, self.salt, self.master_password_authentication_hash)


class UnlockData(WireRequest):
    """The half of a master password that opens the vault. Requests say Wrapped where answers say Encrypted."""

    kdf: KdfSettings
    master_key_wrapped_user_key: EncryptedText
    salt: Salt

    @property
    def half(self) -> PasswordHalf:
        """As the services take it."""
        return PasswordHalf(self.kdf.kdf, self.salt, self.master_key_wrapped_user_key)


class PasswordRequest(WireRequest):
    """A changed master password; clients send both halves, the flat pair, or both."""

    master_password_hash: Hash
    new_master_password_hash: Hash | None = None
    key: EncryptedText | None = None
    master_password_hint: Hint | None = None
    authentication_data: AuthenticationData | None = None
    unlock_data: UnlockData | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        halves = [self.authentication_data, self.unlock_data].count(None)
        if halves == 1 or (halves == 2 and not (self.new_master_password_hash and self.key)):
            raise ValueError(DATA_MISSING)
        return self

    @property
    def new_password(self) -> NewPassword:
        """As the services take it; the halves win over the flat pair."""
        if self.authentication_data is None or self.unlock_data is None:
            return NewPassword(self.new_master_password_hash or "", self.key or "")
        halves = (self.authentication_data.half, self.unlock_data.half)
        return NewPassword(halves[0].secret, halves[1].secret, halves)


class EmailCodeRequest(WireRequest):
    """The address an account is to have."""

    new_email: StrictEmail
    master_password_hash: Hash


class EmailChangeRequest(PasswordRequest):
    """The new address, the code it got, and the master password's data, which the address salts."""

    new_email: StrictEmail
    token: RequiredText


class PasswordHintRequest(WireRequest):
    """Whose hint is to be mailed."""

    email: Email


class KdfRequest(WireRequest):
    """Changed derivation settings."""

    master_password_hash: Hash
    authentication_data: AuthenticationData
    unlock_data: UnlockData


class ProfileRequest(WireRequest):
    """A changed display name. The hint that clients send along is ignored."""

    name: Name | None = None


class AvatarRequest(WireRequest):
    """The avatar's color."""

    avatar_color: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")] | None = None


class KeysRequest(WireRequest):
    """An RSA key pair. Source: src/Core/Auth/Models/Api/Request/Accounts/KeysRequestModel.cs."""

    public_key: RequiredText
    encrypted_private_key: EncryptedText


class CodeRequest(WireRequest):
    """A one-time code."""

    otp: RequiredText


class EmailTokenRequest(WireRequest):
    """What the link of the verification mail holds."""

    user_id: RequiredText
    token: RequiredText


class NewDeviceCodeRequest(WireRequest):
    """Asks for another new-device code."""

    email: Annotated[str, Field(min_length=1, max_length=256)]
    master_password_hash: Hash | None = None
    otp: str | None = None


class ApiKeyAnswer(WireModel):
    """An API key with the date of its last change."""

    api_key: str
    revision_date: WireDate
    object: str = "apiKey"


class MasterPasswordPolicy(WireModel):
    """The policy for master passwords in force; nothing is enforced here."""

    min_complexity: int | None = None
    min_length: int | None = None
    require_lower: bool | None = None
    require_upper: bool | None = None
    require_numbers: bool | None = None
    require_special: bool | None = None
    enforce_on_login: bool | None = None
    object: str = "masterPasswordPolicy"


class KeyPair(WireModel):
    """The RSA key pair of an account."""

    wrapped_private_key: str
    public_key: str | None
    signed_public_key: str | None = None
    object: str = "publicKeyEncryptionKeyPair"


class AccountKeys(WireModel):
    """All key pairs of an account; only "V1" accounts exist here, so there is never a signature key pair."""

    signature_key_pair: None = None
    public_key_encryption_key_pair: KeyPair
    security_state: None = None
    object: str = "privateKeys"

    @classmethod
    def of(cls, user: User) -> "AccountKeys | None":
        """Null for an account without keys."""
        if user.private_key is None:
            return None
        return cls(
            public_key_encryption_key_pair=KeyPair(wrapped_private_key=user.private_key, public_key=user.public_key)
        )


class KeysAnswer(WireModel):
    """All keys of an account."""

    key: str | None
    public_key: str | None
    private_key: str | None
    account_keys: AccountKeys | None
    object: str = "keys"

    @classmethod
    def of(cls, user: User) -> Self:
        """From the row."""
        return cls(
            key=user.key,
            public_key=user.public_key,
            private_key=user.private_key,
            account_keys=AccountKeys.of(user),
        )


class ProfileOrganization(WireModel):
    """An organization as one of its members sees it.

    Source: src/Api/AdminConsole/Models/Response/ProfileOrganizationResponseModel.cs; spec/identity-and-accounts.md 8.3.
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
    access_pam: bool = False
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

    @classmethod
    def of(cls, membership: Membership) -> Self:
        """From the rows of one membership."""
        member, organization, sso = membership.member, membership.organization, membership.sso
        granted = granted_permissions(member.permissions)
        enterprise = organization.tier == ProductTier.ENTERPRISE
        given = membership.sponsorship
        friendly_name = given.friendly_name if given else None
        return cls(
            **{name: getattr(organization, name) for name in _OF_ORGANIZATION},
            name=display_name(organization.name) or "",
            identifier=sso.identifier if sso else None,
            product_tier_type=organization.tier,
            use_activate_autofill_policy=enterprise,
            has_public_and_private_keys=bool(organization.public_key and organization.private_key),
            sso_enabled=bool(sso and sso.enabled),
            key_connector_enabled=bool(sso and sso.enabled and sso.member_decryption_type == KEY_CONNECTOR),
            sso_member_decryption_type=sso.member_decryption_type if sso else None,
            key=member.key,
            access_secrets_manager=member.access_secrets_manager,
            user_id=member.user_id,
            status=MemberStatus(member.status),
            type=MemberType(member.type),
            permissions={name: name in granted for name in CUSTOM_PERMISSIONS},
            organization_user_id=member.id,
            family_sponsorship_friendly_name=friendly_name,
            family_sponsorship_available=enterprise
            and (friendly_name is None or (given is not None and given.is_admin_initiated)),
            family_sponsorship_last_sync_date=given.last_sync_date if given else None,
            family_sponsorship_valid_until=given.valid_until if given else None,
            family_sponsorship_to_delete=given.to_delete if given else None,
            is_admin_initiated=given is not None and given.is_admin_initiated,
        )


_OF_ORGANIZATION = tuple(
    name
    for name in ProfileOrganization.model_fields
    # The member's status is meant, not the organization's; names are stored encoded.
    if name in Organization.__table__.columns and name not in ("name", "status")
)


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

    @classmethod
    def of(cls, user: User, memberships: Sequence[Membership], *, with_organizations: bool = True) -> Self:
        """From the rows; the answer to a changed profile leaves the lists out (null)."""
        lists: dict[str, Any] = dict.fromkeys(
            ("organizations", "organizations_new", "providers", "provider_organizations")
        )
        if with_organizations:
            lists = {
                "organizations": profile_organizations(memberships),
                "organizations_new": [ProfileOrganization.of(each) for each in memberships if each.accepted],
                "providers": [],
                "provider_organizations": [],
            }
        return cls(
            **{name: getattr(user, name) for name in _OF_USER},
            premium_from_organization=gives_premium(memberships),
            account_keys=AccountKeys.of(user),
            **lists,
        )


_OF_USER = (
    "id",
    "name",
    "email",
    "email_verified",
    "premium",
    "culture",
    "key",
    "private_key",
    "security_stamp",
    "avatar_color",
    "creation_date",
    "verify_devices",
    "two_factor_enabled",
)


def profile_organizations(memberships: Sequence[Membership]) -> list[ProfileOrganization]:
    """The confirmed memberships."""
    return [ProfileOrganization.of(each) for each in memberships if each.confirmed]


def domains() -> dict[str, Any]:
    """Equivalent domains; the simulator knows none."""
    return {"equivalentDomains": None, "globalEquivalentDomains": None, "object": "domains"}


def collection_details(collection: Collection, access: CollectionMember) -> dict[str, Any]:
    """A collection as the member who may use it sees it."""
    return {
        "id": str(collection.id),
        "organizationId": str(collection.organization_id),
        "name": collection.name,
        "externalId": collection.external_id,
        "type": 0,
        "defaultUserCollectionEmail": None,
        "readOnly": access.read_only,
        "hidePasswords": access.hide_passwords,
        "manage": access.manage,
        "object": "collectionDetails",
    }


def _policy(row: Policy) -> PolicyAnswer:
    return PolicyAnswer(
        id=row.id,
        organization_id=row.organization_id,
        type=row.type,
        data=row.data,
        enabled=row.enabled,
        revision_date=row.revision_date,
    )


def user_decryption(user: User) -> dict[str, Any]:
    """How the client opens the vault: by the master password, if there is one."""
    if user.master_password_hash is None or user.key is None:
        return {"masterPasswordUnlock": None}
    kdf = {
        "kdfType": user.kdf,
        "iterations": user.kdf_iterations,
        "memory": user.kdf_memory,
        "parallelism": user.kdf_parallelism,
    }
    unlock = {"kdf": kdf, "masterKeyEncryptedUserKey": user.key, "salt": user.email, "containedKeyId": None}
    return {"masterPasswordUnlock": unlock}


def sync(vault: Vault, *, exclude_domains: bool) -> dict[str, Any]:
    """Everything a client keeps. Sends are not simulated."""
    confirmed = {each.organization.id for each in vault.memberships if each.confirmed}
    policies = [(policy.organization_id in confirmed, _policy(policy).wire()) for policy in vault.policies]
    return {
        "profile": Profile.of(vault.user, vault.memberships).wire(),
        "folders": [FolderAnswer.of(each).wire() for each in vault.folders],
        "collections": [collection_details(*each) for each in vault.collections],
        "ciphers": [CipherDetails.of(each).wire() for each in vault.items],
        "domains": None if exclude_domains else domains(),
        "policies": [policy for of_confirmed, policy in policies if of_confirmed],
        "policiesNew": [policy for _, policy in policies],
        "sends": [],
        "userDecryption": user_decryption(vault.user),
        "object": "sync",
    }
