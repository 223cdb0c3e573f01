"""What an organization does by its own API key. Source: src/Api/AdminConsole/Public; fidelity.md:
organization.public-api."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from common.domains.events.rules import Kind
from common.domains.organizations import service
from common.domains.organizations.collections.service import Access, check_access
from common.domains.organizations.groups import service as groups
from common.domains.organizations.groups.service import GroupChange
from common.domains.organizations.log import note_groups, note_members
from common.domains.organizations.members import service as members
from common.domains.organizations.members.service import MemberRole, MemberView
from common.domains.organizations.models import Group, GroupMember, Member, Organization
from common.domains.organizations.public_api import rules
from common.domains.organizations.public_api.rules import GroupOf, Import, Known
from common.domains.organizations.rules import last_owner
from common.domains.sponsorships.standing import end_sponsorships_of
from common.enums import MemberType
from common.server.context import Context
from common.server.outbox.service import require_mail, send_now
from common.server.transaction import rehearsal


def add_member(ctx: Context, organization_id: UUID, email: str, role: MemberRole) -> MemberView:
    """Invite one address. Raises 400 for a member, without seats, without mail."""
    invited = members.invite_members(ctx, None, organization_id, [email], role)
    if not invited:
        raise rules.invited_already()
    return members.show_member(ctx, None, organization_id, invited[0].id)


def change_member(ctx: Context, organization_id: UUID, member_id: UUID, role: MemberRole) -> MemberView:
    """Change role, collections and groups of a member, and how the directory names them."""
    changed = members.update_member(ctx, None, organization_id, member_id, role)
    changed.external_id = role.external_id
    ctx.session.flush()
    return members.show_member(ctx, None, organization_id, member_id)


def set_groups(ctx: Context, organization_id: UUID, member_id: UUID, group_ids: Sequence[UUID]) -> None:
    """Replace the groups that a member is in; those of other organizations are passed over.

    Source: src/Sql/dbo/Stored Procedures/GroupUser_UpdateGroups.sql.
    """
    service.lock_standing(ctx, organization_id, None)
    groups.replace_groups(ctx, organization_id, member_id, groups.groups_known(ctx, organization_id, group_ids))
    groups.note_regrouped(ctx, organization_id, [member_id])


class GroupWanted(NamedTuple):
    """What a group shall be. access: None = as before, for a new one none."""

    name: str
    external_id: str | None
    access: Sequence[Access] | None


def add_group(ctx: Context, organization_id: UUID, wanted: GroupWanted) -> Group:
    """Make a group; collections of others are passed over. Raises 400 when the plan has none.

    Source: src/Sql/dbo/Stored Procedures/Group_CreateWithCollections.sql.
    """
    asked = wanted.access or ()
    known = groups.collections_known(ctx, organization_id, [each.id for each in asked])
    change = GroupChange(wanted.name, [each for each in check_access(asked) if each.id in known])
    group = groups.add_group(ctx, None, organization_id, change)
    group.external_id = wanted.external_id
    return group


def change_group(ctx: Context, organization_id: UUID, group_id: UUID, wanted: GroupWanted) -> Group:
    """Change a group. Raises 404 for what is not the organization's, 400 when the plan has none."""
    before = groups.view_group(ctx, None, organization_id, group_id).access
    access = before if wanted.access is None else wanted.access
    group = groups.update_group(ctx, None, organization_id, group_id, GroupChange(wanted.name, access))
    group.external_id = wanted.external_id
    return group


def set_group_members(ctx: Context, organization_id: UUID, group_id: UUID, member_ids: Sequence[UUID]) -> None:
    """Say who is in a group. Raises 404."""
    service.lock_standing(ctx, organization_id, None)
    groups.set_members(ctx, organization_id, group_id, member_ids)


def import_directory(ctx: Context, organization_id: UUID, wanted: Import) -> None:
    """Make members and groups what a directory says: all of it or nothing, and nobody before all mails have left.

    Raises 400 where the plan has no directory or no groups, without seats, without mail.
    """
    ids = {external_id: ctx.ids.uuid() for external_id in wanted.members}
    with rehearsal(ctx.session):  # whatever can refuse it does so before anybody is mailed
        mails = members.invitations(ctx, organization_id, _take_over(ctx, organization_id, wanted, ids))
    send_now(ctx, mails)
    _take_over(ctx, organization_id, wanted, ids)


def _take_over(ctx: Context, organization_id: UUID, wanted: Import, ids: Mapping[str, UUID]) -> list[Member]:
    """Do it; those who are new. ids: what new members get, by external id."""
    organization = service.lock_standing(ctx, organization_id, None).organization
    if not organization.use_directory:
        raise rules.no_directory()
    if wanted.members:
        require_mail(ctx)
    everybody = members.list_members(ctx, None, organization_id)
    views = _without_leavers(ctx, organization_id, everybody, wanted)
    by_email = {email: external_id for external_id, email in wanted.members.items()}
    for view in views:
        if view.member.external_id is None and view.email in by_email:
            view.member.external_id = by_email[view.email]
    known = {view.member.external_id: view.member.id for view in views if view.member.external_id}
    new = _invite(ctx, organization, {name: wanted.members[name] for name in wanted.members if name not in known}, ids)
    known |= {member.external_id or "": member.id for member in new}
    if wanted.groups:
        _take_groups_over(ctx, organization, wanted.groups, known)
    gone = [view.member for view in everybody if view not in views]
    note_members(ctx, organization_id, Kind.MEMBER_REMOVED, gone, by_key=True)
    return new


def _known(view: MemberView) -> Known:
    member, user = view.member, view.user
    has_password = user is not None and user.master_password_hash is not None
    return Known(member.external_id, view.email or "", member.type == MemberType.OWNER, has_password)


def _without_leavers(ctx: Context, organization_id: UUID, views: list[MemberView], wanted: Import) -> list[MemberView]:
    """Remove those who go; those who stay."""
    leaving = [view for view in views if rules.leaves(_known(view), wanted)]
    rules.check_overwriting([_known(view) for view in leaving], wanted)
    gone = [view.member.id for view in leaving]
    for view in leaving:
        ctx.session.delete(view.member)
    ctx.session.flush()
    end_sponsorships_of(ctx, organization_id, gone)
    return [view for view in views if view.member.id not in gone]


def _invite(
    ctx: Context, organization: Organization, wanted: Mapping[str, str], ids: Mapping[str, UUID]
) -> list[Member]:
    """Make members of new addresses. wanted: external id -> address."""
    present = members.known_addresses(ctx, organization.id, list(wanted.values()))
    fresh = {external_id: email for external_id, email in wanted.items() if email not in present}
    service.make_room(ctx, organization, len(fresh))
    if fresh and not service.has_owner_besides(ctx, organization.id):
        raise last_owner()
    invited = [
        members.new_member(
            ctx, organization.id, ids[external_id], email, MemberRole(MemberType.USER, external_id=external_id)
        )
        for external_id, email in fresh.items()
    ]
    ctx.session.add_all(invited)
    ctx.session.flush()
    note_members(ctx, organization.id, Kind.MEMBER_INVITED, invited, by_key=True)
    return invited


def _take_groups_over(
    ctx: Context, organization: Organization, wanted: Sequence[GroupOf], known: Mapping[str, UUID]
) -> None:
    """Make groups what the directory says. known: external id -> member (the same statements however many)."""
    if not organization.use_groups:
        raise rules.no_groups()
    names = [each.external_id for each in wanted]
    query = sa.select(Group).where(Group.organization_id == organization.id, Group.external_id.in_(names))
    there = {group.external_id: group for group in ctx.session.scalars(query)}
    known_before = [group.id for group in there.values()]
    now = ctx.clock.now()
    for each in wanted:
        group = there.get(each.external_id)
        if group is None:
            group = there[each.external_id] = Group(
                id=ctx.ids.uuid(), organization_id=organization.id, external_id=each.external_id, creation_date=now
            )
            ctx.session.add(group)
        group.name, group.revision_date = each.name, now
    ctx.session.flush()
    touched = [group.id for group in there.values()]
    new = touched[len(known_before) :]
    note_groups(ctx, organization.id, Kind.GROUP_CREATED, new, by_key=True)
    note_groups(ctx, organization.id, Kind.GROUP_UPDATED, known_before, by_key=True)
    ctx.session.execute(sa.delete(GroupMember).where(GroupMember.group_id.in_(touched)))
    places = {(there[each.external_id].id, known[name]) for each in wanted for name in each.members if name in known}
    ctx.session.add_all(GroupMember(group_id=group_id, member_id=member_id) for group_id, member_id in places)
