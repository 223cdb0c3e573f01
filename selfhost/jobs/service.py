"""The instance's recurring jobs: their schedules, claiming what is due, running one, and what became of it.

Source: src/Api/Jobs/JobsHostedService.cs, src/Core/Jobs/BaseJob.cs; spec/deployment-and-configuration.md 9.1.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError

from common.errors import not_found
from common.server.jobs import Cron, Every, Job, JobRun, anchor_of, claim_due_run, last_run
from selfhost.context import SelfHostContext
from selfhost.licensing import validation
from selfhost.sponsorships import runs, sync
from selfhost.sponsorships import service as sponsorships

SPONSORSHIP_SYNC = "SelfHostedSponsorshipSyncJob"

log = logging.getLogger(__name__)

_TICK = timedelta(microseconds=1)


def _alive(_ctx: SelfHostContext) -> None:
    log.info("It's alive!")


def jobs_of(ctx: SelfHostContext) -> tuple[Job, ...]:
    """Every job of the instance, in upstream's order. Source: spec/licensing.md 8."""

    def bound(run: Callable[[SelfHostContext], None]) -> Callable[[], None]:
        return lambda: run(ctx)

    jobs = [
        Job("AliveJob", Cron("0 * * * *"), bound(_alive)),
        Job("ValidateUsersJob", Cron("0 */6 * * *"), bound(validation.validate_users)),
        Job("ValidateOrganizationsJob", Cron("30 */12 * * *"), bound(validation.validate_organizations)),
        Job("DatabaseExpiredSponsorshipsJob", Cron("0 0 * * 1"), bound(sponsorships.purge_expired)),
    ]
    if ctx.deployment.enable_cloud_communication:
        daily = Every(timedelta(days=1), timedelta(hours=runs.sync_hour(ctx)))
        jobs.append(Job(SPONSORSHIP_SYNC, daily, bound(sync.sync_all)))
    return tuple(jobs)


@dataclass(frozen=True)
class JobState:
    """A job with its last run and its next due moment."""

    name: str
    next_run: datetime
    last: JobRun | None


def job_states(ctx: SelfHostContext) -> list[JobState]:
    """All jobs as they stand."""
    now = ctx.clock.now()
    return [
        JobState(job.name, job.schedule.next(now, anchor_of(ctx.session, job, now)), last_run(ctx.session, job.name))
        for job in jobs_of(ctx)
    ]


def daily_sync(ctx: SelfHostContext) -> JobState | None:
    """The daily sponsorship sync as it stands; None without cloud communication."""
    return next((state for state in job_states(ctx) if state.name == SPONSORSHIP_SYNC), None)


def run_due_jobs(ctx: SelfHostContext) -> None:
    """Claim and run, one after the other, what is due and nobody has claimed. Commits; never raises for a job."""
    for job in jobs_of(ctx):
        run = claim_due_run(ctx.session, job, ctx.ids.uuid(), ctx.clock.now())
        if run is not None:
            _perform(ctx, job, run)


def run_job(ctx: SelfHostContext, name: str) -> JobRun:
    """Run a job now, whatever its schedule says. Errors: 404 unknown name."""
    job = next((each for each in jobs_of(ctx) if each.name.lower() == name.lower()), None)
    if job is None:
        raise not_found("jobs.unknown")
    return _perform(ctx, job, _claim_now(ctx, job))


def _claim_now(ctx: SelfHostContext, job: Job) -> JobRun:
    """A run at this very moment, or at the next free one if the clock stands still."""
    now = ctx.clock.now()
    due = now
    while True:
        run = JobRun(job=job.name, due_at=due, id=ctx.ids.uuid(), started_at=now)
        ctx.session.add(run)
        try:
            ctx.session.commit()
        except IntegrityError:
            ctx.session.rollback()
            due += _TICK
        else:
            return run


def _perform(ctx: SelfHostContext, job: Job, run: JobRun) -> JobRun:
    """Run a claimed job and write down how it ended; a failing job is logged and swallowed, as upstream."""
    key = (run.job, run.due_at)
    ctx.session.commit()
    log.info("Starting job %s at %s.", job.name, ctx.clock.now())
    error = None
    try:
        job.run()
        ctx.session.commit()
    except Exception as problem:
        ctx.session.rollback()
        log.exception("Error performing %s.", job.name)
        error = str(problem)
    log.info("Finished job %s at %s.", job.name, ctx.clock.now())
    done = ctx.session.get_one(JobRun, key, populate_existing=True)
    done.finished_at = ctx.clock.now()
    done.error = error
    ctx.session.commit()
    return done
