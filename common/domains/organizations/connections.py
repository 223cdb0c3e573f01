"""Connections of organizations to the outside: who may touch them, what SCIM's configuration holds, refusals. Pure.

Source: src/Api/AdminConsole/Controllers/OrganizationConnectionsController.cs,
src/Core/AdminConsole/Models/OrganizationConnectionConfigs/ScimConfig.cs; fidelity.md: billing-sync.connection.
"""

import json
from collections.abc import Mapping
from typing import Any, Protocol

from common.enums import CONNECTION_TYPE_NAMES, ConnectionType, MemberType
from common.errors import Refusal, bad_request, not_found


def scim_config(config: object) -> str:
    """The text to store for a SCIM connection. Errors: Refusal 400."""
    members = config_members(config)
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


def config_members(config: object) -> Mapping[str, Any]:
    """Property names in any case, the last of equal ones counts. `null` is a 500 upstream, a refusal here."""
    if not isinstance(config, dict):
        raise malformed_config()
    return {name.lower(): value for name, value in config.items()}


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


def unknown_connection() -> Refusal:
    """404, in the wire's usual shape. Source: fidelity.md: billing-sync.connection."""
    return not_found("connection.unknown")
