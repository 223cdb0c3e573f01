"""Bodies of licence sync. Source: src/Core/Billing/Organizations/Models; fidelity.md: license.cloud-sync."""

from typing import Any

from common.license.model import License, OrganizationLicense, UserLicense, fields_of
from common.wire.base import WireRequest


def _license_file(kind: type[License]) -> dict[str, Any]:
    names = [each.wire_name for each in fields_of(kind)]
    return {"type": "object", "properties": {name: {} for name in names}, "required": names}


ORGANIZATION_LICENSE = _license_file(OrganizationLicense)
USER_LICENSE = _license_file(UserLicense)
"""Licence files, which `common.license` writes."""


class LicenseSyncRequest(WireRequest):
    """What an installation must know of the organization; what is null or missing is judged, not refused as a body."""

    license_key: str | None = None
    billing_sync_key: str | None = None
