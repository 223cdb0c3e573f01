"""Bodies of the group routes. Source: src/Api/AdminConsole/Models/{Request,Response}/Group*.cs."""

from typing import Any
from uuid import UUID

from pydantic import Field, field_validator

from common.wire.base import WireModel, WireRequest
from common.wire.collections import CollectionAccess, CollectionAccessAnswer
from common.wire.fields import Guid


class GroupSave(WireRequest):
    """`POST /organizations/{id}/groups`, `PUT .../groups/{groupId}`. users: null = who is in it stays."""

    name: str = Field(min_length=1, max_length=100)
    collections: list[CollectionAccess] = Field(default_factory=list)
    users: list[Guid] | None = None

    @field_validator("collections", mode="before")
    @classmethod
    def _null_is_none(cls, value: Any) -> Any:
        return [] if value is None else value


class GroupsChosen(WireRequest):
    """Several groups."""

    ids: list[Guid]


class GroupResponse(WireModel):
    """A group."""

    id: UUID
    organization_id: UUID
    name: str
    external_id: str | None
    object: str = "group"


class GroupDetails(GroupResponse):
    """A group and which collections it may use."""

    collections: list[CollectionAccessAnswer]
    object: str = "groupDetails"
