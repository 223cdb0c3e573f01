"""When a job falls due, in simulated time.

A run that fell due while no process was up is made up for once, at the next look: unlike upstream, whose in-memory
scheduler forgets it (docs/fidelity.md, missed job run).
Source: src/Api/Jobs/JobsHostedService.cs.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from cronsim import CronSim

from common.files import PRIVATE, read_json, write_json

SCHEDULES = "schedules.json"
"""Name of the file that says what runs when, beside the keys of an app."""

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


def runs_between(schedule: Schedule, anchor: datetime, after: datetime, until: datetime) -> tuple[datetime | None, int]:
    """The last run that falls due later than `after` and not later than `until`, and how many there are."""
    last, runs = None, 0
    due = schedule.next(after, anchor)
    while due <= until:
        last, runs = due, runs + 1
        due = schedule.next(due, anchor)
    return last, runs


def write_schedules(path: Path, schedules: Mapping[str, Schedule]) -> None:
    """Leave what runs when in a file, for those who look after the process has ended."""
    written = {job: told_schedule(schedule) for job, schedule in schedules.items()}
    if read_json(path) != written:
        write_json(path, written, PRIVATE)


def read_schedules(path: Path) -> dict[str, Schedule]:
    """What `write_schedules` wrote; nothing where there is no such file."""
    written: dict[str, dict[str, Any]] = read_json(path) or {}
    return {job: schedule_of(told) for job, told in written.items()}


def told_schedule(schedule: Schedule) -> dict[str, Any]:
    """A schedule as JSON. Raises TypeError for another kind than those here."""
    if isinstance(schedule, Cron):
        return {"cron": schedule.expression}
    if isinstance(schedule, Every):
        seconds = schedule.period.total_seconds(), schedule.delay.total_seconds()
        return dict(zip(("everySeconds", "delaySeconds"), seconds, strict=True))
    raise TypeError(schedule)


def schedule_of(told: Mapping[str, Any]) -> Schedule:
    """The schedule that `told_schedule` told."""
    if "cron" in told:
        return Cron(told["cron"])
    return Every(timedelta(seconds=told["everySeconds"]), timedelta(seconds=told["delaySeconds"]))
