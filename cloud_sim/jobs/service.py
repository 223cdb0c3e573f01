"""The cloud's recurring work: settling subscriptions, sending queued mails, purging sponsorships.

Settling and sending are looked at all the time; the purge is a run that one process claims.
Source: src/Admin/Jobs/DeleteExpiredSponsorshipsJob.
"""

import logging

from cloud_sim.context import CloudContext
from cloud_sim.sponsorships.service import purge_expired
from cloud_sim.subscriptions.settling import is_due, settle_due
from common.server.jobs.models import JobRun
from common.server.jobs.schedules import Cron
from common.server.jobs.service import Job, JobState
from common.server.jobs.service import job_states as states_of
from common.server.jobs.service import run_due_jobs as run_due
from common.server.jobs.service import run_job as run_by_name
from common.server.outbox.delivery import answers_deliver, deliver_due
from common.server.transaction import reading
from common.sim.timeline.entries import Kind, touched_by

log = logging.getLogger(__name__)

_PURGED = frozenset({Kind.SPONSORSHIP_PURGE})

PURGE, SEND, SETTLE = "DatabaseExpiredSponsorshipsJob", "SendPendingMailsJob", "SettleSubscriptionsJob"


def jobs_of(ctx: CloudContext) -> tuple[Job, ...]:
    """Every job. The purge runs on Mondays at midnight in New York (winter time); instances have run theirs by then."""
    return (
        Job(SETTLE, Cron("* * * * *"), lambda: _settle(ctx), each_look=True),
        Job(PURGE, Cron("0 5 * * 1"), lambda: _purge(ctx), heeds=_PURGED, amounts_to=_PURGED),
        Job(SEND, Cron("* * * * *"), lambda: deliver_due(ctx), each_look=True),
    )


def _purge(ctx: CloudContext) -> object:
    purged = purge_expired(ctx)
    log.info("Purged %d sponsorships", len(purged))
    return touched_by(purged)


def _settle(ctx: CloudContext) -> None:
    now = ctx.clock.now()
    with reading(ctx.session):
        if not is_due(ctx, now):
            return
    settle_due(ctx, now)


def job_states(ctx: CloudContext) -> list[JobState]:
    """Every job as it stands."""
    return states_of(ctx, jobs_of(ctx))


def run_due_jobs(ctx: CloudContext) -> None:
    """One look at everything: what is due is done. Commits; never raises for a job."""
    run_due(ctx, [each for each in jobs_of(ctx) if each.name != SEND or not answers_deliver(ctx)])


def run_job(ctx: CloudContext, name: str) -> JobRun:
    """Run a job now, whatever its schedule says. Errors: 404 unknown name."""
    return run_by_name(ctx, jobs_of(ctx), name)
