"""Bodies of the group routes. Source: src/Api/AdminConsole/Models/{Request,Response}/Group*.cs."""

from typing import Self
from uuid import UUID

from pydantic import Field

from common.domains.organizations.models import Group
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

    @classmethod
    def of(cls, group: Group) -> Self:
        """Shape a stored group."""
        return cls(id=group.id, organization_id=group.organization_id, name=group.name, external_id=group.external_id)
