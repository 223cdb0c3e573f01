"""Control of the recurring jobs: `/_sim/jobs`."""

from flask import Blueprint, Response

from cloud_sim.context import context
from cloud_sim.jobs import answers, service
from common.server import policy
from common.server.body import answer, answer_rows
from common.server.operation import Rows, operation
from common.wire.control import CloudJob, CloudJobRun

bp = Blueprint("cloud_jobs", __name__, url_prefix="/_sim/jobs")


@bp.get("")
@policy.control
@operation(answer=Rows(CloudJob, plain=True))
def list_jobs() -> Response:
    """The cloud's jobs, when they are due and when they ran."""
    return answer_rows((answers.job(each) for each in service.job_states(context())), plain=True)


@bp.post("/<name>/run")
@policy.control
@operation(answer=CloudJobRun)
def run_job(name: str) -> Response:
    """Run a job now and wait for its end."""
    return answer(CloudJobRun(job=service.run_job(context(), name)))
