"""The agenda of an app, and its part in playing time: what is next, which runs are due, doing what a moment brings.

Who plays (the desk) goes from moment to moment and tells every app; between two of them nothing changes by itself.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import cast
from uuid import UUID

from flask import Flask, current_app

from common.clock import TimeShift
from common.errors import bad_request
from common.server.context import Context
from common.server.jobs.service import NO_LIMITS, Job, Outcome, next_runs, note_schedules, play_due_jobs
from common.server.outbox.delivery import deliver_quietly
from common.server.outbox.service import is_asked_for
from common.server.transaction import own_transaction
from common.sim import service as clock
from common.sim.timeline.entries import Entry, Kind, Timeline

_TICKED = timedelta(seconds=5)
"""How far time may have gone on while somebody decided to play it."""

PATIENCE = timedelta(minutes=2)
"""Of real time, that an app stands still for somebody who plays time and is not heard of: meanwhile another app may
sync a thousand organizations on a busy machine."""

_EXTENSION = "wardenloop timeline"
_JOBS = "jobs.schedules"


def give(app: Flask, timeline: Timeline) -> None:
    """Say what the app knows of its future."""
    app.extensions[_EXTENSION] = timeline


def agenda(ctx: Context, until: datetime) -> list[Entry]:
    """What happens from now on and by then, in order; of each job only the next run."""
    now = ctx.clock.now()
    jobs = [
        Entry(due, Kind.JOB, job.name, _JOBS) for job, _, due in next_runs(ctx, _timeline().jobs(ctx)) if due <= until
    ]
    return _in_order([*_entries(ctx, now, until), *jobs])


def ahead(ctx: Context, after: datetime, until: datetime, only: Collection[UUID] | None = None) -> list[Entry]:
    """What happens after one moment and by another that no job does, in order. only: to these organizations."""
    return _in_order(list(_entries(ctx, after, until, only)))


def playable(ctx: Context) -> list[tuple[Job, datetime]]:
    """The jobs that run by schedule, and when each was first looked at."""
    return [(job, anchor) for job, anchor, _ in next_runs(ctx, _timeline().jobs(ctx))]


def twins(ctx: Context) -> Mapping[UUID, UUID]:
    """By what id others know the organizations that jobs may be done for."""
    return _timeline().twins(ctx)


def play(
    ctx: Context, moment: datetime, jobs: Collection[str], only: Mapping[str, Collection[UUID]] = NO_LIMITS
) -> list[Outcome]:
    """Make it `moment`, standing still, and do what is due by then: settling, these jobs, sending what is queued.

    only: jobs that are done for some organizations. Errors: 400 a moment of the past.
    """
    begun = ctx.clock.now()
    if moment < begun - _TICKED:
        raise bad_request(f"It is {begun:%Y-%m-%d %H:%M:%S} already.", rule="sim.past")
    every_job = _timeline().jobs(ctx)
    with own_transaction(ctx.session):
        note_schedules(ctx, every_job)
        clock.play_to(ctx.session, moment, PATIENCE)
    return play_due_jobs(ctx, every_job, jobs, only, partial(_send_queued, ctx))


def _send_queued(ctx: Context) -> None:
    """The mails of a run leave at its moment, not with the answer to who plays."""
    if is_asked_for(ctx):
        deliver_quietly(ctx)


def end(ctx: Context, moment: datetime, played_at: datetime, *, frozen: bool) -> None:
    """Go on from `moment`, which was at `played_at` of real time; or stand still there for good."""
    with own_transaction(ctx.session):
        clock.end_play(ctx.session, TimeShift(moment - played_at, moment if frozen else None))


def _entries(ctx: Context, after: datetime, until: datetime, only: Collection[UUID] | None = None) -> Iterator[Entry]:
    return (each for each in _timeline().entries(ctx, until, only) if after < each.at <= until)


def _timeline() -> Timeline:
    return cast(Timeline, current_app.extensions[_EXTENSION])


def _in_order(entries: Collection[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda each: (each.at, each.kind, each.subject))
