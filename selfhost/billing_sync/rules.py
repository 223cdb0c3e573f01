"""Connections: who may touch them, in which order they are checked, what their configuration holds. Pure.

Source: src/Api/AdminConsole/Controllers/OrganizationConnectionsController.cs, src/Core/Entities/
OrganizationConnection.cs, src/Core/Models/OrganizationConnectionConfigs/*.cs;
fidelity.md: billing-sync.connection.
"""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Self
from uuid import UUID

from common.domains.organizations.connections import (
    already_there as already_there,
)
from common.domains.organizations.connections import (
    config_members,
)
from common.domains.organizations.connections import (
    malformed_config as malformed_config,
)
from common.domains.organizations.connections import (
    may_not_create as may_not_create,
)
from common.domains.organizations.connections import (
    may_not_remove as may_not_remove,
)
from common.domains.organizations.connections import (
    may_not_retrieve as may_not_retrieve,
)
from common.domains.organizations.connections import (
    may_not_update as may_not_update,
)
from common.domains.organizations.connections import (
    may_touch as may_touch,
)
from common.domains.organizations.connections import (
    scim_config as scim_config,
)
from common.domains.organizations.connections import (
    scim_enabled as scim_enabled,
)
from common.domains.organizations.connections import (
    type_changed as type_changed,
)
from common.domains.organizations.connections import (
    type_name as type_name,
)
from common.domains.organizations.connections import (
    unknown_connection as unknown_connection,
)
from common.domains.organizations.connections import (
    unknown_type as unknown_type,
)
from common.enums import ProductTier
from common.errors import Refusal, bad_request
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
    found = config_members(config).get("billingsynckey")
    if found is not None and not isinstance(found, str):
        raise malformed_config()
    return found


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


def license_not_verified() -> Refusal:
    """400 where the licence on disk names no cloud organization. Source: fidelity.md: billing-sync.connection."""
    return bad_request("Cannot verify license file.", rule="connection.license")
