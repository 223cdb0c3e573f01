"""Why somebody may not change members that were chosen together. Pure; in upstream's order.

Source: src/Core/AdminConsole/OrganizationFeatures/OrganizationUsers/**; fidelity.md: members.many.
"""

from typing import Protocol
from uuid import UUID

from common.domains.organizations import rules
from common.domains.organizations.rules import Role
from common.enums import MemberStatus, MemberType
from common.errors import Refusal, bad_request

FREE_ADMIN_OF_USER = "User can only be an admin of 1 free organization vault."
FREE_ADMIN_RESTORED = (
    "User is an owner / admin of another free organization vault."
    " Please have them upgrade to a paid plan to restore their account."
)


class Somebody(Role, Protocol):
    """A member: who it is, role and status."""

    user_id: UUID | None


def against_confirming(member: Role, *, runs_free_organization: bool) -> Refusal | None:
    """Why this member is not let in; None = may be. runs_free_organization: another one."""
    if member.type in rules.LEADING and runs_free_organization:
        return bad_request(FREE_ADMIN_OF_USER, rule="organization.one-free")
    return None


def against_revoking(caller: Somebody, member: Somebody, *, owner_remains: bool) -> Refusal | None:
    """Why this caller may not suspend this member; None = may. owner_remains: when all chosen ones are gone."""
    if _same_person(caller, member):
        return bad_request("You cannot revoke yourself.", rule="members.self")
    if member.status == MemberStatus.REVOKED:
        return bad_request("Already revoked.", rule="members.revoked")
    if member.type == MemberType.OWNER and not owner_remains:
        return rules.last_owner()
    if member.type == MemberType.OWNER and not rules.is_owner(caller):
        return bad_request("Only owners can revoke other owners.", rule="members.owner-only")
    if member.type == MemberType.ADMIN and not rules.is_admin(caller):
        return bad_request("Custom users can not revoke admins.", rule="members.custom-limits")
    return None


def against_restoring(caller: Somebody, member: Somebody, *, runs_free_organization: bool) -> Refusal | None:
    """Why this caller may not end this suspension; None = may. runs_free_organization: another one."""
    if member.status != MemberStatus.REVOKED:
        return bad_request("Already active.", rule="members.active")
    if _same_person(caller, member):
        return bad_request("You cannot restore yourself.", rule="members.self")
    if member.type == MemberType.OWNER and not rules.is_owner(caller):
        return bad_request("Only owners can restore other owners.", rule="members.owner-only")
    if member.type == MemberType.ADMIN and not rules.is_admin(caller):
        return bad_request("Custom users can not restore admins.", rule="members.custom-limits")
    if member.type in rules.LEADING and runs_free_organization:
        return bad_request(FREE_ADMIN_RESTORED, rule="organization.one-free")
    return None


def _same_person(caller: Somebody, member: Somebody) -> bool:
    return member.user_id is not None and member.user_id == caller.user_id
