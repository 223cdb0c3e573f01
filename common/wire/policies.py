"""Bodies of the policy routes. Source: src/Api/AdminConsole/Models/{Request,Response}/Policy*.cs."""

from collections.abc import Mapping
from typing import Any, Self
from uuid import UUID

from pydantic import Field

from common.wire.base import WireDate, WireModel, WireRequest


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


class PolicyAnswer(WireModel):
    """A policy that was set."""

    id: UUID
    organization_id: UUID
    type: int
    data: dict[str, Any] | None
    enabled: bool
    revision_date: WireDate
    object: str = "policy"
