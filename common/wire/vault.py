"""Bodies of folders and items.

Beside their members items carry `data`, the text that is stored; clients that expect an object there break on it.
Source: src/Api/Vault/Models; fidelity.md: clients.calls, account.sync.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from common.wire import fields
from common.wire.base import WireDate, WireModel, WireRequest
from common.wire.fields import ENCRYPTED, EnumNumber, Guid, Int32, Sealed1000, sealed

NO_COLLECTION = "You must select at least one collection."

TYPE_MEMBERS = {1: "login", 2: "secure_note", 3: "card", 4: "identity", 5: "ssh_key"}
"""The member that each type of item has. Source: src/Core/Vault/Enums/CipherType.cs."""


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _none_if_blank(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


SealedShort = Annotated[str, Field(max_length=1000), ENCRYPTED]
Sealed5000 = Annotated[str, sealed(5000)]
Sealed10000 = Annotated[str, sealed(10_000)]
SentDate = Annotated[fields.SentDate, AfterValidator(_in_utc)]
OptionalUuid = Annotated[UUID | None, BeforeValidator(_none_if_blank)]


class LoginUri(WireRequest):
    """An address that a login belongs to. match: how addresses are compared."""

    uri: Sealed10000 | None = None
    match: EnumNumber | None = None
    uri_checksum: Sealed10000 | None = None


class Passkey(WireRequest):
    """A passkey of a login. Source: src/Api/Vault/Models/CipherFido2CredentialModel.cs."""

    credential_id: Sealed1000 | None = None
    key_type: Sealed1000 | None = None
    key_algorithm: Sealed1000 | None = None
    key_curve: Sealed1000 | None = None
    key_value: Sealed1000 | None = None
    rp_id: Sealed1000 | None = None
    rp_name: Sealed1000 | None = None
    user_handle: Sealed1000 | None = None
    user_name: Sealed1000 | None = None
    user_display_name: Sealed1000 | None = None
    counter: Sealed1000 | None = None
    discoverable: Sealed1000 | None = None
    creation_date: SentDate


class Login(WireRequest):
    """What a login has. `uri` is the first address, as the oldest clients send and read it."""

    uri: Sealed10000 | None = None
    uris: list[LoginUri] | None = None
    username: Sealed1000 | None = None
    password: Sealed5000 | None = None
    password_revision_date: SentDate | None = None
    totp: Sealed1000 | None = None
    autofill_on_page_load: bool | None = None
    fido2_credentials: list[Passkey] | None = None

    @model_validator(mode="after")
    def _first_address(self) -> Self:
        if self.uris is None and self.uri is not None:
            return self.model_copy(update={"uris": [LoginUri(uri=self.uri)]})
        first = self.uris[0].uri if self.uris else None
        return self if first == self.uri else self.model_copy(update={"uri": first})


class Card(WireRequest):
    """A payment card."""

    cardholder_name: Sealed1000 | None = None
    brand: Sealed1000 | None = None
    number: Sealed1000 | None = None
    exp_month: Sealed1000 | None = None
    exp_year: SealedShort | None = None
    code: Sealed1000 | None = None


class Identity(WireRequest):
    """A person."""

    title: Sealed1000 | None = None
    first_name: Sealed1000 | None = None
    middle_name: Sealed1000 | None = None
    last_name: Sealed1000 | None = None
    address1: SealedShort | None = None
    address2: Sealed1000 | None = None
    address3: Sealed1000 | None = None
    city: Sealed1000 | None = None
    state: Sealed1000 | None = None
    postal_code: Sealed1000 | None = None
    country: Sealed1000 | None = None
    company: Sealed1000 | None = None
    email: Sealed1000 | None = None
    phone: Sealed1000 | None = None
    ssn: Sealed1000 | None = None
    username: Sealed1000 | None = None
    passport_number: Sealed1000 | None = None
    license_number: Sealed1000 | None = None


class SecureNote(WireRequest):
    """A note; all it has is in `notes`."""

    type: Literal[0] = 0


class SshKey(WireRequest):
    """An SSH key."""

    private_key: Sealed5000 | None = None
    public_key: Sealed5000 | None = None
    key_fingerprint: Sealed1000 | None = None


class CustomField(WireRequest):
    """A field of the user's own. linked_id: the member it shows instead of a value."""

    type: EnumNumber
    name: Sealed1000 | None = None
    value: Sealed5000 | None = None
    linked_id: Int32 | None = None


class FormerPassword(WireRequest):
    """A password that was used before."""

    password: Annotated[str, Field(min_length=1), sealed(5000)]
    last_used_date: SentDate


class CipherRequest(WireRequest):
    """An item. Source: src/Api/Vault/Models/Request/CipherRequestModel.cs."""

    type: EnumNumber
    name: Annotated[str, Field(min_length=1), sealed(1000)]
    notes: Sealed10000 | None = None
    organization_id: OptionalUuid = None
    folder_id: OptionalUuid = None
    favorite: bool = False
    reprompt: Literal[0, 1] | None = None
    key: str | None = None
    fields: list[CustomField] | None = None
    password_history: list[FormerPassword] | None = None
    login: Login | None = None
    card: Card | None = None
    identity: Identity | None = None
    secure_note: SecureNote | None = None
    ssh_key: SshKey | None = None
    encrypted_for: OptionalUuid = None
    last_known_revision_date: SentDate | None = None

    @model_validator(mode="after")
    def _has_its_member(self) -> Self:
        if self.type not in TYPE_MEMBERS:
            raise ValueError("Unsupported type: Type.")
        if getattr(self, TYPE_MEMBERS[self.type]) is None:
            member = TYPE_MEMBERS[self.type].title().replace("_", "")
            raise ValueError(f"The {member} field is required.")
        return self

    @property
    def kept(self) -> dict[str, Any]:
        """What is stored as it is, in wire names: the name, what every item may have and the member of its type."""
        members = {"name", "notes", "fields", "password_history", TYPE_MEMBERS[self.type]}
        return self.model_dump(mode="json", by_alias=True, include=members)


class CipherCreateRequest(WireRequest):
    """A new item and the collections it goes into."""

    cipher: CipherRequest
    collection_ids: list[Guid] | None = None

    @model_validator(mode="after")
    def _organization_items_have_a_collection(self) -> Self:
        if self.cipher.organization_id is not None and not self.collection_ids:
            raise ValueError(NO_COLLECTION)
        return self


class CipherPartialRequest(WireRequest):
    """Where the user keeps an item."""

    folder_id: OptionalUuid = None
    favorite: bool = False


class CipherCollectionsRequest(WireRequest):
    """The collections an item is in."""

    collection_ids: list[Guid]


class CiphersChosen(WireRequest):
    """Several items."""

    ids: list[Guid]


class CiphersOfOrganization(CiphersChosen):
    """Several items of one organization."""

    organization_id: OptionalUuid = None


class CiphersAssigned(WireRequest):
    """Items and collections of one organization that shall be brought together, or taken apart."""

    organization_id: Guid
    cipher_ids: list[Guid]
    collection_ids: list[Guid]
    remove_collections: bool = False


class CipherWithId(CipherRequest):
    """An item that is there already."""

    id: Guid


class CiphersShared(WireRequest):
    """Own items that shall be one organization's, and the collections they go into."""

    ciphers: list[CipherWithId]
    collection_ids: list[Guid]

    @field_validator("ciphers")
    @classmethod
    def _of_one_organization(cls, ciphers: list[CipherWithId]) -> list[CipherWithId]:
        if not ciphers:
            raise ValueError("You must select at least one cipher.")
        if any(each.organization_id is None for each in ciphers):
            raise ValueError("All Ciphers must have an Id and OrganizationId.")
        if len({each.organization_id for each in ciphers}) > 1:
            raise ValueError("All ciphers must be for the same organization.")
        return ciphers

    @field_validator("collection_ids")
    @classmethod
    def _in_a_collection(cls, ids: list[UUID]) -> list[UUID]:
        if not ids:
            raise ValueError(NO_COLLECTION)
        return ids

    @property
    def organization_id(self) -> UUID:
        """The organization of all of them."""
        (only,) = {each.organization_id for each in self.ciphers}
        if only is None:
            raise TypeError("these items have no organization")
        return only


class CiphersMoved(CiphersChosen):
    """Several items and the folder they go into."""

    folder_id: OptionalUuid = None


class FolderRequest(WireRequest):
    """A folder. Source: src/Api/Vault/Models/Request/FolderRequestModel.cs."""

    name: Annotated[str, Field(min_length=1), sealed(1000)]


class FolderAnswer(WireModel):
    """A folder."""

    id: UUID
    name: str
    revision_date: WireDate
    object: str = "folder"


class CipherPermissions(WireModel):
    """What the caller may do with an item beside reading and changing it."""

    delete: bool
    restore: bool


class CipherMini(WireModel):
    """An item as its organization sees it. Of the members for kinds of items only that of its own is set.

    data: what is stored of it, as JSON in a text.
    """

    id: UUID
    organization_id: UUID | None
    type: int
    data: str
    name: str
    notes: str | None
    login: dict[str, Any] | None = None
    card: dict[str, Any] | None = None
    identity: dict[str, Any] | None = None
    secure_note: dict[str, Any] | None = None
    ssh_key: dict[str, Any] | None = None
    bank_account: None = None
    drivers_license: None = None
    passport: None = None
    fields: list[dict[str, Any]] | None
    password_history: list[dict[str, Any]] | None
    attachments: None = None
    organization_use_totp: bool
    revision_date: WireDate
    creation_date: WireDate
    deleted_date: WireDate | None
    reprompt: int
    key: str | None
    object: str = "cipherMini"


class CipherMiniDetails(CipherMini):
    """The same with the collections it is in."""

    collection_ids: list[UUID]
    object: str = "cipherMiniDetails"


class CipherAnswer(CipherMini):
    """An item as one user sees it."""

    folder_id: UUID | None
    favorite: bool
    archived_date: WireDate | None = None
    edit: bool
    view_password: bool
    permissions: CipherPermissions
    object: str = "cipher"


class CipherDetails(CipherAnswer):
    """The same with the collections it is in."""

    collection_ids: list[UUID]
    object: str = "cipherDetails"


class OptionalCipherDetails(WireModel):
    """An item after a change of its collections, unless the caller cannot see it any more."""

    unavailable: bool
    cipher: CipherDetails | None
    object: str = "optionalCipherDetails"
