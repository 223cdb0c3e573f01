"""Connections: who may touch them, in which order they are checked, what their configuration holds. Pure.

Source: src/Api/AdminConsole/Controllers/OrganizationConnectionsController.cs, src/Core/Entities/
OrganizationConnection.cs, src/Core/Models/OrganizationConnectionConfigs/*.cs;
fidelity.md: billing-sync.connection.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol, Self
from uuid import UUID

from common.enums import CONNECTION_TYPE_NAMES, ConnectionType, MemberType, ProductTier
from common.errors import Refusal, bad_request, not_found
from common.license.timestamps import Timestamp

FAMILIES_UPLOAD_ONLY = (
    "A Families organization cannot use automatic sync. Download the license file from the cloud and upload it instead."
)


@dataclass(frozen=True)
class BillingSyncConfig:
    """What a billing sync connection remembers. cloud_organization_id: `Id` of the licence file, never the client's."""

    billing_sync_key: str | None
    cloud_organization_id: UUID
    last_license_sync: str | None = None

    @classmethod
    def stored(cls, text: str) -> Self:
        """Read the stored text. ValueError when it is not such a configuration."""
        found = json.loads(text)
        if not isinstance(found, dict):
            raise ValueError("not an object")
        key, last = found.get("BillingSyncKey"), found.get("LastLicenseSync")
        return cls(
            billing_sync_key=None if key is None else str(key),
            cloud_organization_id=UUID(str(found.get("CloudOrganizationId"))),
            last_license_sync=None if last is None else str(last),
        )

    def text(self) -> str:
        """The text to store: PascalCase names, which the wire shows as they are."""
        return json.dumps(
            {
                "BillingSyncKey": self.billing_sync_key,
                "CloudOrganizationId": str(self.cloud_organization_id),
                "LastLicenseSync": self.last_license_sync,
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )

    def synced(self, moment: datetime) -> Self:
        """The same after a licence sync at `moment`."""
        return replace(self, last_license_sync=local_time(moment))


def stored_sync(config: str | None) -> str | None:
    """When the licence was synced last, as stored; None for never, and for a configuration nobody can read."""
    try:
        return BillingSyncConfig.stored(config or "").last_license_sync
    except (ValueError, RecursionError):
        return None


def moment_of(text: str | None) -> datetime | None:
    """The moment that `local_time` wrote; None for anything else."""
    try:
        return Timestamp.parse(text or "").datetime()
    except ValueError:
        return None


def local_time(moment: datetime) -> str:
    """A local time as upstream's server in a UTC container writes it: `2026-08-20T14:16:19.1234567+00:00`."""
    text = f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}".rstrip("0").rstrip(".")
    return f"{text}+00:00"


# --- what clients send


def billing_sync_key(config: object) -> str | None:
    """The key in a posted configuration; a blank one is accepted and fails only when it is used.

    Errors: Refusal 400 for anything but an object of the right types.
    """
    found = _members(config).get("billingsynckey")
    if found is not None and not isinstance(found, str):
        raise malformed_config()
    return found


def scim_config(config: object) -> str:
    """The text to store for a SCIM connection. Errors: Refusal 400."""
    members = _members(config)
    enabled, provider = members.get("enabled", False), members.get("scimprovider")
    if not isinstance(enabled, bool) or not isinstance(provider, str | int | None):
        raise malformed_config()
    return json.dumps({"ScimProvider": provider, "Enabled": enabled}, separators=(",", ":"))


def scim_enabled(config: str | None) -> bool:
    """Whether a stored SCIM configuration switches it on."""
    try:
        found = json.loads(config or "null")
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("Enabled") is True


def _members(config: object) -> Mapping[str, Any]:
    """Property names in any case, the last of equal ones counts. `null` is a 500 upstream, a refusal here."""
    if not isinstance(config, dict):
        raise malformed_config()
    return {name.lower(): value for name, value in config.items()}


# --- permission


class Role(Protocol):
    """A confirmed membership; permissions: names of those granted to a Custom member."""

    @property
    def type(self) -> MemberType: ...

    @property
    def permissions(self) -> frozenset[str]: ...


def may_touch(role: Role | None, connection_type: int) -> bool:
    """Owners, and for SCIM also admins and whoever manages it."""
    if role is None:
        return False
    if connection_type == ConnectionType.SCIM:
        return role.type in (MemberType.OWNER, MemberType.ADMIN) or "manageScim" in role.permissions
    return role.type == MemberType.OWNER


# --- checks at use time, in order


def refused_for_use(
    organization_id: UUID, *, enabled: bool, config: str | None
) -> tuple[Refusal | None, BillingSyncConfig | None]:
    """Why a connection cannot be used, or its configuration."""
    if not enabled:
        return bad_request(f"Connection disabled for organization {organization_id}", rule="connection.disabled"), None
    if config is None or not config.strip():
        return _config_refusal(f"No saved Connection config for organization {organization_id}"), None
    try:
        found = BillingSyncConfig.stored(config)
    except (ValueError, RecursionError):
        return _config_refusal(f"Error parsing Connection config for organization {organization_id}"), None
    if not (found.billing_sync_key or "").strip():
        return bad_request("Failed to get Billing Sync Key", rule="connection.no-key"), None
    return None, found


def upload_only(tier: ProductTier) -> Refusal | None:
    """Families organizations get new licences by upload only (documents); the text is ours."""
    return bad_request(FAMILIES_UPLOAD_ONLY, rule="connection.families") if tier == ProductTier.FAMILIES else None


def _config_refusal(text: str) -> Refusal:
    return bad_request(text, rule="connection.config")


# --- refusals


def type_name(connection_type: int) -> str:
    """How texts call a type; a number that is none stays a number, as in .NET."""
    names = {int(number): name for number, name in CONNECTION_TYPE_NAMES.items()}
    return names.get(connection_type, str(connection_type))


_PERMISSION = "connection.permission"


def may_not_create(connection_type: int) -> Refusal:
    """400 to whoever may not make a connection of this type here. Source: fidelity.md: billing-sync.connection."""
    return bad_request(
        f"You do not have permission to create a connection of type {type_name(connection_type)}.", rule=_PERMISSION
    )


def may_not_retrieve(connection_type: int) -> Refusal:
    """400 to whoever may not see the connection of this type. Source: fidelity.md: billing-sync.connection."""
    return bad_request(
        f"You do not have permission to retrieve a connection of type {type_name(connection_type)}.", rule=_PERMISSION
    )


def may_not_update() -> Refusal:
    """400 to whoever may not change the connection. Source: fidelity.md: billing-sync.connection."""
    return bad_request("You do not have permission to update this connection.", rule=_PERMISSION)


def may_not_remove(connection_type: int) -> Refusal:
    """400 to whoever may not take the connection away. Source: fidelity.md: billing-sync.connection."""
    return bad_request(
        f"You do not have permission to remove this connection of type {type_name(connection_type)}.", rule=_PERMISSION
    )


def already_there(connection_type: int) -> Refusal:
    """400 for a second connection of one type. Source: fidelity.md: billing-sync.connection."""
    return bad_request(
        f"The requested organization already has a connection of type {type_name(connection_type)}. "
        "Only one of each connection type may exist per organization.",
        rule="connection.duplicate",
    )


def unknown_type(connection_type: int) -> Refusal:
    """400 for a number that is no connection type. Source: fidelity.md: billing-sync.connection."""
    return bad_request(f"Unknown Organization connection Type: {connection_type}", rule="connection.type")


def type_changed() -> Refusal:
    """400 for an update that names another type. Source: fidelity.md: billing-sync.connection."""
    return bad_request("The connection type cannot be changed.", rule="connection.type")


def malformed_config() -> Refusal:
    """400 for a configuration that is not that of its type. Source: fidelity.md: billing-sync.connection."""
    return bad_request("Organization Connection configuration malformed", rule="connection.config")


def license_not_verified() -> Refusal:
    """400 where the licence on disk names no cloud organization. Source: fidelity.md: billing-sync.connection."""
    return bad_request("Cannot verify license file.", rule="connection.license")


def unknown_connection() -> Refusal:
    """404, in the wire's usual shape. Source: fidelity.md: billing-sync.connection."""
    return not_found("connection.unknown")
