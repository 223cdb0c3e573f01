"""Control of the recurring jobs: `/_sim/jobs`."""

from typing import Any

from flask import Blueprint, Response

from common.server import policy
from common.server.body import answer
from common.server.jobs.models import JobRun
from common.server.operation import Rows, operation
from common.wire import shapes
from common.wire.base import iso
from selfhost.context import context
from selfhost.jobs import service

bp = Blueprint("sim_jobs", __name__, url_prefix="/_sim/jobs")


@bp.get("")
@policy.control
@operation(answer=Rows(shapes.InstanceJob, plain=True))
def list_jobs() -> Response:
    """Every job with its last run and when it is due next."""
    states = service.job_states(context())
    rows = [
        {"name": each.name, "nextRun": iso(each.next_run), "lastRun": _shaped(each.last) if each.last else None}
        for each in states
    ]
    return answer({"data": rows})


@bp.post("/<name>/run")
@policy.control
@operation(answer=shapes.JobRun)
def run_job(name: str) -> Response:
    """Run a job now and wait for its end."""
    return answer(_shaped(service.run_job(context(), name)))


def _shaped(run: JobRun) -> dict[str, Any]:
    return {
        "job": run.job,
        "dueAt": iso(run.due_at),
        "startedAt": iso(run.started_at),
        "finishedAt": iso(run.finished_at) if run.finished_at else None,
        "error": run.error,
    }
