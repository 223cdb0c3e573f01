"""Collections and groups: listing, making and deleting them.

Source: src/Api/AdminConsole/Controllers/{Collections,Groups}Controller.cs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from common.domains.organizations import rules, service
from common.domains.organizations.models import Collection, CollectionMember, Group, Member, Organization
from common.enums import MemberStatus
from common.errors import bad_request, not_found
from common.server.bulk import among
from common.server.context import Context
from common.server.foresight import as_seen

MANAGE_EXCLUDES = (
    "The Manage property is mutually exclusive and cannot be true while the ReadOnly or HidePasswords properties "
    "are also true."
)


@dataclass(frozen=True)
class Access:
    """What a member may do with a collection. id: of the collection, or of the member, whichever is listed."""

    id: UUID
    read_only: bool = False
    hide_passwords: bool = False
    manage: bool = False


def list_collections(ctx: Context, caller_id: UUID, organization_id: UUID) -> list[Collection]:
    """All collections for those who manage the organization, for other members those they are assigned to."""
    standing = service.require_standing(ctx, organization_id, caller_id)
    query = sa.select(Collection).where(Collection.organization_id == organization_id)
    if not rules.may_see_all_collections(standing.member):
        mine = sa.select(CollectionMember.collection_id).where(CollectionMember.member_id == standing.member.id)
        query = query.where(Collection.id.in_(mine))
    return list(ctx.session.scalars(query.order_by(Collection.creation_date, Collection.id)))


@dataclass(frozen=True)
class CollectionView:
    """A collection as one member sees it. own: the member's own assignment, if any. members: everybody's."""

    collection: Collection
    own: Access | None
    members: tuple[Access, ...]

    @property
    def unmanaged(self) -> bool:
        """Whether nobody may manage it."""
        return not any(each.manage for each in self.members)


def view_collections(ctx: Context, caller_id: UUID, organization_id: UUID) -> list[CollectionView]:
    """What `list_collections` finds, with who may use it."""
    found = list_collections(ctx, caller_id, organization_id)
    member = service.require_standing(ctx, organization_id, caller_id).member
    assigned: dict[UUID, list[Access]] = {}
    query = (
        sa.select(CollectionMember)
        .join(Collection, Collection.id == CollectionMember.collection_id)
        .where(Collection.organization_id == organization_id)
        .order_by(CollectionMember.member_id)
    )
    for row in ctx.session.scalars(query):
        access = Access(row.member_id, row.read_only, row.hide_passwords, row.manage)
        assigned.setdefault(row.collection_id, []).append(access)
    return [_view(each, member.id, assigned.get(each.id, ())) for each in found]


def _view(collection: Collection, member_id: UUID, members: Iterable[Access]) -> CollectionView:
    everybody = tuple(members)
    return CollectionView(collection, next((each for each in everybody if each.id == member_id), None), everybody)


def view_collection(ctx: Context, caller_id: UUID, organization_id: UUID, collection_id: UUID) -> CollectionView:
    """One collection. Raises 404 when the caller cannot see it."""
    views = view_collections(ctx, caller_id, organization_id)
    view = next((each for each in views if each.collection.id == collection_id), None)
    if view is None:
        raise not_found("collections.unknown")
    return view


def update_collection(
    ctx: Context,
    caller_id: UUID,
    organization_id: UUID,
    collection_id: UUID,
    name: str,
    external_id: str | None,
    members: Iterable[Access] | None,
) -> CollectionView:
    """Rename a collection and replace who may use it (None = as before). Raises 404 without the right."""
    member = service.require_standing(ctx, organization_id, caller_id).member
    view = view_collection(ctx, caller_id, organization_id, collection_id)
    if not rules.may_edit_collection(member, manages=view.own is not None and view.own.manage):
        raise not_found("collections.edit")
    collection = view.collection
    collection.name, collection.external_id, collection.revision_date = name, external_id, ctx.clock.now()
    if members is not None:
        access = check_access(members)
        _require_members(ctx, organization_id, access)
        ctx.session.execute(sa.delete(CollectionMember).where(CollectionMember.collection_id == collection_id))
        ctx.session.add_all(_assignment(collection_id, each.id, each) for each in access)
        view = _view(collection, member.id, access)
    return view


def add_collection(
    ctx: Context,
    caller_id: UUID,
    organization_id: UUID,
    name: str,
    external_id: str | None = None,
    members: Iterable[Access] = (),
) -> Collection:
    """Make a collection. Raises 404 without the right, 400 at the plan's limit.

    Source also: src/Core/OrganizationFeatures/OrganizationCollections/CreateCollectionCommand.cs.
    """
    standing = service.require_standing(ctx, organization_id, caller_id)
    organization = standing.organization
    if not rules.may_create_collections(organization, standing.member):
        raise not_found("collections.create")
    access = check_access(members)
    _require_members(ctx, organization_id, access)
    _check_limit(ctx, organization_id, organization.max_collections)
    collection = service.create_collection(ctx, organization, name, external_id=external_id)
    for each in access:
        ctx.session.add(_assignment(collection.id, each.id, each))
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


def _require_members(ctx: Context, organization_id: UUID, access: list[Access]) -> None:
    ids = {each.id for each in access}
    if not ids:
        return
    known = sa.select(Member.id).where(Member.organization_id == organization_id, Member.id.in_(ids))
    if set(ctx.session.scalars(known)) != ids:
        raise not_found("collections.member")


def delete_collection(ctx: Context, caller_id: UUID, organization_id: UUID, collection_id: UUID) -> None:
    """Delete a collection. Raises 404 without the right or without the collection."""
    standing = service.require_standing(ctx, organization_id, caller_id)
    collection = ctx.session.get(Collection, collection_id)
    if collection is None or collection.organization_id != organization_id:
        raise not_found("collections.unknown")
    own = ctx.session.get(CollectionMember, (collection_id, standing.member.id))
    manages = own is not None and own.manage
    if not rules.may_delete_collections(standing.organization, standing.member, manages=manages):
        raise not_found("collections.delete")
    ctx.session.delete(collection)


def ways_in(ctx: Context, user_id: UUID) -> sa.Subquery:
    """For statements of other domains: every way that leads a confirmed member into a collection of an enabled
    organization.

    Columns: collection_id; read_only, hide_passwords, manage; use_totp, limit_item_deletion of the organization.
    """
    return (
        sa.select(
            CollectionMember.collection_id,
            CollectionMember.read_only,
            CollectionMember.hide_passwords,
            CollectionMember.manage,
            Organization.use_totp,
            Organization.limit_item_deletion,
        )
        .join(Member, Member.id == CollectionMember.member_id)
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
    query = sa.select(Collection.id).where(
        Collection.organization_id == standing.organization.id, among(ctx.session, Collection.__table__.c.id, wanted)
    )
    if not rules.may_see_all_collections(standing.member):
        query = query.join(CollectionMember, CollectionMember.collection_id == Collection.id).where(
            CollectionMember.member_id == standing.member.id, sa.not_(CollectionMember.read_only)
        )
    return set(ctx.session.scalars(query.with_for_update(read=True, of=Collection)))


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


def access_of_members(ctx: Context, member_ids: list[UUID]) -> dict[UUID, list[Access]]:
    """Which collections each of these members may use (one statement)."""
    found: dict[UUID, list[Access]] = {}
    query = sa.select(CollectionMember).where(CollectionMember.member_id.in_(member_ids))
    for row in ctx.session.scalars(query.order_by(CollectionMember.collection_id)):
        access = Access(row.collection_id, row.read_only, row.hide_passwords, row.manage)
        found.setdefault(row.member_id, []).append(access)
    return found


def list_groups(ctx: Context, caller_id: UUID, organization_id: UUID) -> list[Group]:
    """The groups of an organization."""
    service.require_standing(ctx, organization_id, caller_id, rules.may_see_groups)
    query = sa.select(Group).where(Group.organization_id == organization_id)
    return list(ctx.session.scalars(query.order_by(Group.creation_date, Group.id)))


def add_group(ctx: Context, caller_id: UUID, organization_id: UUID, name: str) -> Group:
    """Make a group. Raises 404 without the right, 400 when the plan has no groups."""
    standing = service.require_standing(ctx, organization_id, caller_id, rules.may_manage_groups)
    if not standing.organization.use_groups:
        raise bad_request("This organization cannot use groups.", rule="groups.plan")
    now = ctx.clock.now()
    group = Group(id=ctx.ids.uuid(), organization_id=organization_id, name=name, creation_date=now, revision_date=now)
    ctx.session.add(group)
    return group


def delete_group(ctx: Context, caller_id: UUID, organization_id: UUID, group_id: UUID) -> None:
    """Delete a group. Raises 404 without the right or without the group."""
    service.require_standing(ctx, organization_id, caller_id, rules.may_manage_groups)
    group = ctx.session.get(Group, group_id)
    if group is None or group.organization_id != organization_id:
        raise not_found("groups.unknown")
    ctx.session.delete(group)
