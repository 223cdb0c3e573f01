"""Connections as the wire tells them."""

import json

from cloud_sim.billing_sync.models import ScimConnection
from common.enums import ConnectionType
from common.wire.connections import ConnectionResponse


def connection(row: ScimConnection | None) -> ConnectionResponse:
    """A SCIM connection; all defaults when there is none."""
    if row is None:
        return ConnectionResponse()
    return ConnectionResponse(
        id=row.id,
        type=ConnectionType.SCIM,
        organization_id=row.organization_id,
        enabled=row.enabled,
        config=json.loads(row.config or "null"),
    )
