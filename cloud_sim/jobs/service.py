"""The cloud's recurring work: settling subscriptions, sending queued mails, purging sponsorships.

Settling and sending are looked at all the time; the purge is a run that one process claims.
Source: src/Admin/Jobs/DeleteExpiredSponsorshipsJob.
"""

import logging
from dataclasses import dataclass
from datetime import datetime

from cloud_sim.context import CloudContext
from cloud_sim.sponsorships import outbox
from cloud_sim.sponsorships.service import purge_expired
from cloud_sim.subscriptions.settling import settle_due
from common.errors import not_found
from common.server.jobs import Cron, Job, JobRun, claim_due_run, last_run

log = logging.getLogger(__name__)

PURGE, SEND, SETTLE = "DatabaseExpiredSponsorshipsJob", "SendPendingMailsJob", "SettleSubscriptionsJob"


def jobs_of(ctx: CloudContext) -> tuple[Job, ...]:
    """Every job. The purge runs on Mondays at midnight in New York (winter time); instances have run theirs by then."""
    return (
        Job(PURGE, Cron("0 5 * * 1"), lambda: _purge(ctx)),
        Job(SEND, Cron("* * * * *"), lambda: _send(ctx)),
        Job(SETTLE, Cron("* * * * *"), lambda: _settle(ctx)),
    )


def _purge(ctx: CloudContext) -> None:
    log.info("Purged %d sponsorships", purge_expired(ctx))


def _send(ctx: CloudContext) -> None:
    outbox.send_pending(ctx)


def _settle(ctx: CloudContext) -> None:
    settle_due(ctx, ctx.clock.now())


@dataclass(frozen=True)
class JobState:
    """A job with its last run and when it is due next."""

    name: str
    next_run: datetime
    last: JobRun | None


def job_states(ctx: CloudContext) -> list[JobState]:
    """Every job as it stands."""
    now = ctx.clock.now()
    return [JobState(job.name, job.schedule.next(now, now), last_run(ctx.session, job.name)) for job in jobs_of(ctx)]


def run_due_jobs(ctx: CloudContext) -> None:
    """One look at everything: what is due is done. Commits; never raises for a job."""
    for job in jobs_of(ctx):
        try:
            if job.name != PURGE or claim_due_run(ctx.session, job, ctx.ids.uuid(), ctx.clock.now()) is not None:
                job.run()
            ctx.session.commit()
        except Exception:
            ctx.session.rollback()
            log.exception("Error performing %s.", job.name)


def run_job(ctx: CloudContext, name: str) -> str:
    """Run a job now and tell its full name. Errors: 404 unknown name."""
    job = next((each for each in jobs_of(ctx) if each.name.lower() == name.lower()), None)
    if job is None:
        raise not_found("jobs.unknown")
    job.run()
    return job.name
