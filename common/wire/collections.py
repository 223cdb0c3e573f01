"""Bodies of the collection routes. Source: src/Api/AdminConsole/Models/{Request,Response}/Collection*.cs."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.wire.base import WireModel, WireRequest
from common.wire.fields import Guid, Sealed1000, sealed

EncryptedName = Annotated[str, Field(min_length=1), sealed(1000)]


class CollectionAccess(WireRequest):
    """What one member may do with one collection. id: one that is not sent is all zeros, which nothing has."""

    id: Guid = UUID(int=0)
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
    """`POST /organizations/{id}/collections`. users, groups: null or missing = nobody."""

    name: EncryptedName
    external_id: str | None = Field(default=None, max_length=300)
    users: list[CollectionAccess] | None = None
    groups: list[CollectionAccess] | None = None


class CollectionsChosen(WireRequest):
    """Several collections."""

    ids: list[Guid]


class CollectionsAccess(WireRequest):
    """`POST /organizations/{id}/collections/bulk-access`: who shall use all of these collections, too."""

    collection_ids: list[Guid]
    users: list[CollectionAccess] | None = None
    groups: list[CollectionAccess] | None = None


class CollectionResponse(WireModel):
    """A collection."""

    id: UUID
    organization_id: UUID
    name: str
    external_id: str | None
    type: int = 0
    default_user_collection_email: str | None = None
    object: str = "collection"


class CollectionUpdate(WireRequest):
    """`PUT /organizations/{id}/collections/{id}`. Null or missing leaves the name, and who may use it, as they are."""

    name: Sealed1000 | None = None
    external_id: str | None = Field(default=None, max_length=300)
    users: list[CollectionAccess] | None = None
    groups: list[CollectionAccess] | None = None


class CollectionAccessDetails(CollectionResponse):
    """A collection with who may use it. assigned: whether the caller is among them."""

    read_only: bool
    hide_passwords: bool
    manage: bool
    assigned: bool
    unmanaged: bool
    users: list[CollectionAccessAnswer]
    groups: list[CollectionAccessAnswer]
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
