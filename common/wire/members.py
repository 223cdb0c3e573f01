"""Bodies of the routes of an organization's members. Source: src/Api/AdminConsole/Models/**/OrganizationUser*.cs."""

from typing import Any
from uuid import UUID

from pydantic import Field, field_validator

from common.enums import MemberType
from common.wire.base import RequiredText, SparseModel, WireDate, WireModel, WireRequest
from common.wire.collections import CollectionAccess, CollectionAccessAnswer
from common.wire.fields import EnumNumber, Guid, Name, Sealed1000, StrictEmail, is_strict_email

MAX_INVITED = 20


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


class _MemberRole(WireRequest):
    type: EnumNumber
    access_secrets_manager: bool = False
    permissions: Permissions | None = None
    collections: list[CollectionAccess] = Field(default_factory=list)
    groups: list[Guid] | None = None

    @field_validator("type")
    @classmethod
    def _known_type(cls, number: int) -> int:
        if number not in frozenset(MemberType):
            raise ValueError("The field Type is invalid.")
        return number

    @field_validator("collections", mode="before")
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
    """`PUT /organizations/{id}/users/{memberId}`. Without collections upstream ends in an unhandled error."""

    collections: list[CollectionAccess]
    email: StrictEmail | None = None
    name: Name | None = None

    @field_validator("collections", mode="before")
    @classmethod
    def _null_is_none(cls, value: Any) -> Any:
        return value


class MemberAccept(WireRequest):
    """`POST .../users/{memberId}/accept`: the token out of the invitation mail."""

    token: RequiredText


class MemberConfirm(WireRequest):
    """`POST .../users/{memberId}/confirm`: the organization key wrapped for the member."""

    key: RequiredText
    default_user_collection_name: Sealed1000 | None = None


class MemberKey(WireRequest):
    """A member, and the organization key wrapped for them."""

    id: Guid = UUID(int=0)
    key: RequiredText


class MembersConfirm(WireRequest):
    """`POST .../users/confirm`."""

    keys: list[MemberKey]
    default_user_collection_name: Sealed1000 | None = None

    @field_validator("keys")
    @classmethod
    def _each_once(cls, keys: list[MemberKey]) -> list[MemberKey]:
        """Upstream makes a dictionary of them, which fails unhandled."""
        if len({each.id for each in keys}) < len(keys):
            raise ValueError("An id may be there only once.")
        return keys


class MembersChosen(WireRequest):
    """A list of member ids."""

    ids: list[Guid] = Field(default_factory=list, min_length=1, validate_default=True)
    default_user_collection_name: Sealed1000 | None = None


class MemberRestore(WireRequest):
    """`PUT .../users/{memberId}/restore/vnext`."""

    default_user_collection_name: Sealed1000 | None = None


class _Member(WireModel):
    """What is told of a member in the list and alone. permissions: none granted unless the member is Custom."""

    id: UUID
    user_id: UUID | None
    type: int
    status: int
    external_id: str | None
    access_secrets_manager: bool
    permissions: Permissions = Permissions()
    reset_password_enrolled: bool = False
    uses_key_connector: bool = False
    has_master_password: bool = False


class MemberResponse(_Member):
    """A member in the list of members. collections, groups: empty unless they were asked for."""

    name: str | None = None
    email: str | None = None
    avatar_color: str | None = None
    two_factor_enabled: bool = False
    sso_bound: bool = False
    managed_by_organization: bool = False
    claimed_by_organization: bool = False
    collections: list[CollectionAccessAnswer] = Field(default_factory=list)
    groups: list[UUID] = Field(default_factory=list)
    revocation_reason: int | None = None
    creation_date: WireDate
    object: str = "organizationUserUserDetails"


class MemberDetails(_Member, SparseModel):
    """One member, without name and address; `groups` is left out unless it was asked for."""

    sparse = frozenset({"groups"})

    managed_by_organization: bool = False
    claimed_by_organization: bool = False
    sso_external_id: str | None = None
    collections: list[CollectionAccessAnswer] = Field(default_factory=list)
    groups: list[UUID] = Field(default_factory=list)
    creation_date: WireDate
    object: str = "organizationUserDetails"


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
