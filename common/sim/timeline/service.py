"""The agenda of an app, and its part in playing time: what is next, which runs are due, doing what a moment brings.

Who plays (the desk) goes from moment to moment and tells every app; between two of them nothing changes by itself.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from flask import Flask, current_app

from common.clock import TimeShift
from common.errors import bad_request
from common.server.context import Context
from common.server.jobs.service import DueRuns, due_runs, note_schedules, play_due_jobs
from common.server.transaction import own_transaction
from common.sim import service as clock
from common.sim.timeline.entries import Entry, Kind, Timeline

_DONE = "done"

_TICKED = timedelta(seconds=5)
"""How far time may have gone on while somebody decided to play it."""

PATIENCE = timedelta(seconds=30)
"""Of real time, that an app stands still for somebody who plays time and is not heard of."""

_EXTENSION = "wardenloop timeline"
_JOBS = "jobs.schedules"


@dataclass(frozen=True)
class Played:
    """Something that a moment brought. outcome: `done`, or why it failed. changed: whether others may follow."""

    at: datetime
    kind: Kind
    subject: str
    outcome: str
    changed: bool


def give(app: Flask, timeline: Timeline) -> None:
    """Say what the app knows of its future."""
    app.extensions[_EXTENSION] = timeline


def agenda(ctx: Context, until: datetime) -> list[Entry]:
    """What happens from now on and by then, in order; of each job only the next run."""
    now = ctx.clock.now()
    jobs = [Entry(each.first, Kind.JOB, each.job.name, _JOBS) for each in runs(ctx, now, until)]
    return _in_order([*_entries(ctx, now, until), *jobs])


def next_moment(ctx: Context, after: datetime, until: datetime) -> datetime | None:
    """The first moment after one and by another at which something happens that no job does."""
    return min((each.at for each in _entries(ctx, after, until)), default=None)


def runs(ctx: Context, after: datetime, until: datetime) -> list[DueRuns]:
    """The runs that fall due between two moments, the later one included."""
    return due_runs(ctx, _timeline().jobs(ctx), after, until)


def play(ctx: Context, moment: datetime, jobs: Collection[str]) -> list[Played]:
    """Make it `moment`, standing still, and do what is due by then: settling, these jobs, sending what is queued.

    Errors: 400 a moment of the past.
    """
    begun = ctx.clock.now()
    if moment < begun - _TICKED:
        raise bad_request(f"It is {begun:%Y-%m-%d %H:%M:%S} already.", rule="sim.past")
    brought = list(_entries(ctx, begun, moment))
    every_job = _timeline().jobs(ctx)
    with own_transaction(ctx.session):
        note_schedules(ctx, every_job)
        clock.play_to(ctx.session, moment, PATIENCE)
    outcomes = play_due_jobs(ctx, every_job, jobs)
    happened = [Played(each.at, each.kind, each.subject, _DONE, True) for each in _in_order(brought)]
    ran = [Played(moment, Kind.JOB, each.job, each.error or _DONE, each.changed) for each in outcomes]
    return happened + ran


def end(ctx: Context, moment: datetime, played_at: datetime, *, frozen: bool) -> None:
    """Go on from `moment`, which was at `played_at` of real time; or stand still there for good."""
    with own_transaction(ctx.session):
        clock.end_play(ctx.session, TimeShift(moment - played_at, moment if frozen else None))


def _entries(ctx: Context, after: datetime, until: datetime) -> Iterator[Entry]:
    return (each for each in _timeline().entries(ctx, until) if after < each.at <= until)


def _timeline() -> Timeline:
    return cast(Timeline, current_app.extensions[_EXTENSION])


def _in_order(entries: Collection[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda each: (each.at, each.kind, each.subject))
