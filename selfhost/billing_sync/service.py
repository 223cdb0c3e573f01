"""Connections of organizations: made, changed, read and removed by those who may.

Source: src/Api/AdminConsole/Controllers/OrganizationConnectionsController.cs; fidelity.md: billing-sync.connection.
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from common.domains.organizations.memberships import roles_of
from common.domains.organizations.roles import ConfirmedRole
from common.domains.organizations.service import lock_organization
from common.enums import ConnectionType
from common.server.database import inserting
from selfhost.billing_sync import rules
from selfhost.billing_sync.models import OrganizationConnection as OrganizationConnection
from selfhost.billing_sync.models import SyncFailure as SyncFailure
from selfhost.cloud.trouble import CloudTrouble
from selfhost.context import SelfHostContext
from selfhost.license_files import service as files
from selfhost.license_files import stored
from selfhost.organizations import service as organizations

LICENSE_SYNC = "license"


class BillingSync(NamedTuple):
    """A billing sync connection as its owner sees it. last_license_sync: None = never since the key was saved."""

    enabled: bool
    key: str | None
    last_license_sync: datetime | None


class ConnectionRequest(NamedTuple):
    """What a client wants a connection to be; config: decoded JSON of any kind."""

    organization_id: UUID
    type: int
    enabled: bool
    config: object


def is_sync_possible(ctx: SelfHostContext) -> bool:
    """Whether cloud communication is switched on."""
    return ctx.deployment.enable_cloud_communication


def create_connection(ctx: SelfHostContext, caller_id: UUID, wanted: ConnectionRequest) -> OrganizationConnection:
    """Make a connection. Errors: 400 in the order permission, duplicate, type, configuration, licence file."""
    files.lock(ctx)
    lock_organization(ctx, wanted.organization_id)
    if not rules.may_touch(_role(ctx, caller_id, wanted.organization_id), wanted.type):
        raise rules.may_not_create(wanted.type)
    if find_connection(ctx, wanted.organization_id, wanted.type) is not None:
        raise rules.already_there(wanted.type)
    connection = OrganizationConnection(
        id=ctx.ids.uuid(), organization_id=wanted.organization_id, type=wanted.type, enabled=wanted.enabled
    )
    connection.config = _checked_config(ctx, wanted)
    ctx.session.add(connection)
    ctx.session.flush()
    return connection


def update_connection(
    ctx: SelfHostContext, caller_id: UUID, connection_id: UUID, wanted: ConnectionRequest
) -> OrganizationConnection:
    """Replace a connection's state and whole configuration, also the date of its last sync.

    Errors: 404 unknown pair of connection and organization; 400 in the order permission, type changed, duplicate, then
    as `create_connection`.
    """
    files.lock(ctx)
    lock_organization(ctx, wanted.organization_id)
    connection = ctx.session.get(OrganizationConnection, connection_id)
    if connection is None or connection.organization_id != wanted.organization_id:
        raise rules.unknown_connection()
    if not rules.may_touch(_role(ctx, caller_id, connection.organization_id), connection.type):
        raise rules.may_not_update()
    if connection.type != wanted.type:
        raise rules.type_changed()
    connection.config = _checked_config(ctx, wanted)
    connection.enabled = wanted.enabled
    ctx.session.flush()
    return connection


def show_connection(
    ctx: SelfHostContext, caller_id: UUID, organization_id: UUID, connection_type: int
) -> OrganizationConnection | None:
    """The connection of a type, None when there is none yet. Errors: 400 without permission."""
    if not rules.may_touch(_role(ctx, caller_id, organization_id), connection_type):
        raise rules.may_not_retrieve(connection_type)
    return find_connection(ctx, organization_id, connection_type)


def remove_connection(ctx: SelfHostContext, caller_id: UUID, connection_id: UUID) -> None:
    """Forget a connection. Errors: 404 unknown; 400 without permission."""
    found = ctx.session.get(OrganizationConnection, connection_id)
    if found is None:
        raise rules.unknown_connection()
    lock_organization(ctx, found.organization_id)
    connection = ctx.session.get(OrganizationConnection, connection_id, populate_existing=True)
    if connection is None:  # removed in this very moment
        raise rules.unknown_connection()
    if not rules.may_touch(_role(ctx, caller_id, connection.organization_id), connection.type):
        raise rules.may_not_remove(connection.type)
    ctx.session.delete(connection)


def billing_sync_of(ctx: SelfHostContext, organization_id: UUID) -> BillingSync | None:
    """The billing sync connection, None when there is none; the values of a configuration nobody can read are None."""
    connection = find_connection(ctx, organization_id, ConnectionType.CLOUD_BILLING_SYNC)
    if connection is None:
        return None
    return _read(connection)[0]


def save_billing_sync_key(ctx: SelfHostContext, caller_id: UUID, organization_id: UUID, key: str) -> None:
    """Make the billing sync connection, or give it another key and switch it on.

    Errors: 400 of `create_connection` and `update_connection`.
    """
    kind = ConnectionType.CLOUD_BILLING_SYNC
    wanted = ConnectionRequest(organization_id, kind, True, {"billingSyncKey": key})
    connection = find_connection(ctx, organization_id, kind)
    if connection is None:
        create_connection(ctx, caller_id, wanted)
    else:
        update_connection(ctx, caller_id, connection.id, wanted)


def remove_billing_sync(ctx: SelfHostContext, caller_id: UUID, organization_id: UUID) -> None:
    """Forget the billing sync connection and why it failed last. Errors: 404 no connection; 400 without permission."""
    connection = find_connection(ctx, organization_id, ConnectionType.CLOUD_BILLING_SYNC)
    if connection is None:
        raise rules.unknown_connection()
    remove_connection(ctx, caller_id, connection.id)
    forget_failure(ctx, organization_id, LICENSE_SYNC)


def find_connection(ctx: SelfHostContext, organization_id: UUID, connection_type: int) -> OrganizationConnection | None:
    """The connection of a type, or None."""
    return ctx.session.scalar(
        sa.select(OrganizationConnection).where(
            OrganizationConnection.organization_id == organization_id, OrganizationConnection.type == connection_type
        )
    )


def connected_organizations(ctx: SelfHostContext) -> set[UUID]:
    """Those with an enabled billing sync connection."""
    query = sa.select(OrganizationConnection.organization_id).where(
        OrganizationConnection.type == ConnectionType.CLOUD_BILLING_SYNC, OrganizationConnection.enabled
    )
    return set(ctx.session.scalars(query))


def cloud_ids(ctx: SelfHostContext) -> dict[UUID, UUID]:
    """By what id the cloud knows each connected organization; the own one where the connection does not say."""
    query = sa.select(OrganizationConnection).where(
        OrganizationConnection.type == ConnectionType.CLOUD_BILLING_SYNC, OrganizationConnection.enabled
    )
    found = {}
    for each in ctx.session.scalars(query):
        _, config = rules.refused_for_use(each.organization_id, enabled=each.enabled, config=each.config)
        found[each.organization_id] = config.cloud_organization_id if config else each.organization_id
    return found


def license_syncs(ctx: SelfHostContext, organization_ids: Collection[UUID]) -> dict[UUID, str | None]:
    """organization -> moment of its last licence sync as it is stored, for those with an enabled connection."""
    query = sa.select(OrganizationConnection).where(
        OrganizationConnection.organization_id.in_(organization_ids), OrganizationConnection.enabled
    )
    return {each.organization_id: rules.stored_sync(each.config) for each in ctx.session.scalars(query)}


class Connected(NamedTuple):
    """A billing sync connection, with the cloud's id of the organization as far as its configuration can be read."""

    sync: BillingSync
    cloud_id: UUID | None
    failure: SyncFailure | None


def connections_of(ctx: SelfHostContext, organization_ids: Collection[UUID]) -> dict[UUID, Connected]:
    """The billing sync connections of these, and why the last licence sync failed (two statements)."""
    row, failed = OrganizationConnection, SyncFailure
    why = sa.select(failed).where(failed.organization_id.in_(organization_ids), failed.kind == LICENSE_SYNC)
    failures = {each.organization_id: each for each in ctx.session.scalars(why)}
    kind = row.type == ConnectionType.CLOUD_BILLING_SYNC
    query = sa.select(row).where(row.organization_id.in_(organization_ids), kind)
    return {
        each.organization_id: Connected(*_read(each), failures.get(each.organization_id))
        for each in ctx.session.scalars(query)
    }


def _read(connection: OrganizationConnection) -> tuple[BillingSync, UUID | None]:
    try:
        config = rules.BillingSyncConfig.stored(connection.config or "")
    except (ValueError, RecursionError):
        return BillingSync(connection.enabled, None, None), None
    last = rules.moment_of(config.last_license_sync)
    return BillingSync(connection.enabled, config.billing_sync_key, last), config.cloud_organization_id


def usable_config(connection: OrganizationConnection) -> rules.BillingSyncConfig:
    """The configuration of a billing sync connection about to be used. Errors: 400 of `rules.refused_for_use`."""
    refusal, config = rules.refused_for_use(
        connection.organization_id, enabled=connection.enabled, config=connection.config
    )
    if config is None:
        raise refusal or rules.malformed_config()
    return config


def is_scim_enabled(ctx: SelfHostContext, organization_id: UUID) -> bool:
    """Whether a SCIM connection is switched on in its configuration."""
    connection = find_connection(ctx, organization_id, ConnectionType.SCIM)
    return connection is not None and rules.scim_enabled(connection.config)


def record_failure(ctx: SelfHostContext, organization_id: UUID, kind: str, trouble: CloudTrouble) -> None:
    """Keep why the last try to synchronize failed, for the people who have to do something about it."""
    why = {"reason": trouble.reason, "advice": trouble.advice, "failed_at": ctx.clock.now()}
    row = inserting(ctx.session, SyncFailure).values(organization_id=organization_id, kind=kind, **why)
    ctx.session.execute(row.on_conflict_do_update(index_elements=["organization_id", "kind"], set_=why))


def forget_failure(ctx: SelfHostContext, organization_id: UUID, kind: str) -> None:
    """The last try worked."""
    ctx.session.execute(
        sa.delete(SyncFailure).where(SyncFailure.organization_id == organization_id, SyncFailure.kind == kind)
    )


def last_failure(ctx: SelfHostContext, organization_id: UUID, kind: str) -> SyncFailure | None:
    """Why the last try to synchronize failed; None when it worked or was never made."""
    return ctx.session.get(SyncFailure, (organization_id, kind))


def _role(ctx: SelfHostContext, user_id: UUID, organization_id: UUID) -> ConfirmedRole | None:
    return next((role for role in roles_of(ctx, user_id) if role.organization_id == organization_id), None)


def _checked_config(ctx: SelfHostContext, wanted: ConnectionRequest) -> str:
    """The configuration to store; type switch, then configuration, then licence file."""
    match wanted.type:
        case ConnectionType.CLOUD_BILLING_SYNC:
            return _billing_sync_config(ctx, wanted)
        case ConnectionType.SCIM:
            return rules.scim_config(wanted.config)
        case unknown:
            raise rules.unknown_type(unknown)


def _billing_sync_config(ctx: SelfHostContext, wanted: ConnectionRequest) -> str:
    key = rules.billing_sync_key(wanted.config)
    refusal = rules.upload_only(organizations.require_organization(ctx, wanted.organization_id).tier)
    if refusal is not None:
        raise refusal
    license_file = stored.verified_organization_license(ctx, wanted.organization_id)
    if license_file is None:
        raise rules.license_not_verified()
    return rules.BillingSyncConfig(key, license_file.id).text()
