"""The book of sponsorship syncs: begun, under way, ended, and what the last one of an organization brought."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from common.errors import not_found
from common.server.seeding import drawn_once
from common.server.transaction import own_transaction
from selfhost.context import SelfHostContext
from selfhost.sponsorships.models import SyncHour
from selfhost.sponsorships.models import SyncRun as SyncRun
from selfhost.sponsorships.rules import Problem, interrupted

KEPT_RUNS = 100
"""How many runs of an organization are remembered; beside these the last one that agreed with the cloud."""

_AGREED = (SyncRun.error.is_(None), SyncRun.finished_at.is_not(None))
"""It went well; a run that has nothing to sync asks nobody, and is a sync all the same to whoever caused it."""

_HOURS = 24
_DRAWN_DIGITS = 6


class Tally(NamedTuple):
    """What a run did. sent: rows given to the cloud; removed: rows gone here; active: rows with a redeemed offer."""

    sent: int = 0
    removed: int = 0
    active: int = 0


def begin(ctx: SelfHostContext, organization_id: UUID, trigger: str) -> int:
    """Note that a run begins. The number of the run."""
    with own_transaction(ctx.session):
        run = SyncRun(organization_id=organization_id, trigger=trigger, started_at=ctx.clock.now())
        ctx.session.add(run)
        ctx.session.flush()
        number = run.number
        mine = SyncRun.organization_id == organization_id
        newest = sa.select(SyncRun.number).where(mine).order_by(SyncRun.number.desc()).limit(KEPT_RUNS)
        last_good = sa.select(sa.func.max(SyncRun.number)).where(mine, *_AGREED)
        kept = sa.or_(SyncRun.number.in_(newest), SyncRun.number.in_(last_good))
        ctx.session.execute(sa.delete(SyncRun).where(mine, sa.not_(kept)))
    return number


def announce(ctx: SelfHostContext, number: int, chunks: int) -> None:
    """Say how many requests a run will take."""
    _change(ctx, number, chunks_total=chunks)


def advance(ctx: SelfHostContext, number: int, rows: int) -> None:
    """One more request has been answered, and others follow."""
    with own_transaction(ctx.session):
        _change(ctx, number, chunks_done=SyncRun.chunks_done + 1, sent=SyncRun.sent + rows)


def end(ctx: SelfHostContext, number: int, tally: Tally) -> SyncRun:
    """Note the good end of a run in the transaction of what it changed. Errors: 404 the organization is gone."""
    return _close(
        ctx, number, chunks_done=SyncRun.chunks_total, sent=tally.sent, removed=tally.removed, active=tally.active
    )


def fail(ctx: SelfHostContext, number: int, problem: Problem) -> SyncRun:
    """Note that a run failed, and why. Errors: 404 the organization is gone."""
    return _close(ctx, number, error=problem.text, reason=problem.reason, advice=problem.advice)


def _close(ctx: SelfHostContext, number: int, **values: object) -> SyncRun:
    now = ctx.clock.now()
    _change(ctx, number, finished_at=now, **{"error": None, "reason": None, "advice": None} | values)
    run = ctx.session.get(SyncRun, number, populate_existing=True)
    if run is None:
        raise not_found("sync.organization-gone")
    _close_outlived(ctx, run, now)
    return run


def _close_outlived(ctx: SelfHostContext, run: SyncRun, now: datetime) -> None:
    """Runs that began earlier and have no end: their process died. One that still lives writes its own end later."""
    problem = interrupted()
    outlived = (
        SyncRun.organization_id == run.organization_id,
        SyncRun.number < run.number,
        SyncRun.finished_at.is_(None),
    )
    ctx.session.execute(
        sa.update(SyncRun)
        .where(*outlived)
        .values(finished_at=now, error=problem.text, reason=problem.reason, advice=problem.advice)
    )


def _change(ctx: SelfHostContext, number: int, **values: object) -> None:
    change = sa.update(SyncRun).where(SyncRun.number == number).values(values)
    ctx.session.execute(change.execution_options(synchronize_session=False))


def newest(ctx: SelfHostContext) -> int:
    """Number of the newest run of all organizations; 0 = there was none."""
    return ctx.session.scalar(sa.select(sa.func.max(SyncRun.number))) or 0


def was_synced_since(ctx: SelfHostContext, organization_id: UUID, number: int) -> bool:
    """Whether the organization has a run that is newer than this one."""
    later = sa.select(SyncRun.number).where(SyncRun.organization_id == organization_id, SyncRun.number > number)
    return ctx.session.scalar(later.limit(1)) is not None


def last_run(ctx: SelfHostContext, organization_id: UUID) -> SyncRun | None:
    """The newest run of an organization, or None."""
    return next(iter(list_runs(ctx, organization_id, limit=1)), None)


def last_runs(ctx: SelfHostContext, organization_ids: Collection[UUID]) -> dict[UUID, SyncRun]:
    """The newest run of each of these organizations (one statement)."""
    newest = sa.select(sa.func.max(SyncRun.number)).where(SyncRun.organization_id.in_(organization_ids))
    query = sa.select(SyncRun).where(SyncRun.number.in_(newest.group_by(SyncRun.organization_id)))
    return {each.organization_id: each for each in ctx.session.scalars(query)}


def list_runs(ctx: SelfHostContext, organization_id: UUID | None = None, limit: int = KEPT_RUNS) -> Sequence[SyncRun]:
    """The newest runs, newest first, of one organization or of all."""
    query = sa.select(SyncRun).order_by(SyncRun.number.desc()).limit(limit)
    if organization_id is not None:
        query = query.where(SyncRun.organization_id == organization_id)
    return ctx.session.scalars(query.execution_options(populate_existing=True)).all()


def organizations_synced(ctx: SelfHostContext, organization_ids: Collection[UUID]) -> set[UUID]:
    """Those of these organizations that had a run without an error."""
    worked = (SyncRun.finished_at.is_not(None), SyncRun.error.is_(None))
    query = sa.select(SyncRun.organization_id).where(SyncRun.organization_id.in_(organization_ids), *worked)
    return set(ctx.session.scalars(query.distinct()))


def last_sync(ctx: SelfHostContext, organization_id: UUID) -> datetime | None:
    """When this organization's sponsorships were last synced without an error; None = never.

    A run that finds nothing to sync counts: whoever pressed the button did sync.
    """
    query = sa.select(SyncRun.finished_at).where(SyncRun.organization_id == organization_id, *_AGREED)
    return ctx.session.scalar(query.order_by(SyncRun.number.desc()).limit(1))


def sync_hour(ctx: SelfHostContext) -> int:
    """Hours from the first start to the first daily sync: as configured, else drawn once at random (0 to 23).

    Upstream draws again at every start, so that an instance restarted daily may never sync.
    Source: src/Api/Jobs/JobsHostedService.cs; fidelity.md: jobs.schedules.
    """
    fixed = ctx.deployment.simulator.sponsorship_sync_hour
    if fixed is not None:
        return fixed
    table = SyncHour.__table__  # every start looks here: as a table it is there before all classes are mapped
    hour: int | None = ctx.session.scalar(sa.select(table.c.hour).where(table.c.id == 1))
    if hour is not None:
        return hour
    try:
        drawn = drawn_once(ctx.ids, "sync hour").digits(_DRAWN_DIGITS)
        with own_transaction(ctx.session):  # whoever looks first, also somebody who only reads
            ctx.session.add(SyncHour(id=1, hour=int(drawn) % _HOURS))
    except IntegrityError:  # another process was faster
        pass
    return ctx.session.get_one(SyncHour, 1, populate_existing=True).hour
