"""Devices as the wire tells them."""

from typing import TypeVar

from common.domains.identity.models import Device
from common.wire.devices import DeviceAnswer, ListedDevice

Told = TypeVar("Told", bound=DeviceAnswer)


def device(row: Device) -> DeviceAnswer:
    """A device."""
    return _told(DeviceAnswer, row)


def listed_device(row: Device) -> ListedDevice:
    """A device in the list of all."""
    return _told(ListedDevice, row)


def _told(kind: type[Told], row: Device) -> Told:
    return kind(id=row.id, name=row.name, type=row.type, identifier=row.identifier, creation_date=row.creation_date)
