"""A member's role as access tokens and profiles tell it. Pure.

Source: src/Core/Models/Data/Permissions.cs; fidelity.md: identity.access-token, account.profile.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from common.enums import MemberType

CUSTOM_PERMISSIONS = (
    "accessEventLogs",
    "accessImportExport",
    "accessReports",
    "createNewCollections",
    "editAnyCollection",
    "deleteAnyCollection",
    "manageGroups",
    "managePolicies",
    "manageSso",
    "manageUsers",
    "manageResetPassword",
    "manageScim",
)
"""What a Custom member may be granted, in wire order."""


def granted_permissions(permissions: Mapping[str, Any] | None) -> frozenset[str]:
    """The names out of CUSTOM_PERMISSIONS that are switched on, however the stored names are spelled."""
    on = {name.replace("_", "").lower() for name, value in (permissions or {}).items() if value is True}
    return frozenset(name for name in CUSTOM_PERMISSIONS if name.lower() in on)


class ConfirmedRole(NamedTuple):
    """A confirmed membership as the access token tells it."""

    organization_id: UUID
    type: MemberType
    permissions: frozenset[str]
    uses_secrets_manager: bool
