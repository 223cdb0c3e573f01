"""Bodies of the push relay, that an instance sends and the cloud reads.

Source: src/Core/Models/Api/Request/Push{Registration,Device,Update,Send}RequestModel.cs;
fidelity.md: push.relay.
"""

from typing import Any, ClassVar, Self

from pydantic import model_validator

from common.wire.base import RequiredText, WireRequest
from common.wire.fields import EnumNumber, Guid

NO_TARGET = "UserId or OrganizationId or InstallationId is required."


class PushRegistration(WireRequest):
    """A device that wants notifications. type: number of the device type (Android 0, also when it is not there)."""

    device_id: RequiredText
    push_token: RequiredText
    user_id: RequiredText
    type: EnumNumber = 0
    identifier: RequiredText
    organization_ids: list[str] | None = None
    installation_id: Guid | None = None


class PushDevice(WireRequest):
    """One device."""

    id: RequiredText


class PushUpdate(WireRequest):
    """Devices that belong to an organization from now on, or no longer."""

    devices: list[PushDevice]
    organization_id: RequiredText


class PushSend(WireRequest):
    """A notification. type: PushType. Exactly one target is set; the installation counts before user, organization."""

    demanded: ClassVar[tuple[str, ...]] = ("type", "payload")
    type_name: ClassVar[str] = "Bit.Core.Models.Api.PushSendRequestModel`1[System.Text.Json.JsonElement]"

    user_id: Guid | None = None
    organization_id: Guid | None = None
    device_id: Guid | None = None
    identifier: str | None = None
    type: EnumNumber
    payload: Any
    client_type: EnumNumber | None = None
    installation_id: Guid | None = None

    @model_validator(mode="after")
    def _has_a_target(self) -> Self:
        if not (self.user_id or self.organization_id or self.installation_id):
            raise ValueError(NO_TARGET)
        return self
