"""Who does a due run: claimed exactly once, however many processes look, also while simulated time is being moved.

A process reads how time is shifted once and goes on with it for the rest of its look. So a claim is decided with time
held (`Clock.hold`): read anew, and moved by nobody until the claim is saved. Otherwise a process that still lives
before a move would take the claims made after it for those of a future that is no more, and the run is done again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from common.server.context import Context
from common.server.database import inserting
from common.server.jobs.models import JobAnchor, JobRun
from common.server.jobs.schedules import Schedule
from common.server.transaction import own_transaction, reading

_CLOCK_SET_BACK = timedelta(minutes=5)  # more than machines disagree about real time
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Claim:
    """A run that is this process's to do."""

    job: str
    due_at: datetime
    id: UUID
    started_at: datetime


def claim_due_run(ctx: Context, job: str, schedule: Schedule, *, player: bool = False) -> Claim | None:
    """Claim the newest due run that nobody has claimed, saved at once; None when there is none to do.

    Several missed runs count as one: only the newest is made up for. player: for who plays time just now, when nobody
    else is to claim anything.
    """
    with reading(ctx.session):
        if not (player or _is_worth_a_claim(ctx.session, job, schedule, ctx.clock.now())):
            return None
    with own_transaction(ctx.session):
        now = ctx.clock.hold()
        if ctx.clock.is_played() and not player:
            return None
        _forget_future(ctx.session, job, now)
        if player and (cut := _cut_off(ctx, job, now)) is not None:
            return cut
        due = schedule.latest(now, _anchor(ctx.session, job, now))
        if due is None or _is_claimed_since(ctx.session, job, due):
            return None
        return _insert(ctx, Claim(job, due, ctx.ids.uuid(), now))


def note_first_seen(ctx: Context, jobs: Iterable[str]) -> None:
    """Note that these schedules are looked at from now on, where nobody has looked yet."""
    rows = [{"job": job, "anchor": ctx.clock.now()} for job in jobs]
    if rows:
        ctx.session.execute(inserting(ctx.session, JobAnchor).values(rows).on_conflict_do_nothing())


def known_jobs(session: Session) -> set[str]:
    """The jobs whose schedules somebody has looked at."""
    return set(session.scalars(sa.select(JobAnchor.job)))


def claim_now(ctx: Context, job: str) -> Claim:
    """A run at this very moment, or at the next free one if the clock stands still; saved at once."""
    with own_transaction(ctx.session):
        now = due = ctx.clock.hold()
        while (claim := _insert(ctx, Claim(job, due, ctx.ids.uuid(), now))) is None:
            due += _TICK
        return claim


def first_seen(session: Session, job: str, now: datetime) -> datetime:
    """When this job's schedule was first seen; now, if no process has looked at it yet. Changes nothing."""
    anchor = session.scalar(sa.select(JobAnchor.anchor).where(JobAnchor.job == job))
    return now if anchor is None or anchor > now + _CLOCK_SET_BACK else anchor


def last_run(session: Session, job: str) -> JobRun | None:
    """The newest run of a job, or None."""
    return session.scalar(sa.select(JobRun).where(JobRun.job == job).order_by(JobRun.due_at.desc()).limit(1))


def _is_worth_a_claim(session: Session, job: str, schedule: Schedule, now: datetime) -> bool:
    """Whether there may be something to write: a look that finds nothing due only reads."""
    anchor = session.scalar(sa.select(JobAnchor.anchor).where(JobAnchor.job == job))
    newest = session.scalar(sa.select(sa.func.max(JobRun.started_at)).where(JobRun.job == job))
    horizon = now + _CLOCK_SET_BACK
    if anchor is None or anchor > horizon or (newest is not None and newest > horizon):
        return True
    due = schedule.latest(now, anchor)
    return due is not None and not _is_claimed_since(session, job, due)


def _forget_future(session: Session, job: str, now: datetime) -> None:
    """When simulated time was set back, what ran in a future that is no more does not count. Call with time held."""
    horizon = now + _CLOCK_SET_BACK
    session.execute(sa.delete(JobRun).where(JobRun.job == job, JobRun.started_at > horizon))
    session.execute(sa.delete(JobAnchor).where(JobAnchor.job == job, JobAnchor.anchor > horizon))


def _anchor(session: Session, job: str, now: datetime) -> datetime:
    """When this job's schedule was first seen in this database (recorded at the first call)."""
    seen = sa.select(JobAnchor.anchor).where(JobAnchor.job == job)
    found = session.scalar(seen)
    if found is None:
        session.execute(inserting(session, JobAnchor).values(job=job, anchor=now).on_conflict_do_nothing())
        found = session.scalars(seen).one()
    return found


def _is_claimed_since(session: Session, job: str, due: datetime) -> bool:
    newer = sa.select(sa.literal(1)).where(JobRun.job == job, JobRun.due_at >= due).limit(1)
    return session.scalar(newer) is not None


def _cut_off(ctx: Context, job: str, now: datetime) -> Claim | None:
    """The newest run, when it was done by who played time and did not come to its end: it is done again, now.

    Only then a run begins at the very moment at which it is due, because time stands still there.
    """
    newest = last_run(ctx.session, job)
    if newest is None or newest.finished_at is not None or newest.started_at != newest.due_at:
        return None
    return Claim(job, newest.due_at, newest.id, now)


def _insert(ctx: Context, claim: Claim) -> Claim | None:
    """Save a claim; None when another process has the same."""
    run = inserting(ctx.session, JobRun).values(
        job=claim.job, due_at=claim.due_at, id=claim.id, started_at=claim.started_at
    )
    inserted = ctx.session.execute(run.on_conflict_do_nothing().returning(JobRun.id)).scalar()
    return None if inserted is None else claim
