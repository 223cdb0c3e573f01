"""`/_sim/jobs` of the whole stack."""

from flask import Response, jsonify, request

from common.desk.control import apps_of, control_blueprint
from common.desk.jobs import service
from common.server import policy
from common.server.operation import operation
from common.wire.desk import StackJobRuns, StackJobs

bp = control_blueprint("desk_jobs", "/jobs")


@bp.get("")
@policy.control
@operation(answer=StackJobs)
def list_jobs() -> Response:
    """Every job of every app with its last run and when it is due next."""
    told = service.list_jobs(apps_of())
    rows = [{"app": app, **job} for app, jobs in told.answers.items() for job in jobs]
    return jsonify(data=rows, silent=told.silent)


@bp.post("/<name>/run")
@policy.control
@operation(answer=StackJobRuns, query=("app",))
def run_job(name: str) -> Response:
    """Run a job now, at every app that has it or at `app`, and wait for its end."""
    return jsonify(data=service.run_job(apps_of(), name, request.args.get("app") or None))
