"""Collections: listing, making, changing and deleting them, and who may use them.

Source: src/Api/AdminConsole/Controllers/CollectionsController.cs; fidelity.md: groups.access.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from common.domains.events.rules import Kind
from common.domains.organizations import rules, service
from common.domains.organizations.log import note_collections
from common.domains.organizations.models import (
    Collection,
    CollectionGroup,
    CollectionMember,
    Group,
    Member,
    Organization,
)
from common.domains.organizations.ways import best_ways, ways
from common.enums import MemberStatus
from common.errors import bad_request, not_found
from common.server.bulk import among
from common.server.context import Context
from common.server.foresight import as_seen

MANAGE_EXCLUDES = (
    "The Manage property is mutually exclusive and cannot be true while the ReadOnly or HidePasswords properties "
    "are also true."
)


class Access(NamedTuple):
    """What a member or a group may do with a collection. id: of whichever of the three is listed."""

    id: UUID
    read_only: bool = False
    hide_passwords: bool = False
    manage: bool = False


def list_collections(ctx: Context, caller_id: UUID, organization_id: UUID) -> list[Collection]:
    """All collections for those who manage the organization, for other members those they are assigned to."""
    standing = service.require_standing(ctx, organization_id, caller_id)
    query = sa.select(Collection).where(Collection.organization_id == organization_id)
    if not rules.may_see_all_collections(standing.member):
        own = ways()
        mine = sa.select(own.c.collection_id).where(own.c.member_id == standing.member.id)
        query = query.where(Collection.id.in_(mine))
    return list(ctx.session.scalars(query.order_by(Collection.creation_date, Collection.id)))


class CollectionView(NamedTuple):
    """A collection as one member sees it.

    own: what the member may do with it, in person or through groups. members, groups: who is assigned to it.
    """

    collection: Collection
    own: Access | None
    members: tuple[Access, ...]
    groups: tuple[Access, ...] = ()

    @property
    def unmanaged(self) -> bool:
        """Whether nobody may manage it."""
        return not any(each.manage for each in (*self.members, *self.groups))

    @property
    def managed(self) -> bool:
        """Whether the member may manage it."""
        return self.own is not None and self.own.manage


def view_collections(ctx: Context, caller_id: UUID, organization_id: UUID) -> list[CollectionView]:
    """What `list_collections` finds, with who may use it (the same statements however many)."""
    found = list_collections(ctx, caller_id, organization_id)
    member = service.require_standing(ctx, organization_id, caller_id).member
    own = own_access(ctx, member.id)
    members = _assigned(ctx, organization_id, CollectionMember, CollectionMember.member_id)
    groups = _assigned(ctx, organization_id, CollectionGroup, CollectionGroup.group_id)
    return [
        CollectionView(each, own.get(each.id), tuple(members.get(each.id, ())), tuple(groups.get(each.id, ())))
        for each in found
    ]


def _assigned(
    ctx: Context,
    organization_id: UUID,
    table: type[CollectionMember] | type[CollectionGroup],
    who: InstrumentedAttribute[UUID],
) -> dict[UUID, list[Access]]:
    """Who is assigned to each collection of the organization (one statement)."""
    query = (
        sa.select(table.collection_id, who, table.read_only, table.hide_passwords, table.manage)
        .join(Collection, Collection.id == table.collection_id)
        .where(Collection.organization_id == organization_id)
        .order_by(who)
    )
    assigned: dict[UUID, list[Access]] = {}
    for collection_id, who_id, read_only, hide_passwords, manage in ctx.session.execute(query):
        assigned.setdefault(collection_id, []).append(Access(who_id, read_only, hide_passwords, manage))
    return assigned


def own_access(ctx: Context, member_id: UUID) -> dict[UUID, Access]:
    """What a member may do with collections, in person or through groups, by collection (one statement)."""
    own = best_ways()
    query = sa.select(own.c.collection_id, own.c.read_only, own.c.hide_passwords, own.c.manage)
    return {row[0]: Access(*row) for row in ctx.session.execute(query.where(own.c.member_id == member_id))}


def view_collection(ctx: Context, caller_id: UUID, organization_id: UUID, collection_id: UUID) -> CollectionView:
    """One collection. Raises 404 when the caller cannot see it."""
    views = view_collections(ctx, caller_id, organization_id)
    view = next((each for each in views if each.collection.id == collection_id), None)
    if view is None:
        raise not_found("collections.unknown")
    return view


class CollectionChange(NamedTuple):
    """What a collection shall be. members, groups: who may use it. None = as before."""

    name: str | None
    external_id: str | None = None
    members: Sequence[Access] | None = None
    groups: Sequence[Access] | None = None


def update_collection(
    ctx: Context, caller_id: UUID, organization_id: UUID, collection_id: UUID, change: CollectionChange
) -> CollectionView:
    """Rename a collection and replace who may use it. Raises 404 without the right."""
    member = service.lock_standing(ctx, organization_id, caller_id).member
    view = view_collection(ctx, caller_id, organization_id, collection_id)
    if not rules.may_edit_collection(member, manages=view.managed):
        raise not_found("collections.edit")
    collection = view.collection
    collection.name, collection.external_id = change.name or collection.name, change.external_id
    collection.revision_date = ctx.clock.now()
    _assign_everybody(ctx, collection, change)
    note_collections(ctx, organization_id, Kind.COLLECTION_UPDATED, [collection_id])
    return _seen_after(ctx, collection, member)


def _seen_after(ctx: Context, collection: Collection, member: Member) -> CollectionView:
    """The collection as this member has just left it, seen or not."""
    ctx.session.flush()
    own = own_access(ctx, member.id).get(collection.id)
    members = _assigned(ctx, collection.organization_id, CollectionMember, CollectionMember.member_id)
    groups = _assigned(ctx, collection.organization_id, CollectionGroup, CollectionGroup.group_id)
    return CollectionView(collection, own, tuple(members.get(collection.id, ())), tuple(groups.get(collection.id, ())))


def _assign_everybody(ctx: Context, collection: Collection, change: CollectionChange) -> None:
    organization_id, collection_id = collection.organization_id, collection.id
    if change.members is not None:
        access = check_access(change.members)
        _require_all(ctx, Member, organization_id, access)
        ctx.session.execute(sa.delete(CollectionMember).where(CollectionMember.collection_id == collection_id))
        ctx.session.add_all(_assignment(collection_id, each.id, each) for each in access)
    if change.groups is not None:
        access = check_access(change.groups)
        _require_all(ctx, Group, organization_id, access)
        ctx.session.execute(sa.delete(CollectionGroup).where(CollectionGroup.collection_id == collection_id))
        ctx.session.add_all(group_assignment(collection_id, each.id, each) for each in access)


def add_collection(ctx: Context, caller_id: UUID, organization_id: UUID, new: CollectionChange) -> Collection:
    """Make a collection. Raises 404 without the right, 400 at the plan's limit.

    Source also: src/Core/OrganizationFeatures/OrganizationCollections/CreateCollectionCommand.cs.
    """
    standing = service.lock_standing(ctx, organization_id, caller_id)
    organization = standing.organization
    if not rules.may_create_collections(organization, standing.member):
        raise not_found("collections.create")
    _check_limit(ctx, organization_id, organization.max_collections)
    collection = service.create_collection(ctx, organization, new.name or "", external_id=new.external_id)
    _assign_everybody(ctx, collection, new)
    note_collections(ctx, organization_id, Kind.COLLECTION_CREATED, [collection.id])
    return collection


def _check_limit(ctx: Context, organization_id: UUID, limit: int | None) -> None:
    if limit is None:
        return
    count = sa.select(sa.func.count()).select_from(Collection).where(Collection.organization_id == organization_id)
    if (ctx.session.scalar(count) or 0) >= limit:
        raise bad_request(
            f"You have reached the maximum number of collections ({limit}) for this organization.",
            rule="collections.limit",
        )


def _require_all(ctx: Context, table: type[Member] | type[Group], organization_id: UUID, access: list[Access]) -> None:
    """All of these are members, or groups, of the organization. Raises 404."""
    ids = {each.id for each in access}
    if not ids:
        return
    known = sa.select(table.id).where(table.organization_id == organization_id, table.id.in_(ids))
    if set(ctx.session.scalars(known)) != ids:
        raise not_found("collections.member")


def delete_collection(ctx: Context, caller_id: UUID, organization_id: UUID, collection_id: UUID) -> None:
    """Delete a collection. Raises 404 without the right or without the collection."""
    standing = service.lock_standing(ctx, organization_id, caller_id)
    collection = ctx.session.get(Collection, collection_id)
    if collection is None or collection.organization_id != organization_id:
        raise not_found("collections.unknown")
    own = own_access(ctx, standing.member.id).get(collection_id)
    manages = own is not None and own.manage
    if not rules.may_delete_collections(standing.organization, standing.member, manages=manages):
        raise not_found("collections.delete")
    ctx.session.delete(collection)
    note_collections(ctx, organization_id, Kind.COLLECTION_DELETED, [collection_id])


def delete_collections(ctx: Context, caller_id: UUID, organization_id: UUID, ids: Sequence[UUID]) -> None:
    """Delete several collections, all or none. Raises 404 without the right to all, or for one that is not there."""
    standing = service.lock_standing(ctx, organization_id, caller_id)
    wanted = set(ids)
    own = own_access(ctx, standing.member.id)
    managed = {each for each in wanted if each in own and own[each].manage}
    if not rules.may_delete_collections(standing.organization, standing.member, manages=managed == wanted):
        raise not_found("collections.delete")
    if not wanted or known_among(ctx, organization_id, wanted) != wanted:
        raise not_found("collections.unknown")
    note_collections(ctx, organization_id, Kind.COLLECTION_DELETED, dict.fromkeys(ids))
    ctx.session.execute(
        sa.delete(Collection).where(among(ctx.session, Collection.__table__.c.id, wanted)),
        execution_options={"synchronize_session": False},
    )


def add_access(
    ctx: Context,
    caller_id: UUID,
    organization_id: UUID,
    ids: Sequence[UUID],
    members: Sequence[Access],
    groups: Sequence[Access],
) -> None:
    """Let members and groups use several collections as well; what they had there is replaced. Raises 404 for a
    collection that is not there and without the right to all, 400 in words for members and groups of elsewhere.

    Source: src/Core/AdminConsole/OrganizationFeatures/Collections/BulkAddCollectionAccessCommand.cs.
    """
    standing = service.lock_standing(ctx, organization_id, caller_id)
    wanted = set(ids)
    if known_among(ctx, organization_id, wanted) != wanted:
        raise not_found("collections.unknown")
    own = own_access(ctx, standing.member.id)
    if not rules.may_hand_out_collections(standing.organization, standing.member) and not all(
        each in own and own[each].manage for each in wanted
    ):
        raise not_found("collections.edit")
    if not wanted:
        raise bad_request("No collections were provided.", rule="collections.bulk-access")
    _check_belong(ctx, organization_id, Member, members, "users")
    _check_belong(ctx, organization_id, Group, groups, "groups")
    in_person = (
        CollectionMember.collection_id.in_(wanted),
        CollectionMember.member_id.in_([each.id for each in members]),
    )
    by_group = CollectionGroup.collection_id.in_(wanted), CollectionGroup.group_id.in_([each.id for each in groups])
    ctx.session.execute(sa.delete(CollectionMember).where(*in_person))
    ctx.session.execute(sa.delete(CollectionGroup).where(*by_group))
    ctx.session.add_all(_assignment(place, each.id, each) for place in wanted for each in check_access(members))
    ctx.session.add_all(group_assignment(place, each.id, each) for place in wanted for each in check_access(groups))
    note_collections(ctx, organization_id, Kind.COLLECTION_UPDATED, dict.fromkeys(ids))


def _check_belong(
    ctx: Context, organization_id: UUID, table: type[Member] | type[Group], access: Sequence[Access], name: str
) -> None:
    ids = {each.id for each in access}
    query = sa.select(table.id, table.organization_id).where(table.id.in_(ids))
    owners = {row[0]: row[1] for row in ctx.session.execute(query)}
    if ids - set(owners):
        raise bad_request(f"One or more {name} do not exist.", rule="collections.bulk-access")
    if any(owner != organization_id for owner in owners.values()):
        text = f"One or more {name} do not belong to the same organization as the collection being assigned."
        raise bad_request(text, rule="collections.bulk-access")


def ways_in(ctx: Context, user_id: UUID) -> sa.Subquery:
    """For statements of other domains: every way that leads a confirmed member into a collection of an enabled
    organization.

    Columns: collection_id; read_only, hide_passwords, manage; use_totp, limit_item_deletion of the organization.
    """
    each = ways()
    return (
        sa.select(
            each.c.collection_id,
            each.c.read_only,
            each.c.hide_passwords,
            each.c.manage,
            Organization.use_totp,
            Organization.limit_item_deletion,
        )
        .join(Member, Member.id == each.c.member_id)
        .join(Organization, Organization.id == Member.organization_id)
        .where(
            Member.user_id == user_id,
            Member.status == MemberStatus.CONFIRMED,
            as_seen(ctx.session, Organization.enabled),
        )
        .subquery("ways_in")
    )


def writable_among(ctx: Context, standing: service.Standing, wanted: Iterable[UUID]) -> set[UUID]:
    """Those of these collections that the member may put something into; none of them goes before this is over."""
    if rules.may_see_all_collections(standing.member):
        return known_among(ctx, standing.organization.id, wanted)
    return own_writable_among(ctx, standing, wanted)


def known_among(ctx: Context, organization_id: UUID, wanted: Iterable[UUID]) -> set[UUID]:
    """Those of these collections that the organization has; none of them goes before this is over."""
    return set(ctx.session.scalars(_known(ctx, organization_id, wanted)))


def own_writable_among(ctx: Context, standing: service.Standing, wanted: Iterable[UUID]) -> set[UUID]:
    """Those of these collections that the member is assigned to and may write to, in person or through a group."""
    each = ways()
    mine = sa.select(each.c.collection_id).where(each.c.member_id == standing.member.id, sa.not_(each.c.read_only))
    query = _known(ctx, standing.organization.id, wanted).where(Collection.id.in_(mine))
    return set(ctx.session.scalars(query))


def _known(ctx: Context, organization_id: UUID, wanted: Iterable[UUID]) -> sa.Select[UUID]:
    chosen = among(ctx.session, Collection.__table__.c.id, wanted)
    query = sa.select(Collection.id).where(Collection.organization_id == organization_id, chosen)
    return query.with_for_update(read=True, of=Collection)


def check_access(wanted: Iterable[Access]) -> list[Access]:
    """The wanted access, one per id, the last one wins. Raises 400 for a contradiction."""
    access = list({each.id: each for each in wanted}.values())
    if any(each.manage and (each.read_only or each.hide_passwords) for each in access):
        raise bad_request(MANAGE_EXCLUDES, rule="collections.manage-excludes")
    return access


def assign(ctx: Context, organization_id: UUID, member_ids: list[UUID], wanted: Iterable[Access]) -> None:
    """Give new members access to collections. Raises 404 for a collection of another organization."""
    access = check_access(wanted)
    ids = {each.id for each in access}
    if not ids:
        return
    known = sa.select(Collection.id).where(Collection.organization_id == organization_id, Collection.id.in_(ids))
    if set(ctx.session.scalars(known)) != ids:
        raise not_found("collections.unknown")
    ctx.session.add_all(_assignment(each.id, member_id, each) for member_id in member_ids for each in access)


def reassign(ctx: Context, organization_id: UUID, member_id: UUID, wanted: Iterable[Access]) -> None:
    """Replace a member's access to collections."""
    ctx.session.execute(sa.delete(CollectionMember).where(CollectionMember.member_id == member_id))
    assign(ctx, organization_id, [member_id], wanted)


def _assignment(collection_id: UUID, member_id: UUID, access: Access) -> CollectionMember:
    return CollectionMember(
        collection_id=collection_id,
        member_id=member_id,
        read_only=access.read_only,
        hide_passwords=access.hide_passwords,
        manage=access.manage,
    )


def group_assignment(collection_id: UUID, group_id: UUID, access: Access) -> CollectionGroup:
    """A row that lets a group use a collection."""
    return CollectionGroup(
        collection_id=collection_id,
        group_id=group_id,
        read_only=access.read_only,
        hide_passwords=access.hide_passwords,
        manage=access.manage,
    )


def access_of_members(ctx: Context, member_ids: list[UUID]) -> dict[UUID, list[Access]]:
    """Which collections each of these members may use (one statement)."""
    found: dict[UUID, list[Access]] = {}
    query = sa.select(CollectionMember).where(CollectionMember.member_id.in_(member_ids))
    for row in ctx.session.scalars(query.order_by(CollectionMember.collection_id)):
        access = Access(row.collection_id, row.read_only, row.hide_passwords, row.manage)
        found.setdefault(row.member_id, []).append(access)
    return found
