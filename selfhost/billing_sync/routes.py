"""Connections of organizations: `/organizations/connections`.

Source: src/Api/AdminConsole/Controllers/OrganizationConnectionsController.cs;
fidelity.md: billing-sync.connection.
"""

from flask import Blueprint, Response

from common.domains.organizations.connections import type_of
from common.server import policy
from common.server.body import answer, bare, nothing, read_json, read_uuid
from common.server.operation import operation
from common.wire.connections import ConnectionResponse, ConnectionSave
from selfhost.billing_sync import answers, service
from selfhost.billing_sync.service import ConnectionRequest
from selfhost.context import context

bp = Blueprint("connections", __name__, url_prefix="/organizations/connections")


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


@bp.put("/<connection_id>")
@policy.application
@operation(body=ConnectionSave, answer=ConnectionResponse)
def update_connection(connection_id: str) -> Response:
    """Replace a connection."""
    found = read_uuid(connection_id, "organizationConnectionId")
    return answer(answers.connection(service.update_connection(context(), policy.caller().user, found, _wanted())))


@bp.get("/<organization_id>/<connection_type>")
@policy.application
@operation(answer=ConnectionResponse)
def show_connection(organization_id: str, connection_type: str) -> Response:
    """The connection of a type; all defaults when there is none."""
    found = read_uuid(organization_id, "organizationId")
    return answer(
        answers.connection(service.show_connection(context(), policy.caller().user, found, type_of(connection_type)))
    )


@bp.delete("/<connection_id>")
@policy.application
@operation()
def remove_connection(connection_id: str) -> Response:
    """Forget a connection."""
    service.remove_connection(context(), policy.caller().user, read_uuid(connection_id, "organizationConnectionId"))
    return nothing()


def _wanted() -> ConnectionRequest:
    body = read_json(ConnectionSave)
    return ConnectionRequest(body.organization_id, body.type, body.enabled, body.config)
