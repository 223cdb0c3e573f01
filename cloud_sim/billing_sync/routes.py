"""HTTP of organization API keys on the cloud, the billing sync token among them, and of connections, which it has not.

Source: spec/billing-sync-and-sponsorships.md 1.1-1.3, 2.2, 2.3.
"""

from uuid import UUID

from flask import Blueprint, Response

from cloud_sim.billing_sync import service
from cloud_sim.billing_sync.service import refuse_in_trial
from cloud_sim.context import context
from common.domains.organizations.api_keys.routes import api_key_routes
from common.errors import not_found
from common.server import policy
from common.server.body import bare, read_json
from common.server.operation import operation, refused
from common.wire.connections import ConnectionSave

bp = api_key_routes("billing_sync", refuse_in_trial)
connections = Blueprint("connections", __name__, url_prefix="/organizations/connections")


@connections.get("/enabled")
@policy.application
@operation(answer=bool)
def connections_enabled() -> Response:
    """Whether this server synchronizes with a cloud: it is one."""
    return bare(False)


@connections.post("")
@policy.application
@refused()
def create_connection() -> Response:
    """Only an instance has connections."""
    body = read_json(ConnectionSave)
    raise service.no_new_connection(context(), policy.caller().user, body.organization_id, body.type)


@connections.get("/<uuid:organization_id>/<int:connection_type>")
@policy.application
@refused()
def show_connection(organization_id: UUID, connection_type: int) -> Response:
    """Only an instance has connections."""
    raise service.no_connection(context(), policy.caller().user, organization_id, connection_type)


@connections.put("/<uuid:connection_id>")
@connections.delete("/<uuid:connection_id>")
@policy.application
@refused()
def touch_connection(connection_id: UUID) -> Response:
    """Only an instance has connections."""
    raise not_found("connection.unknown")
