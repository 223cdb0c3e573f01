"""Groups: who is in them, which collections they may use; making, changing and deleting them.

Source: src/Api/AdminConsole/Controllers/GroupsController.cs, src/Core/AdminConsole/OrganizationFeatures/Groups/**;
fidelity.md: groups.access.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from common.domains.events.rules import Kind
from common.domains.organizations import rules, service
from common.domains.organizations.collections import service as collections
from common.domains.organizations.collections.service import Access
from common.domains.organizations.log import note_groups, note_members
from common.domains.organizations.models import (
    Collection,
    CollectionGroup,
    CollectionMember,
    Group,
    GroupMember,
    Member,
)
from common.domains.organizations.service import Standing
from common.errors import bad_request, not_found
from common.server.context import Context


@dataclass(frozen=True)
class GroupView:
    """A group and which collections it may use."""

    group: Group
    access: tuple[Access, ...] = ()


@dataclass(frozen=True)
class GroupChange:
    """What a group shall be. member_ids: None = as before."""

    name: str
    access: Sequence[Access] = ()
    member_ids: Sequence[UUID] | None = None


def list_groups(ctx: Context, caller_id: UUID, organization_id: UUID) -> list[Group]:
    """The groups of an organization, for everybody who assigns collections."""
    standing = service.require_standing(ctx, organization_id, caller_id)
    if not rules.may_list_groups(standing.organization, standing.member) and not _managed(ctx, standing):
        raise not_found("groups.list")
    query = sa.select(Group).where(Group.organization_id == organization_id)
    return list(ctx.session.scalars(query.order_by(Group.creation_date, Group.id)))


def _managed(ctx: Context, standing: Standing) -> set[UUID]:
    """The collections that the caller manages."""
    return {each.id for each in collections.own_access(ctx, standing.member.id).values() if each.manage}


def view_groups(ctx: Context, caller_id: UUID | None, organization_id: UUID) -> list[GroupView]:
    """All groups with their collections (the same statements however many)."""
    service.require_standing(ctx, organization_id, caller_id, rules.may_see_groups)
    query = sa.select(Group).where(Group.organization_id == organization_id)
    groups = list(ctx.session.scalars(query.order_by(Group.creation_date, Group.id)))
    access = _access(ctx, sa.select(Group.id).where(Group.organization_id == organization_id))
    return [GroupView(group, tuple(access.get(group.id, ()))) for group in groups]


def view_group(ctx: Context, caller_id: UUID | None, organization_id: UUID, group_id: UUID) -> GroupView:
    """One group with its collections. Raises 404."""
    group = show_group(ctx, caller_id, organization_id, group_id)
    access = _access(ctx, sa.select(sa.literal(group_id, sa.Uuid)))
    return GroupView(group, tuple(access.get(group_id, ())))


def _access(ctx: Context, group_ids: sa.Select[UUID]) -> dict[UUID, list[Access]]:
    """Which collections each of these groups may use (one statement)."""
    query = sa.select(CollectionGroup).where(CollectionGroup.group_id.in_(group_ids))
    found: dict[UUID, list[Access]] = {}
    for row in ctx.session.scalars(query.order_by(CollectionGroup.collection_id)):
        access = Access(row.collection_id, row.read_only, row.hide_passwords, row.manage)
        found.setdefault(row.group_id, []).append(access)
    return found


def show_group(ctx: Context, caller_id: UUID | None, organization_id: UUID, group_id: UUID) -> Group:
    """One group. Raises 404 without the right or without the group."""
    service.require_standing(ctx, organization_id, caller_id, rules.may_manage_groups)
    return _group(ctx, organization_id, group_id)


def _group(ctx: Context, organization_id: UUID, group_id: UUID) -> Group:
    group = ctx.session.get(Group, group_id)
    if group is None or group.organization_id != organization_id:
        raise not_found("groups.unknown")
    return group


def members_of_group(ctx: Context, caller_id: UUID | None, organization_id: UUID, group_id: UUID) -> list[UUID]:
    """The ids of those who are in a group. Raises 404."""
    return _member_ids(ctx, show_group(ctx, caller_id, organization_id, group_id).id)


def _member_ids(ctx: Context, group_id: UUID) -> list[UUID]:
    query = sa.select(GroupMember.member_id).where(GroupMember.group_id == group_id)
    return list(ctx.session.scalars(query.order_by(GroupMember.member_id)))


def add_group(ctx: Context, caller_id: UUID | None, organization_id: UUID, new: GroupChange) -> Group:
    """Make a group. Raises 404 without the right or for what the organization has not, 400 when the plan has none."""
    standing = service.lock_standing(ctx, organization_id, caller_id, rules.may_manage_groups)
    _require_right_to(ctx, standing, {each.id for each in new.access})
    _require_plan(standing)
    now = ctx.clock.now()
    group = Group(
        id=ctx.ids.uuid(), organization_id=organization_id, name=new.name, creation_date=now, revision_date=now
    )
    access = collections.check_access(new.access)
    ctx.session.add(group)
    ctx.session.flush()
    ctx.session.add_all(collections.group_assignment(each.id, group.id, each) for each in access)
    note_regrouped(ctx, organization_id, _fill(ctx, group, new.member_ids))
    note_groups(ctx, organization_id, Kind.GROUP_CREATED, [group.id])
    return group


def _require_plan(standing: Standing) -> None:
    if not standing.organization.use_groups:
        raise bad_request("This organization cannot use groups.", rule="groups.plan")


def update_group(
    ctx: Context, caller_id: UUID | None, organization_id: UUID, group_id: UUID, change: GroupChange
) -> Group:
    """Rename a group and replace its collections and members; collections that the caller may not hand out stay.

    Raises 404 without the right or for what the organization has not, 400 for an administrator who adds themselves
    where administrators may not read every item, 400 when the plan has no groups.
    """
    standing = service.lock_standing(ctx, organization_id, caller_id, rules.may_manage_groups)
    group = _group(ctx, organization_id, group_id)
    _check_self(ctx, standing, group_id, change.member_ids or ())
    _require_right_to(ctx, standing, {each.id for each in change.access})
    _require_plan(standing)
    access = collections.check_access(change.access)
    group.name, group.revision_date = change.name, ctx.clock.now()
    replaced = CollectionGroup.collection_id.in_(_may_be_handed_out(ctx, standing, group_id))
    ctx.session.execute(sa.delete(CollectionGroup).where(CollectionGroup.group_id == group_id, replaced))
    ctx.session.add_all(collections.group_assignment(each.id, group_id, each) for each in access)
    if change.member_ids is not None:
        before = set(_member_ids(ctx, group_id))
        ctx.session.execute(sa.delete(GroupMember).where(GroupMember.group_id == group_id))
        note_regrouped(ctx, organization_id, before ^ _fill(ctx, group, change.member_ids))
    note_groups(ctx, organization_id, Kind.GROUP_UPDATED, [group.id])
    return group


def _check_self(ctx: Context, standing: Standing, group_id: UUID, wanted: Iterable[UUID]) -> None:
    if standing.organization.allow_admin_access_to_all_collection_items or standing.member.id not in wanted:
        return
    if standing.member.id not in _member_ids(ctx, group_id):
        raise bad_request("You cannot add yourself to groups.", rule="groups.self")


def _require_right_to(ctx: Context, standing: Standing, collection_ids: set[UUID]) -> None:
    """These are the organization's, and the caller may say which groups use them. Raises 404."""
    if collection_ids and collection_ids - _manageable(ctx, standing, collection_ids):
        raise not_found("groups.collection")


def _may_be_handed_out(ctx: Context, standing: Standing, group_id: UUID) -> set[UUID]:
    """Those of a group's collections whose groups the caller may change."""
    query = sa.select(CollectionGroup.collection_id).where(CollectionGroup.group_id == group_id)
    return _manageable(ctx, standing, set(ctx.session.scalars(query)))


def _manageable(ctx: Context, standing: Standing, collection_ids: set[UUID]) -> set[UUID]:
    organization, member = standing.organization, standing.member
    query = sa.select(Collection.id).where(
        Collection.organization_id == organization.id, Collection.id.in_(collection_ids)
    )
    known = set(ctx.session.scalars(query))
    itself = member.id is None  # by its own API key
    if itself or rules.may_hand_out_collections(organization, member):
        return known
    orphans = set(ctx.session.scalars(query.where(_is_orphan()))) if rules.may_adopt_collections(member) else set()
    return (known & _managed(ctx, standing)) | orphans


def _is_orphan() -> sa.ColumnElement[bool]:
    """Nobody manages the collection."""
    in_person = sa.exists().where(CollectionMember.collection_id == Collection.id, CollectionMember.manage)
    by_group = sa.exists().where(CollectionGroup.collection_id == Collection.id, CollectionGroup.manage)
    return ~in_person & ~by_group


def _fill(ctx: Context, group: Group, member_ids: Sequence[UUID] | None) -> set[UUID]:
    """Put members into a group that has none; their ids. Raises 404 for somebody of another organization."""
    wanted = set(member_ids or ())
    known = sa.select(Member.id).where(Member.organization_id == group.organization_id, Member.id.in_(wanted))
    if wanted and set(ctx.session.scalars(known)) != wanted:
        raise not_found("groups.member")
    ctx.session.add_all(GroupMember(group_id=group.id, member_id=each) for each in wanted)
    return wanted


def note_regrouped(ctx: Context, organization_id: UUID, member_ids: Iterable[UUID]) -> None:
    """Into the event log: these members are in other groups than before."""
    wanted = set(member_ids)
    if wanted:
        query = sa.select(Member).where(Member.id.in_(wanted)).order_by(Member.creation_date, Member.id)
        note_members(ctx, organization_id, Kind.MEMBER_UPDATED_GROUPS, ctx.session.scalars(query))


def delete_group(ctx: Context, caller_id: UUID | None, organization_id: UUID, group_id: UUID) -> None:
    """Delete a group; its members stay. Raises 404 without the right or without the group."""
    service.lock_standing(ctx, organization_id, caller_id, rules.may_manage_groups)
    ctx.session.delete(_group(ctx, organization_id, group_id))
    if caller_id is not None:  # the Public API deletes without a word
        note_groups(ctx, organization_id, Kind.GROUP_DELETED, [group_id])


def delete_groups(ctx: Context, caller_id: UUID, organization_id: UUID, group_ids: Sequence[UUID]) -> None:
    """Delete several groups, all or none. Raises 404 without the right and for one of another organization."""
    service.lock_standing(ctx, organization_id, caller_id, rules.may_manage_groups)
    found = list(ctx.session.scalars(sa.select(Group).where(Group.id.in_(group_ids))))
    if any(group.organization_id != organization_id for group in found):
        raise not_found("groups.unknown")
    note_groups(ctx, organization_id, Kind.GROUP_DELETED, [group.id for group in found])
    ctx.session.execute(sa.delete(Group).where(Group.id.in_([group.id for group in found])))


def set_members(ctx: Context, organization_id: UUID, group_id: UUID, member_ids: Iterable[UUID]) -> None:
    """Say who is in a group of a locked organization; whoever is not of it is passed over. Raises 404.

    Source: src/Sql/dbo/Stored Procedures/GroupUser_UpdateUsers.sql.
    """
    group = _group(ctx, organization_id, group_id)
    query = sa.select(Member.id).where(Member.organization_id == organization_id, Member.id.in_(list(member_ids)))
    known = list(ctx.session.scalars(query))
    ctx.session.execute(sa.delete(GroupMember).where(GroupMember.group_id == group_id))
    _fill(ctx, group, known)


def collections_known(ctx: Context, organization_id: UUID, collection_ids: Iterable[UUID]) -> set[UUID]:
    """Those of them that are the organization's (one statement)."""
    query = sa.select(Collection.id).where(
        Collection.organization_id == organization_id, Collection.id.in_(list(collection_ids))
    )
    return set(ctx.session.scalars(query))


def groups_known(ctx: Context, organization_id: UUID, group_ids: Iterable[UUID]) -> list[UUID]:
    """Those of them that are the organization's (one statement)."""
    query = sa.select(Group.id).where(Group.organization_id == organization_id, Group.id.in_(list(group_ids)))
    return list(ctx.session.scalars(query))


def remove_from_group(ctx: Context, caller_id: UUID, organization_id: UUID, group_id: UUID, member_id: UUID) -> None:
    """Take a member out of a group. Raises 404 when one of them is not the organization's."""
    service.lock_standing(ctx, organization_id, caller_id, rules.may_manage_groups)
    _group(ctx, organization_id, group_id)
    member = ctx.session.get(Member, member_id)
    if member is None or member.organization_id != organization_id:
        raise not_found("groups.member")
    ctx.session.execute(
        sa.delete(GroupMember).where(GroupMember.group_id == group_id, GroupMember.member_id == member_id)
    )
    note_members(ctx, organization_id, Kind.MEMBER_UPDATED_GROUPS, [member])


def groups_of_members(ctx: Context, member_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """The groups that each of these members is in (one statement)."""
    query = sa.select(GroupMember.member_id, GroupMember.group_id).where(GroupMember.member_id.in_(list(member_ids)))
    found: dict[UUID, list[UUID]] = {}
    for member_id, group_id in ctx.session.execute(query.order_by(GroupMember.group_id)):
        found.setdefault(member_id, []).append(group_id)
    return found


def put_into_groups(ctx: Context, organization_id: UUID, member_ids: Sequence[UUID], group_ids: Iterable[UUID]) -> None:
    """Put new members into groups. Raises 404 for a group of another organization."""
    wanted = set(group_ids)
    if not wanted:
        return
    known = sa.select(Group.id).where(Group.organization_id == organization_id, Group.id.in_(wanted))
    if set(ctx.session.scalars(known)) != wanted:
        raise not_found("groups.unknown")
    ctx.session.add_all(GroupMember(group_id=group, member_id=member) for member in member_ids for group in wanted)


def replace_groups(ctx: Context, organization_id: UUID, member_id: UUID, group_ids: Iterable[UUID]) -> None:
    """Replace the groups that a member is in. Raises 404 for a group of another organization."""
    ctx.session.execute(sa.delete(GroupMember).where(GroupMember.member_id == member_id))
    put_into_groups(ctx, organization_id, [member_id], group_ids)
