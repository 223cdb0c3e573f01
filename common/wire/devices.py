"""Bodies of the device routes. Source: src/Api/Models/Response/DeviceResponseModel.cs."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from common.domains.identity.models import Device
from common.wire.base import ErrorAnswer as ErrorAnswer
from common.wire.base import WireDate, WireModel, WireRequest


class PushTokenRequest(WireRequest):
    """Where notifications go; null switches them off."""

    push_token: Annotated[str, Field(max_length=255)] | None = None


class DeviceAnswer(WireModel):
    """A device. Trusted devices do not exist here, so there are never keys."""

    id: UUID
    name: str
    type: int
    identifier: str
    creation_date: WireDate
    is_trusted: bool = False
    encrypted_user_key: str | None = None
    encrypted_public_key: str | None = None
    object: str = "device"

    @classmethod
    def of(cls, device: Device) -> Self:
        """From the row."""
        return cls(
            id=device.id,
            name=device.name,
            type=device.type,
            identifier=device.identifier,
            creation_date=device.creation_date,
        )


class ListedDevice(DeviceAnswer):
    """A device in the list of all; nobody signs in with the help of another device here."""

    device_pending_auth_request: None = None
