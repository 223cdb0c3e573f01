"""Connections of organizations: `/organizations/connections`.

Source: src/Api/AdminConsole/Controllers/OrganizationConnectionsController.cs;
fidelity.md: billing-sync.connection.
"""

from uuid import UUID

from flask import Blueprint, Response

from common.enums import CONNECTION_TYPE_NAMES
from common.server import policy
from common.server.body import answer, bare, nothing, read_json
from common.server.operation import operation
from common.server.routing import named
from common.wire.connections import ConnectionResponse, ConnectionSave
from selfhost.billing_sync import answers, service
from selfhost.billing_sync.service import ConnectionRequest
from selfhost.context import context

bp = Blueprint("connections", __name__, url_prefix="/organizations/connections")

TYPE = named("type", CONNECTION_TYPE_NAMES.values(), "connection_type", first=min(CONNECTION_TYPE_NAMES))


@bp.get("/enabled")
@policy.application
@operation(answer=bool)
def connections_enabled() -> Response:
    """Whether this instance may talk to the cloud at all: a bare `true` or `false`."""
    return bare(service.is_sync_possible(context()))


@bp.post("")
@policy.application
@operation(body=ConnectionSave, answer=ConnectionResponse)
def create_connection() -> Response:
    """Make a connection."""
    return answer(answers.connection(service.create_connection(context(), policy.caller().user, _wanted())))


@bp.put("/<guid('organizationConnectionId'):connection_id>")
@policy.application
@operation(body=ConnectionSave, answer=ConnectionResponse)
def update_connection(connection_id: UUID) -> Response:
    """Replace a connection."""
    return answer(
        answers.connection(service.update_connection(context(), policy.caller().user, connection_id, _wanted()))
    )


@bp.get(f"/<guid('organizationId'):organization_id>/{TYPE}")
@policy.application
@operation(answer=ConnectionResponse)
def show_connection(organization_id: UUID, connection_type: int) -> Response:
    """The connection of a type; all defaults when there is none."""
    return answer(
        answers.connection(service.show_connection(context(), policy.caller().user, organization_id, connection_type))
    )


@bp.delete("/<guid('organizationConnectionId'):connection_id>")
@policy.application
@operation()
def remove_connection(connection_id: UUID) -> Response:
    """Forget a connection."""
    service.remove_connection(context(), policy.caller().user, connection_id)
    return nothing()


def _wanted() -> ConnectionRequest:
    body = read_json(ConnectionSave)
    return ConnectionRequest(body.organization_id, body.type, body.enabled, body.config)
