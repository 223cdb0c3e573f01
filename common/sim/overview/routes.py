"""The overview of an app: `GET /_sim`."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from flask import Blueprint, Flask, Response, current_app

from common.clock import SystemClock
from common.server import policy
from common.server.app import context
from common.server.body import answer
from common.server.context import Context
from common.server.events import follow, look_at
from common.server.operation import Media, operation
from common.sim.faults.service import counted_faults
from common.sim.journal import service as journal
from common.sim.service import current_shift
from common.wire.base import WireDate, WireModel
from common.wire.state import Simulated, StateEgress, StateFault

bp = Blueprint("sim_overview", __name__, url_prefix="/_sim")

_MINUTE = len("2027-01-31T12:59")
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


def give(app: Flask, egress: Callable[[Context], Mapping[str, str]]) -> None:
    """Say which rules of egress are on."""
    app.extensions[_EXTENSION] = egress


def simulated() -> Simulated:
    """What is on at the current app."""
    ctx = context()
    shift = current_shift(ctx.session).left_alone(SystemClock().now())
    return Simulated(
        release=ctx.side.release(ctx),
        now=ctx.clock.now(),
        offset_seconds=shift.offset.total_seconds(),
        frozen=shift.frozen_at is not None and shift.played_until is None,
        quirks=sorted(each.label for each in ctx.settings.quirks),
        faults=[
            StateFault(id=fault.id, operation=fault.operation, do=dict(fault.do), left=fault.left_of(seen))
            for fault, seen in counted_faults(ctx.session)
            if fault.left_of(seen) != 0
        ],
        egress=[StateEgress(host=host, rule=rule) for host, rule in (_egress(ctx) or {}).items()],
    )


def _egress(ctx: Context) -> Mapping[str, str] | None:
    """Rules by host; None where there is no simulated network."""
    read: Callable[[Context], Mapping[str, str]] | None = current_app.extensions.get(_EXTENSION)
    return read(ctx) if read else None


@bp.get("")
@policy.control
@operation(answer=Overview)
def show_overview() -> Response:
    """Time, release, and everything that is on."""
    return answer(_overview(journal.count(current_app)))


@bp.get("/events")
@policy.control
@operation(headers=[], answer=Media("text/event-stream"))
def follow_overview() -> Response:
    """Server-sent events: the overview (`journal`: the number of the newest entry), on changes and each minute."""
    return follow(partial(_look, current_app._get_current_object()), _shape)  # type: ignore[attr-defined]


def _look(app: Flask) -> dict[str, Any] | None:
    def overview() -> dict[str, Any]:
        return _overview(journal.newest_number(app) if journal.is_kept(app) else None).wire()

    return look_at(app, overview)


def _shape(overview: Mapping[str, Any]) -> str:
    """Two of the same minute are the same when nothing else has changed."""
    still = {**overview, "now": overview["now"][:_MINUTE], "offsetSeconds": round(overview["offsetSeconds"])}
    return json.dumps(still, sort_keys=True)


def _overview(entries: int | None) -> Overview:
    ctx, on = context(), simulated()
    return Overview(
        app=ctx.side.app_name,
        release=on.release,
        now=on.now,
        offset_seconds=on.offset_seconds,
        frozen=on.frozen,
        quirks=on.quirks,
        faults=len(on.faults),
        egress=None if _egress(ctx) is None else len(on.egress),
        journal=entries,
    )
