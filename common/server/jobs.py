"""Recurring jobs on the injected clock: what is due, and claiming a due run exactly once across processes.

A run that fell due while no process was up is made up for once, at the next look: unlike upstream, whose in-memory
scheduler forgets it (docs/fidelity.md, `missed-run`).
Source: src/Api/Jobs/JobsHostedService.cs; spec/licensing.md 8, spec/deployment-and-configuration.md 9.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import sqlalchemy as sa
from cronsim import CronSim
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from common.server.database import Base

_MINUTE = timedelta(minutes=1)
_CLOCK_SET_BACK = timedelta(minutes=5)  # more than machines disagree about real time


class Schedule(Protocol):
    """When a job falls due."""

    def latest(self, now: datetime, anchor: datetime) -> datetime | None:
        """The newest due moment not after `now` and after `anchor` (when the schedule was first seen), or None."""

    def next(self, now: datetime, anchor: datetime) -> datetime:
        """The first due moment after `now`."""


@dataclass(frozen=True)
class Cron:
    """Five-field cron expression, UTC."""

    expression: str

    def latest(self, now: datetime, anchor: datetime) -> datetime | None:
        due = now if _matches(self.expression, now) else next(CronSim(self.expression, now, reverse=True))
        return due if due > anchor else None

    def next(self, now: datetime, anchor: datetime) -> datetime:
        return next(CronSim(self.expression, now))


@dataclass(frozen=True)
class Every:
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


@dataclass(frozen=True)
class Job:
    """A named task with its schedule."""

    name: str
    schedule: Schedule
    run: Callable[[], None]


class JobAnchor(Base):
    """When a job's schedule was first seen; nothing before it is made up for."""

    __tablename__ = "job_anchors"

    job: Mapped[str] = mapped_column(sa.String(100), primary_key=True)
    anchor: Mapped[datetime]


class JobRun(Base):
    """One claimed run. The primary key is the claim: a second process inserting the same row loses."""

    __tablename__ = "job_runs"

    job: Mapped[str] = mapped_column(sa.String(100), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(primary_key=True)
    id: Mapped[UUID]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(sa.Text)


def anchor_of(session: Session, job: Job, now: datetime) -> datetime:
    """When this job's schedule was first seen in this database (recorded at the first call)."""
    row = session.get(JobAnchor, job.name)
    if row is None:
        row = JobAnchor(job=job.name, anchor=now)
        session.add(row)
        try:
            session.flush()
        except IntegrityError:  # another process was faster
            session.rollback()
            return now
    return row.anchor


def claim_due_run(session: Session, job: Job, run_id: UUID, now: datetime) -> JobRun | None:
    """Claim the newest due run that nobody has claimed, and commit the claim; None when there is none to do.

    Several missed runs count as one: only the newest is made up for.
    """
    _forget_future(session, job.name, now)
    due = job.schedule.latest(now, anchor_of(session, job, now))
    if due is None or _claimed_since(session, job.name, due):
        session.commit()
        return None
    run = JobRun(job=job.name, due_at=due, id=run_id, started_at=now)
    session.add(run)
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        return None
    return run


def _forget_future(session: Session, job: str, now: datetime) -> None:
    """When simulated time was set back, what ran in a future that is no more does not count."""
    horizon = now + _CLOCK_SET_BACK
    session.execute(sa.delete(JobRun).where(JobRun.job == job, JobRun.started_at > horizon))
    session.execute(sa.delete(JobAnchor).where(JobAnchor.job == job, JobAnchor.anchor > horizon))


def last_run(session: Session, job: str) -> JobRun | None:
    """The newest run of a job, or None."""
    return session.scalar(sa.select(JobRun).where(JobRun.job == job).order_by(JobRun.due_at.desc()).limit(1))


def _claimed_since(session: Session, job: str, due: datetime) -> bool:
    newer = sa.select(sa.literal(1)).where(JobRun.job == job, JobRun.due_at >= due).limit(1)
    return session.scalar(newer) is not None
