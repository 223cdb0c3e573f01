"""`GET /_sim/state` of a region of the cloud."""

from flask import Blueprint, Response

from cloud_sim.beliefs import service
from cloud_sim.context import context
from common.errors import not_found
from common.server import policy
from common.server.body import answer, query_text
from common.server.jobs import answers as jobs
from common.server.operation import operation
from common.sim.overview.routes import simulated
from common.wire.base import ErrorAnswer
from common.wire.state import CloudState

bp = Blueprint("beliefs", __name__, url_prefix="/_sim/state")


@bp.get("")
@policy.control
@operation(answer=CloudState, answers={404: ErrorAnswer}, query=["organization"])
def show_state() -> Response:
    """Organizations, licences, sponsorships, installations, jobs, and what is simulated. `organization`: id or name."""
    ctx, wanted = context(), query_text("organization") or None
    organizations = service.organizations_of(ctx, wanted)
    if wanted is not None and not organizations:
        raise not_found("sim.organization")
    return answer(
        CloudState(
            app=ctx.side.app_name,
            simulated=simulated(),
            organizations=organizations,
            installations=service.installations_of(ctx),
            jobs=[jobs.job(each) for each in service.jobs_of(ctx)],
        )
    )
