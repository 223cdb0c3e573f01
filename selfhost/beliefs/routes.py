"""`GET /_sim/state` of an instance."""

from flask import Blueprint, Response

from common.errors import not_found
from common.server import policy
from common.server.body import answer, query_text
from common.server.jobs import answers as jobs
from common.server.operation import operation
from common.sim.overview.routes import simulated
from common.wire.base import ErrorAnswer
from common.wire.state import InstanceState
from selfhost.beliefs import service
from selfhost.context import context

bp = Blueprint("beliefs", __name__, url_prefix="/_sim/state")


@bp.get("")
@policy.control
@operation(answer=InstanceState, answers={404: ErrorAnswer}, query=["organization"])
def show_state() -> Response:
    """Organizations with licence file and row side by side, connections, sponsorships, jobs, and what is simulated.

    `organization`: id or name of one.
    """
    ctx, wanted = context(), query_text("organization") or None
    organizations = service.organizations_of(ctx, wanted)
    if wanted is not None and not organizations:
        raise not_found("sim.organization")
    deployment = ctx.deployment
    return answer(
        InstanceState(
            app=ctx.side.app_name,
            simulated=simulated(),
            installation_id=deployment.installation_id,
            region=deployment.cloud_region or "US",
            cloud_communication=deployment.enable_cloud_communication,
            identity=deployment.installation_identity_uri,
            api=deployment.installation_api_uri,
            organizations=organizations,
            jobs=[jobs.job(each) for each in service.jobs_of(ctx)],
        )
    )
