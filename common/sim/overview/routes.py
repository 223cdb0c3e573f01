"""The overview of an app: `GET /_sim`."""

from collections.abc import Callable

from flask import Blueprint, Flask, Response, current_app

from common.clock import SystemClock
from common.server import policy
from common.server.app import context
from common.server.body import answer
from common.server.context import Context
from common.server.operation import operation
from common.sim.faults.service import counted_faults
from common.sim.journal import service as journal
from common.sim.service import current_shift
from common.wire.base import WireDate, WireModel

bp = Blueprint("sim_overview", __name__, url_prefix="/_sim")

_EXTENSION = "wardenloop egress rules"


class Overview(WireModel):
    """What an app is set to.

    faults: rules that still hit. egress: hosts with a rule, null where there is no simulated network. journal: entries
    that are kept, null = it is off.
    """

    app: str
    release: str
    now: WireDate
    offset_seconds: float
    frozen: bool
    quirks: list[str]
    faults: int
    egress: int | None
    journal: int | None


def give(app: Flask, egress: Callable[[Context], int]) -> None:
    """Say how many rules of egress are on."""
    app.extensions[_EXTENSION] = egress


@bp.get("")
@policy.control
@operation(answer=Overview)
def show_overview() -> Response:
    """Time, release, and everything that is on."""
    ctx = context()
    shift = current_shift(ctx.session).left_alone(SystemClock().now())
    egress: Callable[[Context], int] | None = current_app.extensions.get(_EXTENSION)
    return answer(
        Overview(
            app=ctx.side.app_name,
            release=ctx.side.release(ctx),
            now=ctx.clock.now(),
            offset_seconds=shift.offset.total_seconds(),
            frozen=shift.frozen_at is not None and shift.played_until is None,
            quirks=sorted(each.label for each in ctx.settings.quirks),
            faults=sum(fault.last is None or seen < fault.last for fault, seen in counted_faults(ctx.session)),
            egress=egress(ctx) if egress else None,
            journal=journal.count(current_app),
        )
    )
