"""Connections on the cloud: SCIM only, billing sync is an instance's.

Source: src/Api/AdminConsole/Controllers/OrganizationConnectionsController.cs; fidelity.md: billing-sync.connection.
"""

from uuid import UUID

import sqlalchemy as sa

from cloud_sim.billing_sync import rules
from cloud_sim.billing_sync.models import ScimConnection
from common.domains.organizations import connections
from common.domains.organizations.memberships import roles_of
from common.domains.organizations.roles import ConfirmedRole
from common.domains.organizations.service import lock_organization
from common.enums import ConnectionType
from common.server.context import Context
from common.server.locks import lock_row
from common.wire.connections import ConnectionSave


def create_connection(ctx: Context, caller_id: UUID, wanted: ConnectionSave) -> ScimConnection:
    """Make a SCIM connection. Errors: 400 in the order permission, duplicate, type, configuration."""
    lock_organization(ctx, wanted.organization_id)
    if not connections.may_touch(_role(ctx, caller_id, wanted.organization_id), wanted.type):
        raise connections.may_not_create(wanted.type)
    if wanted.type == ConnectionType.SCIM and _find(ctx, wanted.organization_id) is not None:
        raise connections.already_there(wanted.type)
    connection = ScimConnection(
        id=ctx.ids.uuid(),
        organization_id=wanted.organization_id,
        enabled=wanted.enabled,
        config=_checked_config(wanted),
    )
    ctx.session.add(connection)
    ctx.session.flush()
    return connection


def update_connection(ctx: Context, caller_id: UUID, connection_id: UUID, wanted: ConnectionSave) -> ScimConnection:
    """Replace a connection. Errors: 404 unknown pair of connection and organization; 400 permission, then type."""
    connection = lock_row(ctx.session, ScimConnection, connection_id)
    if connection is None or connection.organization_id != wanted.organization_id:
        raise connections.unknown_connection()
    if not connections.may_touch(_role(ctx, caller_id, connection.organization_id), ConnectionType.SCIM):
        raise connections.may_not_update()
    if wanted.type != ConnectionType.SCIM:
        raise connections.type_changed()
    connection.enabled, connection.config = wanted.enabled, _checked_config(wanted)
    return connection


def show_connection(
    ctx: Context, caller_id: UUID, organization_id: UUID, connection_type: int
) -> ScimConnection | None:
    """The SCIM connection, None when there is none yet. Errors: 400 without permission and for any other type."""
    if not connections.may_touch(_role(ctx, caller_id, organization_id), connection_type):
        raise connections.may_not_retrieve(connection_type)
    if connection_type == ConnectionType.CLOUD_BILLING_SYNC:
        raise rules.outside_of_an_instance("get")
    if connection_type != ConnectionType.SCIM:
        raise connections.unknown_type(connection_type)
    return _find(ctx, organization_id)


def remove_connection(ctx: Context, caller_id: UUID, connection_id: UUID) -> None:
    """Forget a connection. Errors: 404 unknown; 400 without permission."""
    connection = lock_row(ctx.session, ScimConnection, connection_id)
    if connection is None:
        raise connections.unknown_connection()
    if not connections.may_touch(_role(ctx, caller_id, connection.organization_id), ConnectionType.SCIM):
        raise connections.may_not_remove(ConnectionType.SCIM)
    ctx.session.delete(connection)


def _checked_config(wanted: ConnectionSave) -> str:
    if wanted.type == ConnectionType.CLOUD_BILLING_SYNC:
        raise rules.outside_of_an_instance("create")
    if wanted.type != ConnectionType.SCIM:
        raise connections.unknown_type(wanted.type)
    return connections.scim_config(wanted.config)


def _find(ctx: Context, organization_id: UUID) -> ScimConnection | None:
    return ctx.session.scalar(sa.select(ScimConnection).where(ScimConnection.organization_id == organization_id))


def _role(ctx: Context, user_id: UUID, organization_id: UUID) -> ConfirmedRole | None:
    return next((role for role in roles_of(ctx, user_id) if role.organization_id == organization_id), None)
