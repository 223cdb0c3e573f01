"""Several members at once: confirming, revoking, restoring, with an outcome for each.

A chosen id that is no member of the organization has no outcome. "" = well. The same statements however many.
Source: src/Api/AdminConsole/Controllers/OrganizationUsersController.cs,
src/Core/AdminConsole/OrganizationFeatures/OrganizationUsers/{ConfirmOrganizationUserCommand,RevokeUser/v2,RestoreUser/v1};
fidelity.md: members.many.
"""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa

from common.domains.accounts import service as accounts
from common.domains.accounts.service import User
from common.domains.events.rules import Kind
from common.domains.organizations import compliance, rules, service
from common.domains.organizations.compliance import Bonds
from common.domains.organizations.log import note_members
from common.domains.organizations.members import rules as judge
from common.domains.organizations.models import Member, Organization
from common.enums import MemberStatus, PlanType
from common.errors import bad_request
from common.server.context import Context
from common.server.mail import messages
from common.server.outbox.service import queue

Outcome = dict[UUID, str]


def confirm_members(ctx: Context, caller_id: UUID, organization_id: UUID, keys: Mapping[UUID, str]) -> Outcome:
    """Let accepted members in; who has not accepted has no outcome. keys: the organization key wrapped for each."""
    organization, _ = _require_manager(ctx, caller_id, organization_id)
    members = [
        member
        for member in _members(ctx, organization_id, keys)
        if member.status == MemberStatus.ACCEPTED and member.user_id is not None
    ]
    run_another = _who_run_a_free_one(ctx, organization, members)
    users, bonds = _with_bonds(ctx, organization, members)
    outcome: Outcome = {}
    for member in members:
        refusal = judge.against_confirming(member, runs_free_organization=member.user_id in run_another)
        if refusal is None and member.user_id is not None:
            refusal = compliance.against_confirming(bonds[member.user_id], users[member.user_id].email)
        outcome[member.id] = refusal.message if refusal else ""
        if refusal is None and member.user_id is not None:
            _let_in(ctx, organization, member, keys[member.id], users[member.user_id].email)
    _note(ctx, organization_id, Kind.MEMBER_CONFIRMED, members, outcome)
    return outcome


def _let_in(ctx: Context, organization: Organization, member: Member, key: str, email: str) -> None:
    member.status, member.key, member.email = MemberStatus.CONFIRMED, key, None
    member.revision_date = ctx.clock.now()
    name = rules.display_name(organization.name) or ""
    queue(ctx, messages.organization_confirmed(ctx.settings.base_url, email, name))


def revoke_members(ctx: Context, caller_id: UUID, organization_id: UUID, member_ids: Iterable[UUID]) -> Outcome:
    """Suspend members. If no owner were left, no owner among them is."""
    _, caller = _require_manager(ctx, caller_id, organization_id)
    members = _members(ctx, organization_id, member_ids)
    owner_remains = service.has_owner_besides(ctx, organization_id, [member.id for member in members])
    outcome: Outcome = {}
    for member in members:
        refusal = judge.against_revoking(caller, member, owner_remains=owner_remains)
        outcome[member.id] = refusal.message if refusal else ""
        if refusal is None:
            member.status, member.revision_date = MemberStatus.REVOKED, ctx.clock.now()
    _note(ctx, organization_id, Kind.MEMBER_REVOKED, members, outcome)
    return outcome


def restore_members(ctx: Context, caller_id: UUID, organization_id: UUID, member_ids: Sequence[UUID]) -> Outcome:
    """End suspensions. Raises 400 without a seat for as many as were chosen, and when none of them is a member."""
    organization, caller = _require_manager(ctx, caller_id, organization_id)
    members = _members(ctx, organization_id, member_ids)
    if not members:
        raise bad_request("Users invalid.", rule="members.unknown")
    service.make_room(ctx, organization, len(member_ids))
    run_another = _who_run_a_free_one(ctx, organization, members)
    users, bonds = _with_bonds(ctx, organization, members)
    outcome: Outcome = {}
    for member in members:
        refusal = judge.against_restoring(caller, member, runs_free_organization=member.user_id in run_another)
        if refusal is None and member.user_id is not None:
            refusal = compliance.against_restoring(bonds[member.user_id], users[member.user_id].email)
        outcome[member.id] = refusal.message if refusal else ""
        if refusal is None:
            member.status = _former_status(member)
            member.revision_date = ctx.clock.now()
    _note(ctx, organization_id, Kind.MEMBER_RESTORED, members, outcome)
    return outcome


def _with_bonds(
    ctx: Context, organization: Organization, members: Sequence[Member]
) -> tuple[dict[UUID, User], dict[UUID, Bonds]]:
    """By account: who these members are, and what policies say to them."""
    users = accounts.find_users(ctx, _accounts(members))
    bonds = compliance.bonds_of(ctx, organization, members)
    return users, {
        user_id: each._replace(two_step=each.two_step and not users[user_id].two_factor_enabled)
        for user_id, each in bonds.items()
    }


def _note(ctx: Context, organization_id: UUID, kind: Kind, members: Iterable[Member], outcome: Outcome) -> None:
    """Into the event log: those with whom it went well."""
    note_members(ctx, organization_id, kind, [member for member in members if not outcome[member.id]])


def _former_status(member: Member) -> MemberStatus:
    return rules.status_before_revocation(has_user=member.user_id is not None, has_key=member.key is not None)


def _require_manager(ctx: Context, caller_id: UUID, organization_id: UUID) -> tuple[Organization, Member]:
    """The organization, which nobody else changes now, and the caller's place in it. Raises 404."""
    standing = service.lock_standing(ctx, organization_id, caller_id, rules.may_manage_users)
    return standing.organization, standing.member


def _members(ctx: Context, organization_id: UUID, member_ids: Iterable[UUID]) -> list[Member]:
    query = (
        sa.select(Member)
        .where(Member.organization_id == organization_id, Member.id.in_(list(member_ids)))
        .order_by(Member.creation_date, Member.id)
        .execution_options(populate_existing=True)
    )
    return list(ctx.session.scalars(query))


def _accounts(members: Iterable[Member]) -> set[UUID]:
    return {member.user_id for member in members if member.user_id is not None}


def _who_run_a_free_one(ctx: Context, organization: Organization, members: Iterable[Member]) -> set[UUID]:
    """Those of these members who may run no second Free organization, because this is one and they run another."""
    if organization.plan_type != PlanType.FREE:
        return set()
    leading = _accounts(member for member in members if member.type in rules.LEADING)
    accounts.lock_users(ctx, leading)  # who may become an administrator of two organizations in this very moment
    return service.run_free_organizations(ctx, leading, besides=organization.id)
