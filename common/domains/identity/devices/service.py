"""A user's devices: listing them, their push tokens, forgetting them.

Source: src/Api/Controllers/DevicesController.cs; fidelity.md: identity.devices.
"""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from common.domains.identity.models import Device
from common.errors import not_found
from common.server.context import Context


def device_of(device_id: InstrumentedAttribute[UUID]) -> tuple[type[Device], sa.ColumnElement[bool]]:
    """For statements of others: the devices, and the condition on which they are joined to such a column."""
    return Device, Device.id == device_id


def list_devices(ctx: Context, user_id: UUID) -> list[Device]:
    """The user's devices, oldest first."""
    query = sa.select(Device).where(Device.user_id == user_id)
    return list(ctx.session.scalars(query.order_by(Device.creation_date, Device.id)))


def show_device(ctx: Context, user_id: UUID, device_id: UUID) -> Device:
    """One of the user's devices. Raises 404."""
    return _found(ctx, Device.user_id == user_id, Device.id == device_id)


def show_device_by_identifier(ctx: Context, user_id: UUID, identifier: str) -> Device:
    """The user's device that calls itself so. Raises 404."""
    _require_possible(identifier)
    return _found(ctx, Device.user_id == user_id, Device.identifier == identifier)


def _require_possible(identifier: str) -> None:
    """No database of ours keeps a NUL, and PostgreSQL does not even take the question."""
    if "\0" in identifier:
        raise not_found("devices.unknown")


def _found(ctx: Context, *conditions: sa.ColumnElement[bool]) -> Device:
    device = ctx.session.scalar(sa.select(Device).where(*conditions).with_for_update())
    if device is None:
        raise not_found("devices.unknown")
    return device


def set_push_token(ctx: Context, user_id: UUID, identifier: str, token: str | None) -> None:
    """Where notifications for a device go. Raises 404."""
    device = show_device_by_identifier(ctx, user_id, identifier)
    device.push_token, device.revision_date = token or None, ctx.clock.now()


def clear_push_token(ctx: Context, identifier: str) -> None:
    """No more notifications for a device, whosever it is: clients ask for it after signing out. Raises 404."""
    _require_possible(identifier)
    known = sa.select(Device.id).where(Device.identifier == identifier).limit(1)
    if ctx.session.scalar(known) is None:
        raise not_found("devices.unknown")
    ctx.session.execute(sa.update(Device).where(Device.identifier == identifier).values(push_token=None))


def forget_device(ctx: Context, user_id: UUID, device_id: UUID) -> None:
    """Forget a device; it is new again when it signs in next. Raises 404."""
    ctx.session.delete(show_device(ctx, user_id, device_id))
