"""The instance's recurring jobs and their schedules.

Source: src/Api/Jobs/JobsHostedService.cs, src/Core/Jobs/BaseJob.cs.
"""

import logging
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from common.server.jobs.models import JobRun
from common.server.jobs.schedules import SCHEDULES, Cron, Every, write_schedules
from common.server.jobs.service import Job, JobState
from common.server.jobs.service import job_states as states_of
from common.server.jobs.service import run_due_jobs as run_due
from common.server.jobs.service import run_job as run_by_name
from common.server.transaction import own_transaction
from common.sim.timeline.entries import Kind, touched_by
from selfhost.context import SelfHostContext
from selfhost.licensing import validation
from selfhost.sponsorships import runs
from selfhost.sponsorships import service as sponsorships

SPONSORSHIP_SYNC = "SelfHostedSponsorshipSyncJob"
_VALIDATION = Cron("30 */12 * * *")

_PREMIUM_MAY_END = frozenset({Kind.LICENSE_EXPIRY})
_LICENSE_MAY_END = frozenset({Kind.GRACE_END, Kind.LICENSE_EXPIRY, Kind.SUSPENSION})
_PURGED = frozenset({Kind.SPONSORSHIP_PURGE})
_SYNC_MAY_DIFFER = _PURGED | {Kind.RENEWAL, Kind.CANCELLATION, Kind.TRIAL_END, Kind.SPONSORSHIP_END}

log = logging.getLogger(__name__)


def _alive(_ctx: SelfHostContext) -> None:
    log.info("It's alive!")


def _sync_all(ctx: SelfHostContext, only: Collection[UUID] | None = None) -> object:
    from selfhost.sponsorships import sync  # noqa: PLC0415 - once a day, and it brings the models of what is sent

    return sync.sync_all(ctx, only)


def jobs_of(ctx: SelfHostContext) -> tuple[Job, ...]:
    """Every job of the instance, in upstream's order."""

    def bound(run: Callable[[SelfHostContext], object]) -> Callable[[], object]:
        return lambda: run(ctx)

    jobs = [
        Job("AliveJob", Cron("0 * * * *"), bound(_alive), idle=True),
        Job(
            "ValidateUsersJob",
            Cron("0 */6 * * *"),
            bound(validation.validate_users),
            heeds=_PREMIUM_MAY_END,
            amounts_to=frozenset(),
        ),
        Job(
            "ValidateOrganizationsJob",
            _VALIDATION,
            bound(validation.validate_organizations),
            run_some=lambda only: validation.validate_organizations(ctx, only),
            heeds=_LICENSE_MAY_END,
            amounts_to=frozenset({Kind.SUSPENSION}),
        ),
        Job(
            "DatabaseExpiredSponsorshipsJob",
            Cron("0 0 * * 1"),
            lambda: touched_by(sponsorships.purge_expired(ctx)),
            heeds=_PURGED,
            amounts_to=_PURGED,
        ),
    ]
    if ctx.deployment.enable_cloud_communication:
        daily = Every(timedelta(days=1), timedelta(hours=runs.sync_hour(ctx)))
        jobs.append(
            Job(
                SPONSORSHIP_SYNC,
                daily,
                bound(_sync_all),
                run_some=lambda only: _sync_all(ctx, only),
                heeds=_SYNC_MAY_DIFFER,
                precedes=_SYNC_MAY_DIFFER | {Kind.SUSPENSION},
                amounts_to=frozenset({Kind.SPONSORSHIP_END}),
            )
        )
    return tuple(jobs)


def suspended_by(end: datetime) -> datetime:
    """The run that finds that a licence ended at this moment and switches its organization off."""
    return _VALIDATION.next(end, end)


def draw_schedule(ctx: SelfHostContext) -> None:
    """Draw what the schedule draws once, so that looking at it only reads from then on."""
    with own_transaction(ctx.session):
        jobs_of(ctx)


def tell_schedules(ctx: SelfHostContext, jobs: Iterable[Job]) -> None:
    """Leave beside the keys what runs when, so that it can be said what a stopped instance misses."""
    schedules = {each.name: each.schedule for each in jobs if not each.idle}
    write_schedules(ctx.settings.state_dir / SCHEDULES, schedules)


def job_states(ctx: SelfHostContext) -> list[JobState]:
    """All jobs as they stand."""
    return states_of(ctx, jobs_of(ctx))


def daily_sync(ctx: SelfHostContext) -> JobState | None:
    """The daily sponsorship sync as it stands; None without cloud communication."""
    daily = [job for job in jobs_of(ctx) if job.name == SPONSORSHIP_SYNC]
    return next(iter(states_of(ctx, daily)), None)


def run_due_jobs(ctx: SelfHostContext) -> None:
    """Do what is due and nobody has claimed. Never raises for a job."""
    run_due(ctx, jobs_of(ctx))


def run_job(ctx: SelfHostContext, name: str) -> JobRun:
    """Run a job now, whatever its schedule says. Errors: 404 unknown name."""
    return run_by_name(ctx, jobs_of(ctx), name)
