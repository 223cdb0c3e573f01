"""Control of an app's future: `/_sim/agenda` and its part in playing time, `/_sim/play`."""

from datetime import datetime
from itertools import islice
from uuid import UUID

from flask import Blueprint, Response, request

from common.clock import moment_of
from common.errors import bad_request
from common.ids import parse_guid
from common.server import policy
from common.server.app import context
from common.server.body import answer, answer_rows, nothing, query_text, read_json
from common.server.jobs.schedules import told_schedule
from common.server.observed import Run, ids_of, observed
from common.server.operation import Query, Rows, operation
from common.server.transaction import reads
from common.sim.journal import recorder as journal
from common.sim.timeline import service
from common.sim.timeline.entries import Kind
from common.wire.timeline import (
    AgendaEntry,
    ComingEvent,
    PlayableJob,
    PlayableJobs,
    Played,
    PlayedEvent,
    PlayEnd,
    PlayRequest,
)

bp = Blueprint("sim_timeline", __name__, url_prefix="/_sim")

_MOST_TOLD = 100
"""Ids of entries beside those of the runs."""

_AHEAD = [Query("after", required=True), Query("until", required=True), Query("organization")]


@bp.get("/agenda")
@policy.control
@operation(query=[Query("until", required=True)], answer=Rows(AgendaEntry, plain=True))
def show_agenda() -> Response:
    """What will happen here by a date; of each job only the next run."""
    entries = service.agenda(context(), _moment("until"))
    return answer_rows(
        (
            AgendaEntry(
                at=each.at,
                kind=each.kind,
                subject=each.subject,
                organization_id=each.organization_id,
                rule=each.rule,
            )
            for each in entries
        ),
        plain=True,
    )


@bp.get("/play/ahead")
@policy.control
@operation(query=_AHEAD, answer=Rows(ComingEvent, plain=True))
def list_ahead() -> Response:
    """What happens between two moments, the later one included, but for jobs. `organization`, repeated: to these."""
    only = [_organization(each) for each in request.args.getlist("organization")]
    entries = service.ahead(context(), _moment("after"), _moment("until"), only or None)
    return answer_rows(
        (
            ComingEvent(
                at=each.at,
                kind=each.kind,
                subject=each.subject,
                organization_id=each.organization_id,
                rule=each.rule,
                touches=None if each.touches is None else sorted(each.touches),
            )
            for each in entries
        ),
        plain=True,
    )


@bp.get("/play/jobs")
@policy.control
@operation(answer=PlayableJobs)
def list_jobs() -> Response:
    """The jobs that run by schedule, and what who plays time must know of them."""
    ctx = context()
    jobs = [
        PlayableJob(
            job=job.name,
            schedule=told_schedule(job.schedule),
            anchor=anchor,
            idle=job.idle,
            in_parts=job.run_some is not None,
            heeds=None if job.heeds is None else sorted(job.heeds),
            precedes=sorted(job.precedes),
            amounts_to=None if job.amounts_to is None else sorted(job.amounts_to),
        )
        for job, anchor in service.playable(ctx)
    ]
    return answer(PlayableJobs(data=jobs, twins={str(own): other for own, other in service.twins(ctx).items()}))


@bp.post("/play")
@policy.control
@reads  # several transactions, each in its place
@operation(body=PlayRequest, answer=Played)
def play() -> Response:
    """Go to a moment, stand still there, and do what is due. For who plays time over all apps."""
    wanted = read_json(PlayRequest)
    ran = service.play(context(), wanted.at, wanted.jobs, wanted.only)
    journal.note_time()
    told = observed()
    runs = [
        PlayedEvent(
            at=wanted.at,
            kind=Kind.JOB,
            subject=each.job,
            outcome=each.error or "done",
            changed=each.changed,
            touches=None if each.touched is None else sorted(each.touched),
            journal=list(each.journal),
        )
        for each in ran
    ]
    beside = ids_of(each for each in told.happened if not isinstance(each, Run)) if told else ()
    return answer(Played(data=runs, journal=list(islice(beside, _MOST_TOLD))))


@bp.post("/play/end")
@policy.control
@operation(body=PlayEnd)
def end_play() -> Response:
    """Time goes on by itself."""
    wanted = read_json(PlayEnd)
    service.end(context(), wanted.at, wanted.real_at, frozen=wanted.frozen)
    return nothing()


def _moment(name: str) -> datetime:
    try:
        return moment_of(query_text(name))
    except ValueError as error:
        raise bad_request(f"{name} is no date.", rule="sim.date") from error


def _organization(text: str) -> UUID:
    try:
        return parse_guid(text)
    except ValueError as error:
        raise bad_request(f"{text} is no id of an organization.", rule="sim.date") from error
