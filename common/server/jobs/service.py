"""The jobs of an app: doing what is due, doing one by name, and how they stand. What the jobs are, the app says.

Source: src/Api/Jobs/JobsHostedService.cs, src/Core/Jobs/BaseJob.cs.
"""

import logging
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa

from common.errors import not_found
from common.server.context import Context
from common.server.jobs.claims import Claim, claim_due_run, claim_now, first_seen, last_run, note_first_seen
from common.server.jobs.models import JobRun
from common.server.jobs.schedules import Schedule
from common.server.observed import told_apart
from common.server.transaction import own_transaction

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """A named task with its schedule.

    run: does it, once; true when it changed something that other jobs or another run of this one may look at.
    each_look: done at every look by whoever looks, claimed by nobody; it finds out by itself whether there is anything
    to do. idle: never changes anything.
    """

    name: str
    schedule: Schedule
    run: Callable[[], object]
    each_look: bool = False
    idle: bool = False


@dataclass(frozen=True)
class JobState:
    """A job with its last run and its next due moment."""

    name: str
    next_run: datetime
    last: JobRun | None


@dataclass(frozen=True)
class DueRuns:
    """The runs of a job within some time. first, last: when the first and the last of them fall due."""

    job: Job
    first: datetime
    last: datetime


@dataclass(frozen=True)
class Outcome:
    """How a run ended. changed: as a job says. error: None = well."""

    job: str
    changed: bool = False
    error: str | None = None


def job_states(ctx: Context, jobs: Iterable[Job]) -> list[JobState]:
    """These jobs as they stand. Changes nothing."""
    now = ctx.clock.now()
    return [
        JobState(
            job.name,
            job.schedule.next(now, first_seen(ctx.session, job.name, now)),
            last_run(ctx.session, job.name),
        )
        for job in jobs
    ]


def run_due_jobs(ctx: Context, jobs: Iterable[Job]) -> None:
    """Claim and run, one after the other, what is due and nobody has claimed. Never raises for a job."""
    if ctx.clock.is_played():
        return
    for job in jobs:
        if job.each_look:
            _do(ctx, job)
        elif (claim := claim_due_run(ctx, job.name, job.schedule)) is not None:
            _perform(ctx, job, claim)


def due_runs(ctx: Context, jobs: Iterable[Job], after: datetime, until: datetime) -> list[DueRuns]:
    """The runs that fall due later than `after` and not later than `until`, of jobs that run by schedule."""
    now, found = ctx.clock.now(), []
    for job in jobs:
        anchor = first_seen(ctx.session, job.name, now)
        first, last = job.schedule.next(after, anchor), job.schedule.latest(until, anchor)
        if not job.each_look and last is not None and first <= last:
            found.append(DueRuns(job, first, last))
    return found


def note_schedules(ctx: Context, jobs: Iterable[Job]) -> None:
    """Look at all schedules from now on, so that what falls due later counts."""
    note_first_seen(ctx, [job.name for job in jobs if not job.each_look])


def play_due_jobs(ctx: Context, jobs: Iterable[Job], names: Collection[str]) -> list[Outcome]:
    """Claim and run what is due of the jobs of these names, and all that is done at each look, for who plays time."""
    outcomes = []
    for job in jobs:
        if job.each_look:
            _do(ctx, job)
        elif job.name in names and (claim := claim_due_run(ctx, job.name, job.schedule, player=True)) is not None:
            outcomes.append(_perform(ctx, job, claim))
    return outcomes


def run_job(ctx: Context, jobs: Iterable[Job], name: str) -> JobRun:
    """Run a job now, whatever its schedule says; its error, if it fails, is in the run. Errors: 404 unknown name."""
    job = next((each for each in jobs if each.name.lower() == name.lower()), None)
    if job is None:
        raise not_found("jobs.unknown")
    claim = claim_now(ctx, job.name)
    outcome = _perform(ctx, job, claim)
    found = ctx.session.scalar(sa.select(JobRun).where(JobRun.id == claim.id))
    # forgotten: time was set back while it ran
    return found or JobRun(**asdict(claim), finished_at=ctx.clock.now(), error=outcome.error)


def _perform(ctx: Context, job: Job, claim: Claim) -> Outcome:
    """Run a claimed job and write down how it ended."""
    began = ctx.clock.now()
    log.info("Starting job %s at %s.", job.name, began)
    with told_apart(job.name, began) as run:
        outcome = _do(ctx, job)
        run.error = outcome.error
    log.info("Finished job %s at %s.", job.name, ctx.clock.now())
    ended = {"finished_at": ctx.clock.now(), "error": outcome.error}
    with own_transaction(ctx.session):
        ctx.session.execute(sa.update(JobRun).where(JobRun.id == claim.id).values(ended))
    return outcome


def _do(ctx: Context, job: Job) -> Outcome:
    """Run a job; a failure is logged and swallowed, as upstream."""
    try:
        with own_transaction(ctx.session):
            changed = bool(job.run())
    except Exception as problem:
        log.exception("Error performing %s.", job.name)
        return Outcome(job.name, error=str(problem))
    return Outcome(job.name, changed)
