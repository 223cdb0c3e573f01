"""Control of an app's future: `/_sim/agenda` and its part in playing time, `/_sim/play`."""

from datetime import UTC, datetime

from flask import Blueprint, Response

from common.errors import bad_request
from common.server import policy
from common.server.app import context
from common.server.body import answer, answer_rows, nothing, query_text, read_json
from common.server.operation import Query, Rows, operation
from common.server.transaction import reads
from common.sim.timeline import service
from common.wire.timeline import AgendaEntry, JobRuns, NextMoment, PlayedEvent, PlayEnd, PlayRequest

bp = Blueprint("sim_timeline", __name__, url_prefix="/_sim")

_BETWEEN = [Query("after", required=True), Query("until", required=True)]


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


@bp.get("/play/next")
@policy.control
@operation(query=_BETWEEN, answer=NextMoment)
def show_next_moment() -> Response:
    """When something happens next that no job does."""
    return answer(NextMoment(at=service.next_moment(context(), _moment("after"), _moment("until"))))


@bp.get("/play/runs")
@policy.control
@operation(query=_BETWEEN, answer=Rows(JobRuns, plain=True))
def list_runs() -> Response:
    """The runs that fall due between two moments, the later one included."""
    runs = service.runs(context(), _moment("after"), _moment("until"))
    return answer_rows(
        (JobRuns(job=each.job.name, first=each.first, last=each.last, idle=each.job.idle) for each in runs), plain=True
    )


@bp.post("/play")
@policy.control
@reads  # several transactions, each in its place
@operation(body=PlayRequest, answer=Rows(PlayedEvent, plain=True))
def play() -> Response:
    """Go to a moment, stand still there, and do what is due. For who plays time over all apps."""
    wanted = read_json(PlayRequest)
    happened = service.play(context(), wanted.at, wanted.jobs)
    return answer_rows(
        (
            PlayedEvent(at=each.at, kind=each.kind, subject=each.subject, outcome=each.outcome, changed=each.changed)
            for each in happened
        ),
        plain=True,
    )


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
        moment = datetime.fromisoformat(query_text(name))
    except ValueError as error:
        raise bad_request(f"{name} is no date.", rule="sim.date") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
