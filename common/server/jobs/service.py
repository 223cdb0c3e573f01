"""The jobs of an app: doing what is due, doing one by name, and how they stand. What the jobs are, the app says.

Source: src/Api/Jobs/JobsHostedService.cs, src/Core/Jobs/BaseJob.cs.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa

from common.errors import not_found
from common.server.context import Context
from common.server.jobs.claims import Claim, claim_due_run, claim_now, first_seen, last_run
from common.server.jobs.models import JobRun
from common.server.jobs.schedules import Schedule
from common.server.transaction import own_transaction

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """A named task with its schedule.

    run: does it, once. each_look: done at every look by whoever looks, claimed by nobody; it finds out by itself
    whether there is anything to do.
    """

    name: str
    schedule: Schedule
    run: Callable[[], object]
    each_look: bool = False


@dataclass(frozen=True)
class JobState:
    """A job with its last run and its next due moment."""

    name: str
    next_run: datetime
    last: JobRun | None


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
    for job in jobs:
        if job.each_look:
            _do(ctx, job)
        elif (claim := claim_due_run(ctx, job.name, job.schedule)) is not None:
            _perform(ctx, job, claim)


def run_job(ctx: Context, jobs: Iterable[Job], name: str) -> JobRun:
    """Run a job now, whatever its schedule says; its error, if it fails, is in the run. Errors: 404 unknown name."""
    job = next((each for each in jobs if each.name.lower() == name.lower()), None)
    if job is None:
        raise not_found("jobs.unknown")
    return _perform(ctx, job, claim_now(ctx, job.name))


def _perform(ctx: Context, job: Job, claim: Claim) -> JobRun:
    """Run a claimed job and write down how it ended."""
    log.info("Starting job %s at %s.", job.name, ctx.clock.now())
    error = _do(ctx, job)
    log.info("Finished job %s at %s.", job.name, ctx.clock.now())
    ended = {"finished_at": ctx.clock.now(), "error": error}
    with own_transaction(ctx.session):
        ctx.session.execute(sa.update(JobRun).where(JobRun.id == claim.id).values(ended))
    found = ctx.session.scalar(sa.select(JobRun).where(JobRun.id == claim.id))
    return found or JobRun(**asdict(claim), **ended)  # forgotten: time was set back while it ran


def _do(ctx: Context, job: Job) -> str | None:
    """Run a job; the text of its failure, which is logged and swallowed, as upstream."""
    try:
        with own_transaction(ctx.session):
            job.run()
    except Exception as problem:
        log.exception("Error performing %s.", job.name)
        return str(problem)
    return None
