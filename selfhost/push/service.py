"""The instance's side of the push relay: what mobile devices are to hear is queued here and sent by the jobs process.

A request only adds a row to its own transaction, so a relay that is slow or down can neither delay nor fail it. A call
that fails is logged and forgotten, as upstream does.
Source: src/Core/Platform/Push, src/Core/Platform/PushRegistration; fidelity.md: push.relay.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from enum import IntEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa

from common.domains.identity.devices.service import device_of
from common.domains.organizations.memberships import confirmed_in
from common.server.transaction import outside_transaction, own_transaction, reading
from common.wire.spelling import iso
from selfhost.context import SelfHostContext
from selfhost.push.models import PushMessage, RelayedDevice

if TYPE_CHECKING:
    from selfhost.cloud.client import CloudClient

REGISTER, SEND = "push/register", "push/send"

MOBILE_DEVICES = (0, 1)
"""Device types with a push token: Android, iOS. Source: src/Core/Enums/DeviceType.cs."""

WAITING_AT_MOST = 1000
"""When nothing is sent for long, the oldest calls are dropped: devices catch up by themselves."""

BATCH = 50


class PushType(IntEnum):
    """What devices are told. Source: src/Core/Platform/Push/PushType.cs."""

    SYNC_VAULT = 5
    SYNC_ORG_KEYS = 6


def _new_devices() -> sa.Select[Any]:
    """Devices that the relay does not know, or by another push token."""
    device, relayed = device_of(RelayedDevice.device_id)
    return (
        sa.select(device)
        .outerjoin(RelayedDevice, relayed)
        .where(
            device.type.in_(MOBILE_DEVICES),
            device.push_token.is_not(None),
            sa.or_(RelayedDevice.push_token.is_(None), RelayedDevice.push_token != device.push_token),
        )
    )


def is_on(ctx: SelfHostContext) -> bool:
    """Whether there is a relay to talk to; cloud communication has no say in it."""
    return ctx.deployment.push_relay_url is not None and bool(ctx.deployment.installation_key)


def vault_changed(ctx: SelfHostContext, user_id: UUID) -> None:
    """Devices of this user are to synchronize everything."""
    _notify(ctx, user_id, PushType.SYNC_VAULT)


def organization_keys_changed(ctx: SelfHostContext, user_id: UUID) -> None:
    """Devices of this user are to fetch the keys of their organizations."""
    _notify(ctx, user_id, PushType.SYNC_ORG_KEYS)


def _notify(ctx: SelfHostContext, user_id: UUID, push_type: PushType) -> None:
    if not is_on(ctx):
        return
    from common.wire.push import PushSend  # noqa: PLC0415 - most instances have no relay to tell

    payload = {"userId": str(user_id), "date": iso(ctx.clock.now())}
    _queue(ctx, SEND, PushSend.model_construct(user_id=user_id, type=push_type, payload=payload).wire())
    _drop_oldest(ctx)


def _queue(ctx: SelfHostContext, path: str, body: dict[str, object]) -> None:
    ctx.session.add(PushMessage(path=path, body=body, created_at=ctx.clock.now()))
    ctx.session.flush()


def _drop_oldest(ctx: SelfHostContext) -> None:
    newest = sa.select(sa.func.max(PushMessage.number)).scalar_subquery()
    ctx.session.execute(
        sa.delete(PushMessage)
        .where(PushMessage.number <= newest - WAITING_AT_MOST)
        .execution_options(synchronize_session=False)
    )


def relay_client(ctx: SelfHostContext) -> "CloudClient":
    """The conversation with the relay; keep it: after a refused token it stays silent for a day, as upstream's does."""
    from selfhost.cloud import push as cloud  # noqa: PLC0415 - most instances have no relay to call

    return cloud.relay_client(ctx)


Around = Callable[[int], AbstractContextManager[object]]


def send_pending(ctx: SelfHostContext, relay: "CloudClient", around: Around = nullcontext) -> int:
    """Register new devices, then make the calls that wait; how many were made.

    A call is taken out before it is made, so two processes never make the same one. around: each call, by its number.
    """
    if _finds(ctx, _new_devices()):
        with own_transaction(ctx.session):
            _register_devices(ctx)
    from selfhost.cloud import push as cloud  # noqa: PLC0415 - as above

    calls = _take(ctx)
    for number, path, body in calls:
        with around(number), outside_transaction(ctx.session):
            cloud.tell_relay(relay, path, body)
    return len(calls)


def _finds(ctx: SelfHostContext, query: sa.Select[Any]) -> bool:
    """Whether there is anything to do; looking every second must not keep others from writing."""
    with reading(ctx.session):
        return ctx.session.execute(query.limit(1)).first() is not None


def _take(ctx: SelfHostContext) -> list[tuple[int, str, dict[str, object]]]:
    if not _finds(ctx, sa.select(PushMessage.number)):
        return []
    oldest = sa.select(PushMessage).order_by(PushMessage.number).limit(BATCH).with_for_update(skip_locked=True)
    with own_transaction(ctx.session):
        messages = ctx.session.scalars(oldest).all()
        calls = [(message.number, message.path, message.body) for message in messages]
        for message in messages:
            ctx.session.delete(message)
    return calls


def _register_devices(ctx: SelfHostContext) -> None:
    """Queue what the relay has to know of devices that are new or got another push token."""
    from common.wire.push import PushRegistration  # noqa: PLC0415 - as above

    devices = ctx.session.scalars(_new_devices().limit(BATCH)).all()
    organizations = confirmed_in(ctx, {each.user_id for each in devices}) if devices else {}
    for each in devices:
        token = each.push_token or ""
        body = PushRegistration.model_construct(
            device_id=str(each.id),
            push_token=token,
            user_id=str(each.user_id),
            type=each.type,
            identifier=each.identifier,
            organization_ids=[str(found) for found in organizations.get(each.user_id, [])],
            installation_id=ctx.deployment.installation_id,
        )
        _queue(ctx, REGISTER, body.wire())
        ctx.session.merge(RelayedDevice(device_id=each.id, push_token=token))
