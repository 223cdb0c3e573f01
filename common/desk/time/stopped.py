"""An instance that was stopped: nobody answers there, but time passes, and what it would have run is missed.

Its clock lies in its database, which is moved along; what it runs, and when, its jobs process has left in a file.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from common.clock import SystemClock, TimeShift
from common.server.database import tune_engines
from common.server.jobs.claims import first_seen
from common.server.jobs.schedules import SCHEDULES, read_schedules, runs_between
from common.settings import process_environment
from common.sim import service as clock
from common.sim.snapshots.databases import Database
from common.sim.snapshots.folders import Layout
from common.sim.timeline.service import PATIENCE


class Rest:
    """What is known of an instance that may be stopped. wanted: whether it shall run. schedules: the file."""

    def __init__(self, database: Database, wanted: Callable[[], bool], schedules: Path) -> None:
        self._database, self._wanted, self._schedules = database, wanted, schedules
        self._missed: dict[str, tuple[datetime, int]] = {}
        self._at: datetime | None = None

    @property
    def is_wanted(self) -> bool:
        """Whether somebody wants it to run."""
        return self._wanted()

    def shift(self) -> TimeShift:
        """How its time departs from real time; not at all where it never ran."""
        if not self._database.is_there:
            return TimeShift()
        with self._session() as session:
            return clock.current_shift(session)

    def pass_time(self, moment: datetime) -> None:
        """It is this moment there now, and stands still; what fell due since the last one is missed."""
        if not self._database.is_there:
            return
        with self._session() as session:
            now = clock.current_shift(session).seen_at(SystemClock().now())
            since = self._at or now
            for job, schedule in read_schedules(self._schedules).items():
                last, runs = runs_between(schedule, first_seen(session, job, now), since, moment)
                if last is not None:
                    self._missed[job] = last, runs + self._missed.get(job, (last, 0))[1]
            clock.play_to(session, moment, PATIENCE)
        self._at = moment

    def told(self) -> list[tuple[str, datetime, int]]:
        """Which jobs missed runs since this was last asked: the moment of the last one, and how many they are."""
        missed, self._missed, self._at = self._missed, {}, None
        return sorted((job, last, runs) for job, (last, runs) in missed.items())

    def end(self, moment: datetime, real_at: datetime, *, frozen: bool) -> None:
        """Time goes on by itself from a moment that was at `real_at` of real time, or stands still there."""
        if self._database.is_there:
            with self._session() as session:
                clock.end_play(session, TimeShift(moment - real_at, moment if frozen else None))

    @contextmanager
    def _session(self) -> Iterator[Session]:
        with self._engine.begin() as connection, Session(connection) as session:
            yield session

    @cached_property
    def _engine(self) -> sa.Engine:
        """It keeps no connection open."""
        engine = sa.create_engine(self._database.url, poolclass=NullPool)
        tune_engines([engine])
        return engine


def rest_of(home: Path) -> Rest:
    """Of the instance of the stack with this home."""
    layout = Layout(home, process_environment())
    return Rest(layout.database("selfhost"), lambda: layout.instance().up, home / "selfhost" / SCHEDULES)
