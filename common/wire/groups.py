"""Bodies of the group routes. Source: src/Api/AdminConsole/Models/{Request,Response}/Group*.cs."""

from uuid import UUID

from pydantic import Field

from common.wire.base import WireModel, WireRequest


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
