"""`GET /_sim/state` of the whole stack."""

from flask import Response, jsonify, request

from common.desk.beliefs import service
from common.desk.control import apps_of, control_blueprint
from common.server import policy
from common.server.operation import operation
from common.wire.state import StackState

bp = control_blueprint("desk_state")


@bp.get("/state")
@policy.control
@operation(answer=StackState, query=["organization"])
def show_state() -> Response:
    """What each side believes, each organization with both sides of it. `organization`: id (of either side) or name."""
    return jsonify(service.state_of(apps_of(), request.args.get("organization") or None))
