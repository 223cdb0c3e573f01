"""Control of the recurring jobs: `/_sim/jobs`."""

from flask import Blueprint, Response

from cloud_sim.context import context
from cloud_sim.jobs import service
from common.server import policy
from common.server.body import answer, answer_rows
from common.server.jobs import answers
from common.server.operation import Rows, operation
from common.wire.control import Job, JobRun

bp = Blueprint("cloud_jobs", __name__, url_prefix="/_sim/jobs")


@bp.get("")
@policy.control
@operation(answer=Rows(Job, plain=True))
def list_jobs() -> Response:
    """Every job with its last run and when it is due next."""
    return answer_rows((answers.job(each) for each in service.job_states(context())), plain=True)


@bp.post("/<name>/run")
@policy.control
@operation(answer=JobRun)
def run_job(name: str) -> Response:
    """Run a job now and wait for its end."""
    return answer(answers.job_run(service.run_job(context(), name)))
