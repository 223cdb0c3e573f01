"""Bodies of the policy routes. Source: src/Api/AdminConsole/Models/{Request,Response}/Policy*.cs."""

from typing import Any
from uuid import UUID

from pydantic import Field

from common.wire.base import WireDate, WireModel, WireRequest


class PolicySettings(WireRequest):
    """What a policy shall be."""

    enabled: bool
    data: dict[str, Any] | None = None


class PolicySave(WireRequest):
    """`PUT /organizations/{id}/policies/{type}`: the settings inside `policy`, as releases from 2026.5 on want them."""

    policy: PolicySettings


class PolicyStatusResponse(WireModel):
    """A policy, whether it was ever set or not."""

    organization_id: UUID
    type: int
    data: dict[str, Any] = Field(default_factory=dict)
    enabled: bool
    can_toggle_state: bool = True
    object: str = "policy"


class AutoEnrollStatus(WireModel):
    """`GET /organizations/{identifier}/auto-enroll-status`."""

    id: UUID
    reset_password_enabled: bool
    object: str = "organizationAutoEnrollStatus"


class PolicyAnswer(WireModel):
    """A policy that was set."""

    id: UUID
    organization_id: UUID
    type: int
    data: dict[str, Any] | None
    enabled: bool
    revision_date: WireDate
    object: str = "policy"
