"""The one small row that a request reads: read once per database session, held by who changes it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from common.clock import SystemClock, TimeShift
from common.server.database import inserting
from common.sim.models import ClockShift, shift_of

_ID = 1
_CACHE = "clock row"
_ROW = ClockShift.__table__.c
_LOOK = sa.select(_ROW.generation, _ROW.offset_microseconds, _ROW.frozen_at, _ROW.played_until).where(_ROW.id == _ID)
"""Of the table, and not of the class: a process that only says what time it is maps no classes."""


class Seen(NamedTuple):
    """What the row says. generation: number of what is on beside time (generation.py)."""

    shift: TimeShift
    generation: int


def seen(session: Session) -> Seen:
    """The row as this database session first saw it."""
    cache = session.info
    if _CACHE not in cache:
        row = session.connection().execute(_LOOK).one_or_none()  # the mapper took a quarter of a small request
        cache[_CACHE] = Seen(shift_of(*row[1:]), row[0]) if row else Seen(TimeShift(), 0)
    found: Seen = cache[_CACHE]
    return found


def hold(session: Session) -> ClockShift:
    """The row, locked; made first where there is none, so that there is something to lock."""
    row = session.get(ClockShift, _ID, with_for_update=True, populate_existing=True)
    if row is None:
        first = inserting(session, ClockShift).values(id=_ID, offset_microseconds=0, generation=0)
        session.execute(first.on_conflict_do_nothing())
        row = session.get_one(ClockShift, _ID, with_for_update=True, populate_existing=True)
    session.info[_CACHE] = Seen(row.shift, row.generation)
    return row


def begin_at(moment: datetime | None) -> Callable[[sa.Connection], object] | None:
    """What makes the row of a new database: time stands still at this moment. None: it needs none."""
    return None if moment is None else partial(_stand_still, moment)


def _stand_still(moment: datetime, connection: sa.Connection) -> None:
    shift = moment - SystemClock().now()
    row = {"offset_microseconds": shift // timedelta(microseconds=1), "frozen_at": moment, "generation": 0}
    connection.execute(inserting(Session(connection), ClockShift).values(id=_ID, **row).on_conflict_do_nothing())


def put(session: Session, shift: TimeShift) -> bool:
    """Change how time is shifted, in one statement; False where there is no row yet."""
    session.info.pop(_CACHE, None)
    values = {
        "offset_microseconds": shift.offset // timedelta(microseconds=1),
        "frozen_at": shift.frozen_at,
        "played_until": shift.played_until,
    }
    changed = sa.update(ClockShift).where(ClockShift.id == _ID).values(values)
    return bool(session.connection().execute(changed).rowcount)


def save(session: Session) -> None:
    """Write what was changed in the held row; it is read anew when next asked for."""
    session.flush()
    session.info.pop(_CACHE, None)
