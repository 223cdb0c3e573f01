"""Moving simulated time."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from common.clock import Clock, ShiftedClock, SystemClock, TimeShift
from common.errors import Refusal, bad_request, conflict
from common.server.observed import note_event
from common.sim.row import hold, put, save, seen

_YEARS = range(1000, 9001)


def simulated_clock(session: Session) -> Clock:
    """A clock whose shift is read from the database, once per database session."""
    return ShiftedClock(lambda: current_shift(session), held=lambda: hold_shift(session))


def current_shift(session: Session) -> TimeShift:
    """How simulated time departs from real time now."""
    return seen(session).shift


def hold_shift(session: Session) -> TimeShift:
    """The same read anew, and changed by nobody else before this transaction ends."""
    return hold(session).shift


def advance_clock(session: Session, step: timedelta) -> None:
    """Move simulated time by `step` (negative = back). Errors: 400 years; 409 somebody plays it."""
    shift = _own_shift(session)
    try:
        moved = TimeShift(shift.offset + step, shift.frozen_at + step if shift.frozen_at else None)
    except OverflowError as error:
        raise _out_of_range() from error
    _store(session, moved)
    _tell("advance", moved)


def set_clock(session: Session, moment: datetime, *, real_at: datetime | None = None, freeze: bool = False) -> None:
    """Make it `moment` now, or at a moment of real time; time goes on from there unless frozen.

    Errors: 400 years; 409 somebody plays it.
    """
    _own_shift(session)
    moved = TimeShift(moment - (real_at or SystemClock().now()), moment if freeze else None)
    _store(session, moved)
    _tell("set", moved)


def freeze_clock(session: Session, *, frozen: bool) -> None:
    """Have time stand still where it is, or go on from there. Errors: 409 somebody plays it."""
    shift, real = _own_shift(session), SystemClock().now()
    now = shift.seen_at(real)
    moved = TimeShift(now - real, now if frozen else None)
    _store(session, moved)
    _tell("freeze" if frozen else "unfreeze", moved)


def reset_clock(session: Session) -> None:
    """Real time again. Errors: 400 years; 409 somebody plays it."""
    _own_shift(session)
    _store(session, TimeShift())
    _tell("reset", TimeShift())


def play_to(session: Session, moment: datetime, patience: timedelta) -> None:
    """Stand still at `moment`, with all that is due left to who plays time, until he is not heard of for so long."""
    real = SystemClock().now()
    shift = TimeShift(moment - real, moment, real + patience)
    _require_range(shift)
    if not put(session, shift):
        _store(session, shift)


def end_play(session: Session, shift: TimeShift) -> None:
    """Go on like this; nobody plays time any more."""
    _store(session, shift)
    _tell("played", shift)


def _tell(how: str, shift: TimeShift) -> None:
    """Say to who observes where time was moved. The steps of playing it are not told one by one."""
    real = SystemClock().now()
    at = shift.seen_at(real)
    note_event("clock", how, f"{at:%Y-%m-%dT%H:%M:%SZ}", real, at, frozen=shift.frozen_at is not None)


def _require_range(shift: TimeShift) -> None:
    """There are years left on both sides: whatever is computed from now, grace and lifetimes, stays a date."""
    try:
        now = shift.seen_at(SystemClock().now())
    except OverflowError as error:
        raise _out_of_range() from error
    if now.year not in _YEARS:
        raise _out_of_range()


def _out_of_range() -> Refusal:
    return bad_request("There is no such time here: years go from 1000 to 9000.", rule="sim.clock")


def _own_shift(session: Session) -> TimeShift:
    """The shift, held, to be changed by who does not play."""
    real = SystemClock().now()
    shift = hold_shift(session).left_alone(real)
    if shift.is_played(real):
        raise conflict("Time is being advanced. Wait for the end, or stop it.", rule="sim.played")
    return shift


def _store(session: Session, shift: TimeShift) -> None:
    _require_range(shift)
    row = hold(session)
    row.offset_microseconds = shift.offset // timedelta(microseconds=1)
    row.frozen_at, row.played_until = shift.frozen_at, shift.played_until
    save(session)
