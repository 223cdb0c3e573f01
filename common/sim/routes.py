"""Control of simulated time: `/_sim/clock`."""

from datetime import timedelta

from flask import Blueprint, Response

from common.clock import SystemClock
from common.errors import bad_request, conflict
from common.server import policy
from common.server.app import context
from common.server.body import answer, read_json
from common.server.operation import operation
from common.sim import service
from common.wire.base import WireDate, WireModel, WireRequest

bp = Blueprint("sim_clock", __name__, url_prefix="/_sim/clock")

_SAME_TIME = timedelta(seconds=2)
"""Two clocks are read one after the other."""

LONGEST_STEP_SECONDS = 200 * 366 * 86_400


class ClockChange(WireRequest):
    """Exactly one of: `now` (a date, with `freeze`), `advanceSeconds`, `reset`, `freeze` (false: time goes on).

    realAt: when it was `now`, so that several clocks go on alike; null = at this moment. jump: of an app of a stack,
    whose clock goes with the others': move it all the same, with nothing done of what becomes due on the way.
    """

    now: WireDate | None = None
    real_at: WireDate | None = None
    freeze: bool | None = None
    advance_seconds: float | None = None
    reset: bool = False
    jump: bool = False


class ClockState(WireModel):
    """Simulated time and how it departs from real time."""

    now: WireDate
    offset_seconds: float
    frozen: bool


@bp.get("")
@policy.control
@operation(answer=ClockState)
def show_clock() -> Response:
    """Simulated time and how it departs from real time."""
    return _clock()


@bp.post("")
@policy.control
@operation(body=ClockChange, answer=ClockState)
def change_clock() -> Response:
    """Set, advance, freeze or reset simulated time."""
    change = read_json(ClockChange)
    session = context().session
    stands_alone = change.freeze is not None and change.now is None
    if [change.now is not None, change.advance_seconds is not None, change.reset, stands_alone].count(True) != 1:
        raise bad_request("Give exactly one of now, advanceSeconds, reset, freeze.", rule="sim.clock")
    if not change.jump:
        _require_alone(change)
    if change.now is not None:
        service.set_clock(session, change.now, real_at=change.real_at, freeze=bool(change.freeze))
    elif change.freeze is not None:
        service.freeze_clock(session, frozen=change.freeze)
    elif change.advance_seconds is not None:
        service.advance_clock(session, _step(change.advance_seconds))
    else:
        service.reset_clock(session)
    return _clock()


def _require_alone(change: ClockChange) -> None:
    """Of an app of a stack only standing still, going on and real time are its own affair. Raises 409."""
    ctx = context()
    desk = ctx.settings.desk_url
    step = change.now - ctx.clock.now() if change.now is not None else _step(change.advance_seconds or 0)
    if desk is not None and abs(step) > _SAME_TIME:
        raise conflict(
            f"This clock goes with those of the stack. POST {desk}/_sim/advance plays time for all of them, and "
            f"skewSeconds at {desk}/_sim/clock puts this app ahead of the others. With jump it moves alone, and "
            "nothing is done of what becomes due on the way.",
            rule="sim.clock",
        )


def _step(seconds: float) -> timedelta:
    if not abs(seconds) <= LONGEST_STEP_SECONDS:
        raise bad_request("advanceSeconds is out of range.", rule="sim.clock")
    return timedelta(seconds=seconds)


def _clock() -> Response:
    ctx = context()
    shift = service.current_shift(ctx.session).left_alone(SystemClock().now())
    return answer(
        ClockState(
            now=ctx.clock.now(),
            offset_seconds=shift.offset.total_seconds(),
            frozen=shift.frozen_at is not None and shift.played_until is None,
        )
    )
