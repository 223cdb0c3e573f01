"""The push relay: a stand-in that writes down what it is asked for and delivers nothing."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from cloud_sim.context import CloudContext
from cloud_sim.push import rules
from cloud_sim.push.models import PushCall


def require_installation(installation_id: UUID | None) -> UUID:
    """The installation behind the token. Raises 400."""
    if installation_id is None:
        raise rules.not_configured()
    return installation_id


def record_call(ctx: CloudContext, installation_id: UUID, action: str, target: str, body: Mapping[str, Any]) -> None:
    """Write a call down."""
    call = PushCall(
        installation_id=installation_id, action=action, target=target, body=dict(body), date=ctx.clock.now()
    )
    ctx.session.add(call)


def list_calls(ctx: CloudContext) -> list[PushCall]:
    """Every call, in the order they came."""
    return list(ctx.session.scalars(sa.select(PushCall).order_by(PushCall.number)))
