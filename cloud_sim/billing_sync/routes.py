"""HTTP of connections, of which the cloud has SCIM only. Source: fidelity.md: billing-sync.connection."""

from uuid import UUID

from flask import Blueprint, Response

from cloud_sim.billing_sync import answers, connections
from cloud_sim.context import context
from common.enums import CONNECTION_TYPE_NAMES
from common.server import policy
from common.server.body import answer, bare, nothing, read_json
from common.server.operation import operation
from common.server.routing import named
from common.wire.connections import ConnectionResponse, ConnectionSave

bp = Blueprint("connections", __name__, url_prefix="/organizations/connections")

TYPE = named("type", CONNECTION_TYPE_NAMES.values(), "connection_type", first=min(CONNECTION_TYPE_NAMES))


@bp.get("/enabled")
@policy.application
@operation(answer=bool)
def connections_enabled() -> Response:
    """Whether this server synchronizes with a cloud: it is one."""
    return bare(False)


@bp.post("")
@policy.application
@operation(body=ConnectionSave, answer=ConnectionResponse)
def create_connection() -> Response:
    """Make a SCIM connection; any other only an instance has."""
    wanted = read_json(ConnectionSave)
    return answer(answers.connection(connections.create_connection(context(), policy.caller().user, wanted)))


@bp.get(f"/<guid('organizationId'):organization_id>/{TYPE}")
@policy.application
@operation(answer=ConnectionResponse)
def show_connection(organization_id: UUID, connection_type: int) -> Response:
    """The SCIM connection; all defaults when there is none."""
    found = connections.show_connection(context(), policy.caller().user, organization_id, connection_type)
    return answer(answers.connection(found))


@bp.put("/<guid('organizationConnectionId'):connection_id>")
@policy.application
@operation(body=ConnectionSave, answer=ConnectionResponse)
def update_connection(connection_id: UUID) -> Response:
    """Replace a SCIM connection."""
    wanted = read_json(ConnectionSave)
    changed = connections.update_connection(context(), policy.caller().user, connection_id, wanted)
    return answer(answers.connection(changed))


@bp.delete("/<guid('organizationConnectionId'):connection_id>")
@policy.application
@operation()
def remove_connection(connection_id: UUID) -> Response:
    """Forget a SCIM connection."""
    connections.remove_connection(context(), policy.caller().user, connection_id)
    return nothing()
