"""Bodies of the device routes. Source: src/Api/Models/Response/DeviceResponseModel.cs."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

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
    last_activity_date: WireDate | None = None
    is_trusted: bool = False
    encrypted_user_key: str | None = None
    encrypted_public_key: str | None = None
    object: str = "device"


class ListedDevice(DeviceAnswer):
    """A device in the list of all; nobody signs in with the help of another device here."""

    device_pending_auth_request: None = None
