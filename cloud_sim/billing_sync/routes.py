"""HTTP of connections, which the cloud has none of. Source: fidelity.md: billing-sync.connection."""

from uuid import UUID

from flask import Blueprint, Response

from cloud_sim.billing_sync import service
from cloud_sim.context import context
from common.errors import not_found
from common.server import policy
from common.server.body import bare, read_json
from common.server.operation import operation, refused
from common.wire.connections import ConnectionSave

bp = Blueprint("connections", __name__, url_prefix="/organizations/connections")


@bp.get("/enabled")
@policy.application
@operation(answer=bool)
def connections_enabled() -> Response:
    """Whether this server synchronizes with a cloud: it is one."""
    return bare(False)


@bp.post("")
@policy.application
@refused()
def create_connection() -> Response:
    """Only an instance has connections."""
    body = read_json(ConnectionSave)
    raise service.no_new_connection(context(), policy.caller().user, body.organization_id, body.type)


@bp.get("/<uuid:organization_id>/<int:connection_type>")
@policy.application
@refused()
def show_connection(organization_id: UUID, connection_type: int) -> Response:
    """Only an instance has connections."""
    raise service.no_connection(context(), policy.caller().user, organization_id, connection_type)


@bp.put("/<uuid:connection_id>")
@bp.delete("/<uuid:connection_id>")
@policy.application
@refused()
def touch_connection(connection_id: UUID) -> Response:
    """Only an instance has connections."""
    raise not_found("connection.unknown")
