"""What is written into an organization's event log: nothing, unless it is enabled and its plan has events.

Each of these is one statement, however many there are.
Source: src/Core/Dirt/Services/Implementations/EventService.cs; fidelity.md: events.log.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from common.domains.events.rules import Kind, SystemUser
from common.domains.events.service import Object, record
from common.domains.organizations.models import Member, Organization
from common.server.context import Context


def note_organization(ctx: Context, organization_id: UUID, *kinds: Kind) -> None:
    """Something was done to the organization as a whole."""
    for kind in kinds:
        _note(ctx, organization_id, kind, (Object(),), with_installation=True)


COLLECTION_RIGHTS = {
    "limit_collection_creation": (Kind.LIMIT_COLLECTION_CREATION_ENABLED, Kind.LIMIT_COLLECTION_CREATION_DISABLED),
    "limit_collection_deletion": (Kind.LIMIT_COLLECTION_DELETION_ENABLED, Kind.LIMIT_COLLECTION_DELETION_DISABLED),
    "limit_item_deletion": (Kind.LIMIT_ITEM_DELETION_ENABLED, Kind.LIMIT_ITEM_DELETION_DISABLED),
    "allow_admin_access_to_all_collection_items": (
        Kind.ADMIN_ACCESS_TO_ALL_ITEMS_ENABLED,
        Kind.ADMIN_ACCESS_TO_ALL_ITEMS_DISABLED,
    ),
}
"""What is said when one of these is switched on, and off."""


def switches(organization: Organization, rights: Mapping[str, bool]) -> list[Kind]:
    """What the log will say of this change. rights: by column."""
    return [
        on if rights[name] else off
        for name, (on, off) in COLLECTION_RIGHTS.items()
        if name in rights and getattr(organization, name) != rights[name]
    ]


def note_members(
    ctx: Context, organization_id: UUID, kind: Kind, members: Iterable[Member], *, by_key: bool = False
) -> None:
    """Something was done to members. by_key: by the organization itself, where upstream names the Public API for it."""
    objects = [Object(member_id=each.id, user_id=each.user_id) for each in members]
    _note(ctx, organization_id, kind, objects, system_user=_system(by_key))


def note_groups(
    ctx: Context, organization_id: UUID, kind: Kind, group_ids: Iterable[UUID], *, by_key: bool = False
) -> None:
    """Something was done to groups."""
    _note(ctx, organization_id, kind, [Object(group_id=each) for each in group_ids], system_user=_system(by_key))


def note_collections(ctx: Context, organization_id: UUID, kind: Kind, collection_ids: Iterable[UUID]) -> None:
    """Something was done to collections."""
    _note(ctx, organization_id, kind, [Object(collection_id=each) for each in collection_ids])


def note_policy(ctx: Context, organization_id: UUID, policy_id: UUID) -> None:
    """A policy was saved."""
    _note(ctx, organization_id, Kind.POLICY_UPDATED, [Object(policy_id=policy_id)])


def note_ciphers(ctx: Context, organization_id: UUID | None, kind: Kind, cipher_ids: Iterable[UUID]) -> None:
    """Something was done to items; those of a person stand in no log."""
    if organization_id is not None:
        _note(ctx, organization_id, kind, [Object(cipher_id=each) for each in cipher_ids])


def _system(by_key: bool) -> SystemUser | None:
    return SystemUser.PUBLIC_API if by_key else None


def _note(
    ctx: Context,
    organization_id: UUID,
    kind: Kind,
    objects: Iterable[Object],
    *,
    system_user: SystemUser | None = None,
    with_installation: bool = False,
) -> None:
    organization = ctx.session.get(Organization, organization_id)
    if organization is not None and organization.enabled and organization.use_events:
        record(ctx, organization_id, kind, objects, system_user=system_user, with_installation=with_installation)
