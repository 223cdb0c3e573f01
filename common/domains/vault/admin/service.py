"""An organization's items, handled by those who run it, and several items given to an organization.

An owner, an administrator or a Custom member who edits any collection handles every item; where the organization does
not let administrators, they handle what they are assigned to and what is in no collection.
Source: src/Api/Vault/Controllers/CiphersController.cs; fidelity.md: vault.admin.
"""

from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

import sqlalchemy as sa

from common.domains.events.rules import Kind
from common.domains.organizations.collections import service as collections
from common.domains.organizations.service import Standing, require_standing
from common.domains.vault import rules as item_rules
from common.domains.vault.admin import rules
from common.domains.vault.models import Cipher, CollectionCipher
from common.domains.vault.rules import ItemContent, Rights
from common.domains.vault.service import (
    Item,
    add_to_collections,
    bin_cipher,
    fill,
    list_items,
    note_items,
    restore_cipher,
    touch,
    writable_collections,
)
from common.errors import not_found
from common.server.bulk import among
from common.server.context import Context


def list_organization_items(ctx: Context, user_id: UUID, organization_id: UUID) -> list[Item]:
    """Every item of an organization with its collections, for those who may export it (three statements).

    Raises 404.
    """
    standing = require_standing(ctx, organization_id, user_id, rules.may_read_all_items)
    query = sa.select(Cipher).where(Cipher.organization_id == organization_id)
    ciphers = list(ctx.session.scalars(query.order_by(Cipher.creation_date, Cipher.id)))
    places = _places(ctx, Cipher.organization_id == organization_id)
    return [_item(standing, cipher, places) for cipher in ciphers]


def _item(standing: Standing, cipher: Cipher, places: dict[UUID, list[UUID]]) -> Item:
    return Item(cipher, collection_ids=tuple(places.get(cipher.id, ())), use_totp=standing.organization.use_totp)


def _places(ctx: Context, condition: sa.ColumnElement[bool]) -> dict[UUID, list[UUID]]:
    """The collections that items are in, by item (one statement)."""
    query = sa.select(CollectionCipher).join(Cipher, Cipher.id == CollectionCipher.cipher_id).where(condition)
    places: dict[UUID, list[UUID]] = {}
    for row in ctx.session.scalars(query.order_by(CollectionCipher.collection_id)):
        places.setdefault(row.cipher_id, []).append(row.collection_id)
    return places


def list_assigned_items(ctx: Context, user_id: UUID, organization_id: UUID) -> list[Item]:
    """The organization's items that a member sees; for administrators also what is in no collection. Raises 404."""
    standing = require_standing(ctx, organization_id, user_id)
    found = [item for item in list_items(ctx, user_id) if item.cipher.organization_id == organization_id]
    if not rules.may_act_as_admin(standing.member):
        return found
    query = sa.select(Cipher).where(_unassigned(organization_id)).order_by(Cipher.creation_date, Cipher.id)
    limited = standing.organization.limit_item_deletion
    allowed = Rights(edit=True, view_password=True, delete=not limited)
    use_totp = standing.organization.use_totp
    return found + [Item(cipher, allowed, use_totp=use_totp) for cipher in ctx.session.scalars(query)]


def _unassigned(organization_id: UUID) -> sa.ColumnElement[bool]:
    placed = sa.exists().where(CollectionCipher.cipher_id == Cipher.id)
    return sa.and_(Cipher.organization_id == organization_id, ~placed)


def show_item(ctx: Context, user_id: UUID, cipher_id: UUID) -> Item:
    """One item of an organization. Raises 404."""
    cipher = _cipher(ctx, cipher_id)
    standing = require_standing(ctx, _owner(cipher), user_id, rules.may_open_items)
    return _item(standing, cipher, _places(ctx, Cipher.id == cipher_id))


def _cipher(ctx: Context, cipher_id: UUID) -> Cipher:
    cipher = ctx.session.get(Cipher, cipher_id)
    if cipher is None or cipher.organization_id is None:
        raise not_found("vault.item")
    return cipher


def _owner(cipher: Cipher) -> UUID:
    if cipher.organization_id is None:
        raise not_found("vault.item")
    return cipher.organization_id


def add_item(ctx: Context, user_id: UUID, content: ItemContent, collection_ids: Iterable[UUID]) -> Item:
    """Store a new item in collections that one need not be assigned to. Raises 404 without the right."""
    if content.organization_id is None:
        raise not_found("vault.admin")
    standing = require_standing(ctx, content.organization_id, user_id)
    if not rules.may_edit_all_items(standing.organization, standing.member):
        raise not_found("vault.admin")
    item_rules.check_encrypted_for(content, user_id)
    places = collections.known_among(ctx, content.organization_id, collection_ids)
    cipher = Cipher(
        id=ctx.ids.uuid(), type=content.type, organization_id=content.organization_id, creation_date=ctx.clock.now()
    )
    fill(ctx, cipher, content)
    ctx.session.add(cipher)
    ctx.session.flush()
    add_to_collections(ctx, [cipher.id], places)
    note_items(ctx, Kind.CIPHER_CREATED, [cipher])
    touch(ctx, user_id, content.organization_id)
    return Item(cipher)


def update_item(ctx: Context, user_id: UUID, cipher_id: UUID, content: ItemContent) -> Item:
    """Replace the content of any item. Raises 404 without the right; 400 for a stale revision."""
    item_rules.check_encrypted_for(content, user_id)
    standing, (cipher,) = _to_edit(ctx, user_id, cipher_id)
    item_rules.check_revision(cipher.revision_date, content.last_known_revision)
    fill(ctx, cipher, content)
    cipher.type = content.type
    note_items(ctx, Kind.CIPHER_UPDATED, [cipher])
    touch(ctx, user_id, cipher.organization_id)
    return Item(cipher, use_totp=standing.organization.use_totp)


def move_to_collections(ctx: Context, user_id: UUID, cipher_id: UUID, collection_ids: Sequence[UUID]) -> Item:
    """Say which collections any item is in, none being possible. Raises 404 for what the caller may not fill."""
    standing, (cipher,) = _to_edit(ctx, user_id, cipher_id)
    wanted = set(collection_ids)
    _require_fillable(ctx, standing, wanted)
    left = CollectionCipher.collection_id.not_in(wanted)
    ctx.session.execute(sa.delete(CollectionCipher).where(CollectionCipher.cipher_id == cipher_id, left))
    add_to_collections(ctx, [cipher_id], wanted)
    cipher.revision_date = ctx.clock.now()
    note_items(ctx, Kind.CIPHER_UPDATED_COLLECTIONS, [cipher])
    touch(ctx, user_id, cipher.organization_id)
    return Item(cipher, collection_ids=tuple(sorted(wanted)), use_totp=standing.organization.use_totp)


def assign_items(
    ctx: Context,
    user_id: UUID,
    organization_id: UUID,
    ids: Sequence[UUID],
    collection_ids: Sequence[UUID],
    *,
    remove: bool,
) -> None:
    """Put many items into collections, or take them out; also for members who may edit them. Raises 404.

    The same statements however many.
    """
    standing = require_standing(ctx, organization_id, user_id)
    ciphers = _reachable(ctx, standing, user_id, ids, lambda item: item.rights.edit and item.rights.view_password)
    _require_fillable(ctx, standing, set(collection_ids))
    chosen = [cipher.id for cipher in ciphers]
    if remove:
        which = among(ctx.session, CollectionCipher.__table__.c.cipher_id, chosen)
        there = CollectionCipher.collection_id.in_(set(collection_ids))
        ctx.session.execute(
            sa.delete(CollectionCipher).where(which, there).execution_options(synchronize_session=False)
        )
    else:
        add_to_collections(ctx, chosen, collection_ids)
    for cipher in ciphers:
        cipher.revision_date = ctx.clock.now()
    touch(ctx, user_id, organization_id)


def _require_fillable(ctx: Context, standing: Standing, collection_ids: set[UUID]) -> None:
    """The caller may put items into all of these. Raises 404."""
    if rules.may_edit_all_items(standing.organization, standing.member):
        fillable = collections.known_among(ctx, standing.organization.id, collection_ids)
    else:
        fillable = collections.own_writable_among(ctx, standing, collection_ids)
    if fillable != collection_ids:
        raise not_found("vault.collection")


def delete_items(ctx: Context, user_id: UUID, ids: Sequence[UUID], organization_id: UUID | None) -> None:
    """Delete items of one organization for good, all or none. Raises 404 (the same statements however many)."""
    item_rules.check_bulk(len(ids), "delete", most=ctx.side.max_items, hint=item_rules.PURGE_INSTEAD)
    ciphers = _to_remove(ctx, user_id, ids, organization_id)
    note_items(ctx, Kind.CIPHER_DELETED, ciphers)
    gone = among(ctx.session, Cipher.__table__.c.id, (cipher.id for cipher in ciphers))
    ctx.session.execute(sa.delete(Cipher).where(gone).execution_options(synchronize_session=False))
    touch(ctx, user_id, organization_id)


def bin_items(ctx: Context, user_id: UUID, ids: Sequence[UUID], organization_id: UUID | None) -> None:
    """Put items of one organization into the trash, all or none. Raises 404 (the same statements however many)."""
    item_rules.check_bulk(len(ids), "delete", most=ctx.side.max_items)
    ciphers = _to_remove(ctx, user_id, ids, organization_id)
    note_items(ctx, Kind.CIPHER_SOFT_DELETED, ciphers)
    for cipher in ciphers:
        bin_cipher(ctx, cipher)
    touch(ctx, user_id, organization_id)


def restore_items(ctx: Context, user_id: UUID, ids: Sequence[UUID], organization_id: UUID | None) -> list[Item]:
    """Take items of one organization out of the trash, all or none. Raises 404 (the same statements however many)."""
    item_rules.check_bulk(len(ids), "restore", most=ctx.side.max_items)
    ciphers = _to_remove(ctx, user_id, ids, organization_id)
    note_items(ctx, Kind.CIPHER_RESTORED, ciphers)
    for cipher in ciphers:
        restore_cipher(ctx, cipher)
    touch(ctx, user_id, organization_id)
    use_totp = bool(ciphers) and require_standing(ctx, _owner(ciphers[0]), user_id).organization.use_totp
    return [Item(cipher, use_totp=use_totp) for cipher in ciphers]


def organization_of(ctx: Context, cipher_id: UUID) -> UUID:
    """Whose item this is. Raises 404 for a person's."""
    return _owner(_cipher(ctx, cipher_id))


def _to_edit(ctx: Context, user_id: UUID, cipher_id: UUID) -> tuple[Standing, list[Cipher]]:
    standing = require_standing(ctx, organization_of(ctx, cipher_id), user_id, rules.may_act_as_admin)
    return standing, _reachable(ctx, standing, user_id, [cipher_id], lambda item: item.rights.edit)


def _to_remove(ctx: Context, user_id: UUID, ids: Sequence[UUID], organization_id: UUID | None) -> list[Cipher]:
    if organization_id is None:
        raise not_found("vault.admin")
    standing = require_standing(ctx, organization_id, user_id, rules.may_act_as_admin)
    return _reachable(ctx, standing, user_id, ids, lambda item: item.rights.delete)


def _reachable(
    ctx: Context, standing: Standing, user_id: UUID, ids: Sequence[UUID], may: Callable[[Item], bool]
) -> list[Cipher]:
    """These items of the organization, which nobody else changes now. Raises 404 unless the caller reaches them all.

    may: whether an item that the caller is assigned to is reached.
    """
    wanted = set(ids)
    query = sa.select(Cipher).where(
        Cipher.organization_id == standing.organization.id, among(ctx.session, Cipher.__table__.c.id, wanted)
    )
    ciphers = list(ctx.session.scalars(query.order_by(Cipher.creation_date, Cipher.id).with_for_update()))
    reached = {cipher.id for cipher in ciphers}
    if not rules.may_edit_all_items(standing.organization, standing.member):
        reached &= {item.cipher.id for item in list_items(ctx, user_id, wanted) if may(item)} | (
            _unassigned_among(ctx, standing, wanted)
        )
    if reached != wanted:
        raise not_found("vault.admin")
    return ciphers


def _unassigned_among(ctx: Context, standing: Standing, ids: Iterable[UUID]) -> set[UUID]:
    if not rules.may_act_as_admin(standing.member):
        return set()
    chosen = among(ctx.session, Cipher.__table__.c.id, ids)
    return set(ctx.session.scalars(sa.select(Cipher.id).where(_unassigned(standing.organization.id), chosen)))


def share_items(
    ctx: Context, user_id: UUID, contents: dict[UUID, ItemContent], organization_id: UUID, places: Iterable[UUID]
) -> list[Item]:
    """Give several own items to an organization, all or none. Raises 404 without a place in it or in the collections,
    400 for an item of somebody else, a stale revision, an item that was encrypted for somebody else.

    The same statements however many.
    """
    standing = require_standing(ctx, organization_id, user_id)
    for content in contents.values():
        item_rules.check_encrypted_for(content, user_id)
    found = [
        item.cipher
        for item in list_items(ctx, user_id, contents, to_change=True)
        if item.cipher.organization_id is None
    ]
    if len(found) != len(contents):
        raise rules.not_yours()
    kept = writable_collections(ctx, user_id, organization_id, places)
    for cipher in found:
        item_rules.check_revision(cipher.revision_date, contents[cipher.id].last_known_revision)
        cipher.user_id, cipher.organization_id = None, organization_id
        fill(ctx, cipher, contents[cipher.id])
    ctx.session.flush()
    add_to_collections(ctx, [cipher.id for cipher in found], kept)
    note_items(ctx, Kind.CIPHER_SHARED, found)
    touch(ctx, user_id, organization_id)
    return [Item(cipher, use_totp=standing.organization.use_totp) for cipher in found]
