"""The jobs of an app: doing what is due, doing one by name, and how they stand. What the jobs are, the app says.

Source: src/Api/Jobs/JobsHostedService.cs, src/Core/Jobs/BaseJob.cs.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

import sqlalchemy as sa

from common.errors import Refusal
from common.server.context import Context
from common.server.jobs.claims import (
    Claim,
    claim_due_run,
    claim_now,
    first_seen,
    known_jobs,
    last_run,
    note_first_seen,
)
from common.server.jobs.models import JobRun
from common.server.jobs.schedules import Schedule
from common.server.observed import ids_of, told_apart
from common.server.transaction import own_transaction

log = logging.getLogger(__name__)

NO_LIMITS: Mapping[str, Collection[UUID]] = MappingProxyType({})
"""Every job for all organizations."""


@dataclass(frozen=True)
class Job:
    """A named task with its schedule.

    run: does it, once; true when it changed something that other jobs or another run of this one may look at; the ids
    of the organizations that it changed, where it knows them. run_some: does it for these organizations only.
    heeds: the kinds of what time brings that may make its result another one; None = all. precedes: those that look at
    the moment of its last run. amounts_to: those that what it changes is like; None = all.
    each_look: done at every look by whoever looks, claimed by nobody; it finds out by itself whether there is anything
    to do. idle: never changes anything.
    """

    name: str
    schedule: Schedule
    run: Callable[[], object]
    each_look: bool = False
    idle: bool = False
    run_some: Callable[[Collection[UUID]], object] | None = None
    heeds: frozenset[str] | None = None
    precedes: frozenset[str] = frozenset()
    amounts_to: frozenset[str] | None = None


@dataclass(frozen=True)
class JobState:
    """A job with its schedule, its last run and its next due moment."""

    name: str
    schedule: Schedule
    next_run: datetime
    last: JobRun | None


@dataclass(frozen=True)
class Outcome:
    """How a run ended. changed, touched: as a job says; None = it does not say which. error: None = well.

    journal: what tells of it and of what it caused.
    """

    job: str
    changed: bool = False
    error: str | None = None
    touched: frozenset[UUID] | None = None
    journal: tuple[str, ...] = ()


def job_states(ctx: Context, jobs: Iterable[Job]) -> list[JobState]:
    """These jobs as they stand. Changes nothing."""
    now = ctx.clock.now()
    return [
        JobState(
            job.name,
            job.schedule,
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


def next_runs(ctx: Context, jobs: Iterable[Job]) -> list[tuple[Job, datetime, datetime]]:
    """The jobs that run by schedule: when each was first looked at, and when it falls due next."""
    now, found = ctx.clock.now(), []
    for job in jobs:
        if not job.each_look:
            anchor = first_seen(ctx.session, job.name, now)
            found.append((job, anchor, job.schedule.next(now, anchor)))
    return found


def note_schedules(ctx: Context, jobs: Iterable[Job]) -> None:
    """Look at all schedules from now on, so that what falls due later counts."""
    names = {job.name for job in jobs if not job.each_look}
    note_first_seen(ctx, names - known_jobs(ctx.session))


def play_due_jobs(
    ctx: Context,
    jobs: Iterable[Job],
    names: Collection[str],
    only: Mapping[str, Collection[UUID]] = NO_LIMITS,
    then: Callable[[], object] = lambda: None,
) -> list[Outcome]:
    """Claim and run what is due of the jobs of these names, and all that is done at each look, for who plays time.

    only: jobs that are to be done for some organizations. then: what belongs to each run, at its moment.
    """
    outcomes = []
    for job in jobs:
        if job.each_look:
            _do(ctx, job)
        elif job.name in names and (claim := claim_due_run(ctx, job.name, job.schedule, player=True)) is not None:
            outcomes.append(_perform(ctx, job, claim, only.get(job.name), then))
    return outcomes


def run_job(ctx: Context, jobs: Iterable[Job], name: str) -> JobRun:
    """Run a job now, whatever its schedule says; its error, if it fails, is in the run. Errors: 404 unknown name."""
    known = list(jobs)
    job = next((each for each in known if each.name.lower() == name.lower()), None)
    if job is None:
        names = ", ".join(each.name for each in known)
        raise Refusal(404, f"There is no job {name}. There are: {names}.", rule="jobs.unknown")
    claim = claim_now(ctx, job.name)
    outcome = _perform(ctx, job, claim)
    found = ctx.session.scalar(sa.select(JobRun).where(JobRun.id == claim.id))
    # forgotten: time was set back while it ran
    return found or JobRun(**asdict(claim), finished_at=ctx.clock.now(), error=outcome.error)


def _perform(
    ctx: Context,
    job: Job,
    claim: Claim,
    only: Collection[UUID] | None = None,
    then: Callable[[], object] = lambda: None,
) -> Outcome:
    """Run a claimed job and write down how it ended. then: what belongs to the run, too."""
    began = ctx.clock.now()
    log.info("Starting job %s at %s.", job.name, began)
    with told_apart(job.name, began) as run:
        outcome = _do(ctx, job, only)
        run.error = outcome.error
        then()
    log.info("Finished job %s at %s.", job.name, ctx.clock.now())
    ended = {"finished_at": ctx.clock.now(), "error": outcome.error}
    with own_transaction(ctx.session):
        ctx.session.execute(sa.update(JobRun).where(JobRun.id == claim.id).values(ended))
    return replace(outcome, journal=tuple(ids_of([run])))


def _do(ctx: Context, job: Job, only: Collection[UUID] | None = None) -> Outcome:
    """Run a job; a failure is logged and swallowed, as upstream."""
    try:
        with own_transaction(ctx.session):
            result = job.run() if only is None or job.run_some is None else job.run_some(only)
    except Exception as problem:
        log.exception("Error performing %s.", job.name)
        return Outcome(job.name, error=str(problem))
    return Outcome(job.name, bool(result), touched=result if isinstance(result, frozenset) else None)
