"""Bodies of licence sync. Source: src/Core/Billing/Organizations/Models; fidelity.md: license.cloud-sync."""

from typing import Any

from common.license.model import Field, Kind, License, OrganizationLicense, UserLicense, fields_of
from common.wire.base import WireRequest

_KINDS: dict[Kind, dict[str, Any]] = {
    Kind.TEXT: {"type": "string"},
    Kind.FLAG: {"type": "boolean"},
    Kind.INT: {"type": "integer"},
    Kind.SHORT: {"type": "integer", "minimum": -(2**15), "maximum": 2**15 - 1},
    Kind.PLAN: {"type": "integer"},
    Kind.LICENSE_TYPE: {"type": "integer"},
    Kind.UUID: {"type": "string", "format": "uuid"},
    Kind.DATE: {"type": "string", "format": "date-time"},
}


def _license_file(kind: type[License]) -> dict[str, Any]:
    members = {each.wire_name: _member(each) for each in fields_of(kind)}
    return {"title": kind.__name__, "type": "object", "properties": members, "required": list(members)}


def _member(field: Field) -> dict[str, Any]:
    schema = _KINDS[field.kind]
    return {**schema, "type": [schema["type"], "null"]} if field.nullable else schema


ORGANIZATION_LICENSE = _license_file(OrganizationLicense)
USER_LICENSE = _license_file(UserLicense)
"""Licence files, which `common.license` writes."""


class LicenseSyncRequest(WireRequest):
    """What an installation must know of the organization; what is null or missing is judged, not refused as a body."""

    license_key: str | None = None
    billing_sync_key: str | None = None
