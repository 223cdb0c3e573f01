"""Bodies of the Public API. Source: src/Api/AdminConsole/Public/Models; fidelity.md: organization.public-api."""

from typing import Annotated, Any, ClassVar, Self
from uuid import UUID

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from common.enums import MemberType
from common.wire.base import Email, RequiredText, WireModel, WireRequest
from common.wire.collections import CollectionAccessAnswer
from common.wire.fields import EnumNumber, Guid, Int32, StrictEmail
from common.wire.members import Permissions


def _text(value: Any) -> Any:
    """A number is taken for a text. Source: src/Core/Utilities/JsonHelpers.cs (PermissiveStringConverter)."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


ExternalId = Annotated[str, BeforeValidator(_text), Field(min_length=1, max_length=300)]
"""How a directory names somebody."""


class CollectionAssociation(WireRequest):
    """What a member or a group may do with a collection. Source: AssociationWithPermissionsBaseModel.cs."""

    id: Guid
    read_only: bool
    hide_passwords: bool | None = None
    manage: bool | None = None


class PublicMemberUpdate(WireRequest):
    """`PUT /public/members/{id}`."""

    argument: ClassVar[str] = "model"

    type: EnumNumber
    external_id: Annotated[str, Field(max_length=300)] | None = None
    permissions: Permissions | None = None
    collections: list[CollectionAssociation] | None = None
    groups: list[Guid] | None = None

    @field_validator("type")
    @classmethod
    def _known_type(cls, number: int) -> int:
        if number not in frozenset(MemberType):
            raise ValueError("The field Type is invalid.")
        return number

    @model_validator(mode="after")
    def _custom_only(self) -> Self:
        if self.permissions is not None and self.type != MemberType.CUSTOM:
            raise ValueError("Only users with the Custom role may use custom permissions.")
        return self


class PublicMemberCreate(PublicMemberUpdate):
    """`POST /public/members`."""

    email: StrictEmail


class GroupIds(WireRequest):
    """`PUT /public/members/{id}/group-ids`."""

    argument: ClassVar[str] = "model"

    group_ids: list[Guid]


class PublicMember(WireModel):
    """A member. permissions: of a Custom one only."""

    object: str = "member"
    id: UUID
    user_id: UUID | None
    name: str | None
    email: str | None
    two_factor_enabled: bool
    status: int
    collections: list[CollectionAccessAnswer] | None
    reset_password_enrolled: bool = False
    sso_external_id: str | None = None
    type: int
    external_id: str | None
    permissions: Permissions | None = None


class PublicGroupSave(WireRequest):
    """`POST /public/groups`, `PUT /public/groups/{id}`."""

    name: Annotated[RequiredText, Field(max_length=100)]
    external_id: Annotated[str, Field(max_length=300)] | None = None
    collections: list[CollectionAssociation] | None = None


class MemberIds(WireRequest):
    """`PUT /public/groups/{id}/member-ids`."""

    member_ids: list[Guid]


class PublicGroup(WireModel):
    """A group. collections: null in the answer to a change that named none."""

    object: str = "group"
    id: UUID
    collections: list[CollectionAccessAnswer] | None
    name: str
    external_id: str | None


class PublicPolicySave(WireRequest):
    """`PUT /public/policies/{type}`."""

    enabled: bool
    data: dict[str, Any] | None = None


class PublicPolicy(WireModel):
    """A policy that was set."""

    object: str = "policy"
    id: UUID
    type: int
    enabled: bool
    data: dict[str, Any] | None


class VaultLimits(WireModel):
    """Seats and GB of the vault. max_auto_scale_seats: None = no limit."""

    seats: int | None
    max_auto_scale_seats: int | None
    storage: int | None


class SecretsLimits(WireModel):
    """Seats and service accounts of the Secrets Manager."""

    seats: int | None
    max_auto_scale_seats: int | None
    service_accounts: int | None
    max_auto_scale_service_accounts: int | None


class PublicSubscription(WireModel):
    """`GET /public/organization/subscription`."""

    password_manager: VaultLimits
    secrets_manager: SecretsLimits


class VaultWanted(WireRequest):
    """What the vault shall have, not what it gets more; nothing and less than one = as before."""

    seats: Int32 | None = None
    storage: Int32 | None = None
    max_auto_scale_seats: Int32 | None = None


class SecretsWanted(WireRequest):
    """The same of the Secrets Manager."""

    seats: Int32 | None = None
    max_auto_scale_seats: Int32 | None = None
    service_accounts: Int32 | None = None
    max_auto_scale_service_accounts: Int32 | None = None


class PublicSubscriptionUpdate(WireRequest):
    """`PUT /public/organization/subscription`."""

    password_manager: VaultWanted | None = None
    secrets_manager: SecretsWanted | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.password_manager is None and self.secrets_manager is None:
            raise ValueError("At least one of PasswordManager or SecretsManager must be provided.")
        return self


class ImportedGroup(WireRequest):
    """A group of a directory."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    external_id: ExternalId
    member_external_ids: list[Annotated[str, BeforeValidator(_text)]] = Field(default_factory=list)


class ImportedMember(WireRequest):
    """Somebody of a directory. email: needed unless they are deleted."""

    external_id: ExternalId
    deleted: bool = False
    email: Email | None = Field(default=None, validate_default=True)

    @field_validator("email")
    @classmethod
    def _reachable(cls, email: str | None, info: ValidationInfo) -> str | None:
        if not email and not info.data.get("deleted", True):
            raise ValueError("Email is required for enabled members.")
        return email


class DirectoryImport(WireRequest):
    """`POST /public/organization/import`."""

    groups: list[ImportedGroup] = Field(default_factory=list)
    members: list[ImportedMember] = Field(default_factory=list)
    overwrite_existing: bool
    large_import: bool = False

    @field_validator("groups", "members", mode="before")
    @classmethod
    def _null_is_none(cls, value: Any) -> Any:
        return [] if value is None else value


class PublicError(WireModel):
    """An error. errors: C# property name (or "") -> texts."""

    object: str = "error"
    message: str
    errors: dict[str, list[str]] | None
