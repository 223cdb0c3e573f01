"""Bodies of the collection routes. Source: src/Api/AdminConsole/Models/{Request,Response}/Collection*.cs."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field, field_validator

from common.wire.base import WireModel, WireRequest
from common.wire.fields import EncryptedText

MAX_ENCRYPTED_NAME = 1000


def _encrypted_name(text: str) -> str:
    if len(text) > MAX_ENCRYPTED_NAME:
        raise ValueError(
            f"The field {{field}} exceeds the maximum encrypted value length of {MAX_ENCRYPTED_NAME} characters."
        )
    return text


EncryptedName = Annotated[EncryptedText, AfterValidator(_encrypted_name)]


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


class CollectionDetails(WireModel):
    """A collection as the member who may use it sees it."""

    id: UUID
    organization_id: UUID
    name: str
    external_id: str | None
    type: int = 0
    default_user_collection_email: str | None = None
    read_only: bool
    hide_passwords: bool
    manage: bool
    object: str = "collectionDetails"
