"""Who handles an organization's items without being assigned to their collections. Pure.

Source: src/Api/Vault/Controllers/CiphersController.cs (its Can... methods); fidelity.md: vault.admin.
"""

from typing import Protocol

from common.domains.organizations.rules import Role, is_admin, is_confirmed, is_granted
from common.enums import MemberType
from common.errors import Refusal, bad_request


class AdminAccess(Protocol):
    """Whether owners and administrators may do with every item what they like."""

    allow_admin_access_to_all_collection_items: bool


def may_read_all_items(member: Role) -> bool:
    """Read every item: to export them, for reports; this no setting takes from administrators."""
    return any(is_granted(member, each) for each in ("accessImportExport", "editAnyCollection", "accessReports"))


def may_open_items(member: Role) -> bool:
    """Open any single item."""
    return is_granted(member, "editAnyCollection") or is_granted(member, "deleteAnyCollection")


def may_act_as_admin(member: Role) -> bool:
    """Change items, if not all then those one is assigned to and those in no collection."""
    return is_granted(member, "editAnyCollection")


def may_edit_all_items(organization: AdminAccess, member: Role) -> bool:
    """Change every item, whoever is assigned to its collections."""
    if is_admin(member):
        return organization.allow_admin_access_to_all_collection_items
    custom = is_confirmed(member) and member.type == MemberType.CUSTOM
    return custom and bool((member.permissions or {}).get("editAnyCollection"))


def not_yours() -> Refusal:
    """400: one of the items that shall be given away is somebody else's, or is not there."""
    return bad_request("Trying to share ciphers that you do not own.", rule="vault.share-others")
