"""What an instance's organization takes over from its licence. Pure.

Source: src/Core/AdminConsole/Services/OrganizationFactory.cs, src/Core/AdminConsole/Entities/Organization.cs
(UpdateFromLicense); fidelity.md: license.create, license.update.
"""

from typing import Any

from common.license.model import OrganizationLicense, fields_of

MAX_STORAGE_GB = 10_240
"""An instance's storage is its own; the licence's figure is never used."""

_NAMED = (
    *("name", "billing_email", "business_name", "plan", "plan_type", "license_key", "enabled", "self_host"),
    *("users_get_premium", "seats", "max_collections", "sm_seats", "sm_service_accounts"),
)
_NEVER_NULL = ("name", "billing_email", "plan")

LICENSED = _NAMED + tuple(
    each.attribute for each in fields_of(OrganizationLicense) if each.attribute.startswith("use_")
)
"""Attributes that organization and licence share, by the same name. Not among them: id, storage, collection limits."""


def licensed_values(license_file: OrganizationLicense) -> dict[str, Any]:
    """The columns of an organization that follow from its licence."""
    values = {name: getattr(license_file, name) for name in LICENSED}
    values |= {name: values[name] or "" for name in _NEVER_NULL}
    values["expiration_date"] = license_file.expires.datetime() if license_file.expires else None
    return values
