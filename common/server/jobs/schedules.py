"""When a job falls due, in simulated time.

A run that fell due while no process was up is made up for once, at the next look: unlike upstream, whose in-memory
scheduler forgets it (docs/fidelity.md, missed job run).
Source: src/Api/Jobs/JobsHostedService.cs.
"""

from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from cronsim import CronSim

_MINUTE = timedelta(minutes=1)


class Schedule(Protocol):
    """When a job falls due."""

    def latest(self, now: datetime, anchor: datetime) -> datetime | None:
        """The newest due moment not after `now` and after `anchor` (when the schedule was first seen), or None."""

    def next(self, now: datetime, anchor: datetime) -> datetime:
        """The first due moment after `now`."""


class Cron(NamedTuple):
    """Five-field cron expression, UTC."""

    expression: str

    def latest(self, now: datetime, anchor: datetime) -> datetime | None:
        due = now if _matches(self.expression, now) else next(CronSim(self.expression, now, reverse=True))
        return due if due > anchor else None

    def next(self, now: datetime, anchor: datetime) -> datetime:
        return next(CronSim(self.expression, now))


class Every(NamedTuple):
    """Once per `period`, for ever; the first time `delay` after the schedule was first seen.

    Source: src/Api/Jobs/JobsHostedService.cs (RandomDailySponsorshipSyncTrigger).
    """

    period: timedelta
    delay: timedelta = timedelta()

    def latest(self, now: datetime, anchor: datetime) -> datetime | None:
        first = anchor + self.delay
        return None if now < first else now - (now - first) % self.period

    def next(self, now: datetime, anchor: datetime) -> datetime:
        latest = self.latest(now, anchor)
        return anchor + self.delay if latest is None else latest + self.period


def _matches(expression: str, now: datetime) -> bool:
    minute = now.replace(second=0, microsecond=0)
    return minute == now and next(CronSim(expression, minute - _MINUTE)) == minute
