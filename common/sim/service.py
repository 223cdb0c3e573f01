"""Moving simulated time."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from common.clock import Clock, ShiftedClock, SystemClock, TimeShift
from common.server.database import inserting
from common.sim.models import ClockShift

_ROW = 1
_CACHE = "time shift"


def simulated_clock(session: Session) -> Clock:
    """A clock whose shift is read from the database, once per database session."""
    return ShiftedClock(lambda: current_shift(session), held=lambda: hold_shift(session))


def current_shift(session: Session) -> TimeShift:
    """How simulated time departs from real time now."""
    cache = session.info
    if _CACHE not in cache:
        row = session.get(ClockShift, _ROW)
        cache[_CACHE] = TimeShift(row.offset, row.frozen_at) if row else TimeShift()
    shift: TimeShift = cache[_CACHE]
    return shift


def hold_shift(session: Session) -> TimeShift:
    """The same read anew, and changed by nobody else before this transaction ends."""
    row = _held_row(session)
    shift = session.info[_CACHE] = TimeShift(row.offset, row.frozen_at)
    return shift


def advance_clock(session: Session, step: timedelta) -> None:
    """Move simulated time by `step` (negative = back)."""
    shift = hold_shift(session)
    frozen = shift.frozen_at + step if shift.frozen_at else None
    _store(session, shift.offset + step, frozen)


def set_clock(session: Session, moment: datetime, *, freeze: bool = False) -> None:
    """Make it `moment` now; time goes on from there unless frozen."""
    _store(session, moment - SystemClock().now(), moment if freeze else None)


def reset_clock(session: Session) -> None:
    """Real time again."""
    _store(session, timedelta(), None)


def _store(session: Session, offset: timedelta, frozen_at: datetime | None) -> None:
    row = _held_row(session)
    row.offset_microseconds = offset // timedelta(microseconds=1)
    row.frozen_at = frozen_at
    session.flush()
    session.info.pop(_CACHE, None)


def _held_row(session: Session) -> ClockShift:
    """The row, locked; made first where there is none, so that there is something to lock."""
    first = inserting(session, ClockShift).values(id=_ROW, offset_microseconds=0)
    session.execute(first.on_conflict_do_nothing())
    return session.get_one(ClockShift, _ROW, with_for_update=True, populate_existing=True)
