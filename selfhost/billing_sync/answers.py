"""Connections as the wire tells them."""

import json
from typing import Any

from common.wire.connections import ConnectionResponse
from selfhost.billing_sync.models import OrganizationConnection


def connection(row: OrganizationConnection | None) -> ConnectionResponse:
    """A connection; all defaults when there is none."""
    if row is None:
        return ConnectionResponse()
    return ConnectionResponse(
        id=row.id,
        type=row.type,
        organization_id=row.organization_id,
        enabled=row.enabled,
        config=_stored_object(row.config),
    )


def _stored_object(text: str | None) -> dict[str, Any] | None:
    try:
        found = json.loads(text or "null")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
