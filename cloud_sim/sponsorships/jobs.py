"""The cloud's recurring work on sponsorships. There is no jobs process: due work is done after a sync, or by control.

Nothing else of the cloud waits for a job: subscriptions catch up with the clock before each request.
Source: src/Admin/Jobs/DeleteExpiredSponsorshipsJob; spec/billing-sync-and-sponsorships.md 8.
"""

import logging
from dataclasses import dataclass
from datetime import datetime

from cloud_sim.context import CloudContext
from cloud_sim.sponsorships import outbox
from cloud_sim.sponsorships.service import purge_expired
from common.errors import not_found
from common.server.jobs import Cron, Job, JobRun, anchor_of, claim_due_run, last_run

log = logging.getLogger(__name__)

PURGE, SEND = "DatabaseExpiredSponsorshipsJob", "SendPendingMailsJob"


def jobs_of(ctx: CloudContext) -> tuple[Job, ...]:
    """Both jobs. The purge runs on Mondays at midnight in New York (winter time); instances have run theirs by then."""
    return (
        Job(PURGE, Cron("0 5 * * 1"), lambda: _purge(ctx)),
        Job(SEND, Cron("* * * * *"), lambda: _send(ctx)),
    )


def _purge(ctx: CloudContext) -> None:
    log.info("Purged %d sponsorships", purge_expired(ctx))


def _send(ctx: CloudContext) -> None:
    outbox.send_pending(ctx)


@dataclass(frozen=True)
class JobState:
    """A job with its last run and when it is due next."""

    name: str
    next_run: datetime
    last: JobRun | None


def job_states(ctx: CloudContext) -> list[JobState]:
    """Both jobs as they stand."""
    now = ctx.clock.now()
    return [
        JobState(job.name, job.schedule.next(now, anchor_of(ctx.session, job, now)), last_run(ctx.session, job.name))
        for job in jobs_of(ctx)
    ]


def catch_up(ctx: CloudContext) -> None:
    """After a request that asked for it: send what is queued, purge when that is due. Commits; never raises."""
    if not outbox.is_asked_for(ctx):
        return
    for job in jobs_of(ctx):
        try:
            if job.name == SEND or claim_due_run(ctx.session, job, ctx.ids.uuid(), ctx.clock.now()) is not None:
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
