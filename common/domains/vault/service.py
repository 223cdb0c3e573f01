"""The vault: folders, a user's own items, and an organization's items in the collections a member is assigned to.

Source: src/Core/Vault/Services/Implementations/CipherService.cs, src/Sql/dbo/Vault/Functions/UserCipherDetails.sql;
fidelity.md: account.sync.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from common.crypto.master_password import SecretProof
from common.domains.accounts.service import move_revision_dates, require_proof, require_user
from common.domains.events.rules import Kind
from common.domains.organizations import rules as organization_rules
from common.domains.organizations.collections import service as collections
from common.domains.organizations.log import note_ciphers, note_organization
from common.domains.organizations.memberships import confirmed_users
from common.domains.organizations.service import require_standing
from common.domains.vault import rules
from common.domains.vault.models import Cipher, CipherPlace, CollectionCipher, Folder
from common.domains.vault.rules import OWNERS, CollectionGrant, ItemContent, Rights
from common.errors import bad_request, not_found
from common.server.bulk import among
from common.server.context import Context
from common.server.database import inserting


class Item(NamedTuple):
    """An item as one user sees it."""

    cipher: Cipher
    rights: Rights = OWNERS
    folder_id: UUID | None = None
    favorite: bool = False
    collection_ids: tuple[UUID, ...] = ()
    use_totp: bool = False


def list_folders(ctx: Context, user_id: UUID) -> list[Folder]:
    """The user's folders, oldest first (one statement)."""
    query = sa.select(Folder).where(Folder.user_id == user_id)
    return list(ctx.session.scalars(query.order_by(Folder.creation_date, Folder.id)))


def show_folder(ctx: Context, user_id: UUID, folder_id: UUID) -> Folder:
    """One of the user's folders. Raises 404."""
    folder = ctx.session.get(Folder, folder_id)
    if folder is None or folder.user_id != user_id:
        raise not_found("vault.folder")
    return folder


def _folder_to_change(ctx: Context, user_id: UUID, folder_id: UUID) -> Folder:
    """The same; nobody else deletes it before this request is over."""
    folder = ctx.session.get(Folder, folder_id, with_for_update=True)
    if folder is None or folder.user_id != user_id:
        raise not_found("vault.folder")
    return folder


def add_folder(ctx: Context, user_id: UUID, name: str) -> Folder:
    """Make a folder."""
    now = ctx.clock.now()
    folder = Folder(id=ctx.ids.uuid(), user_id=user_id, name=name, creation_date=now, revision_date=now)
    touch(ctx, user_id)
    ctx.session.add(folder)
    return folder


def rename_folder(ctx: Context, user_id: UUID, folder_id: UUID, name: str) -> Folder:
    """Change a folder's name. Raises 404."""
    folder = _folder_to_change(ctx, user_id, folder_id)
    folder.name, folder.revision_date = name, ctx.clock.now()
    touch(ctx, user_id)
    return folder


def delete_folder(ctx: Context, user_id: UUID, folder_id: UUID) -> None:
    """Delete a folder; its items stay. Raises 404."""
    ctx.session.delete(_folder_to_change(ctx, user_id, folder_id))
    touch(ctx, user_id)


def list_items(
    ctx: Context, user_id: UUID, ids: Iterable[UUID] | None = None, *, to_change: bool = False
) -> list[Item]:
    """What the user can see, deleted items included, oldest first; only these ids if given (two statements).

    to_change: nobody else changes or deletes them before this request is over.
    """
    mine = sa.and_(Cipher.user_id == user_id, Cipher.organization_id.is_(None))
    grants = _accessible(ctx, user_id)
    shared = Cipher.id.in_(grants.with_only_columns(CollectionCipher.cipher_id))
    query = (
        sa.select(Cipher, CipherPlace.folder_id, CipherPlace.favorite)
        .outerjoin(CipherPlace, sa.and_(CipherPlace.cipher_id == Cipher.id, CipherPlace.user_id == user_id))
        .where(sa.or_(mine, shared))
        .order_by(Cipher.creation_date, Cipher.id)
    )
    if ids is not None:
        wanted = set(ids)
        query = query.where(among(ctx.session, Cipher.__table__.c.id, wanted))
        grants = grants.where(among(ctx.session, CollectionCipher.__table__.c.cipher_id, wanted))
    if to_change:
        query = query.with_for_update(of=Cipher)
    ways: dict[UUID, list[Any]] = {}
    for row in ctx.session.execute(grants):
        ways.setdefault(row.cipher_id, []).append(row)
    return [
        _item(cipher, folder_id, bool(favorite), ways.get(cipher.id, ()))
        for cipher, folder_id, favorite in ctx.session.execute(query)
    ]


def _accessible(ctx: Context, user_id: UUID) -> sa.Select[*tuple[Any, ...]]:
    """Every way that leads a confirmed member to an item of an enabled organization."""
    ways = collections.ways_in(ctx, user_id)
    return (
        sa.select(CollectionCipher.cipher_id, *ways.c)
        .join(ways, ways.c.collection_id == CollectionCipher.collection_id)
        .order_by(CollectionCipher.collection_id)
    )


def _item(cipher: Cipher, folder_id: UUID | None, favorite: bool, ways: Sequence[Any]) -> Item:
    if cipher.organization_id is None:
        return Item(cipher, OWNERS, folder_id, favorite)
    grants = [CollectionGrant(way.collection_id, way.read_only, way.hide_passwords, way.manage) for way in ways]
    allowed = rules.rights(grants, limit_item_deletion=any(way.limit_item_deletion for way in ways))
    return Item(
        cipher,
        allowed,
        folder_id,
        favorite,
        tuple(dict.fromkeys(grant.collection_id for grant in grants)),
        any(way.use_totp for way in ways),
    )


def find_item(ctx: Context, user_id: UUID, cipher_id: UUID) -> Item | None:
    """One item that the user can see, or None."""
    return next(iter(list_items(ctx, user_id, [cipher_id])), None)


def find_cipher(ctx: Context, cipher_id: UUID) -> Cipher | None:
    """An item, whoever may see it, or None."""
    return ctx.session.get(Cipher, cipher_id)


def show_item(ctx: Context, user_id: UUID, cipher_id: UUID) -> Item:
    """One item. Raises 404, also for somebody else's."""
    item = find_item(ctx, user_id, cipher_id)
    if item is None:
        raise not_found("vault.item")
    return item


def item_to_change(ctx: Context, user_id: UUID, cipher_id: UUID) -> Item:
    item = next(iter(list_items(ctx, user_id, [cipher_id], to_change=True)), None)
    if item is None:
        raise not_found("vault.item")
    return item


def add_item(ctx: Context, user_id: UUID, content: ItemContent, collection_ids: Iterable[UUID] = ()) -> Item:
    """Store a new item, the user's own or an organization's. Raises 404 for an organization or collections that the
    user cannot put it in."""
    rules.check_encrypted_for(content, user_id)
    now = ctx.clock.now()
    cipher = Cipher(id=ctx.ids.uuid(), type=content.type, creation_date=now)
    places: set[UUID] = set()
    if content.organization_id is None:
        cipher.user_id = user_id
    else:
        places = writable_collections(ctx, user_id, content.organization_id, collection_ids)
        cipher.organization_id = content.organization_id
    fill(ctx, cipher, content)
    ctx.session.add(cipher)
    ctx.session.flush()
    add_to_collections(ctx, [cipher.id], places)
    _put(ctx, user_id, cipher.id, content.folder_id, content.favorite)
    note_items(ctx, Kind.CIPHER_CREATED, [cipher])
    return _changed(ctx, user_id, cipher)


def fill(ctx: Context, cipher: Cipher, content: ItemContent) -> None:
    """Give an item this content."""
    cipher.data, cipher.reprompt, cipher.key = content.data, content.reprompt, content.key
    cipher.revision_date = ctx.clock.now()


def writable_collections(
    ctx: Context, user_id: UUID, organization_id: UUID, collection_ids: Iterable[UUID]
) -> set[UUID]:
    """Those of the wanted collections that the member may put something in. Raises 404 when none is left."""
    standing = require_standing(ctx, organization_id, user_id)
    wanted = set(collection_ids)
    if not wanted:
        raise rules.no_collection()
    found = collections.writable_among(ctx, standing, wanted)
    if not found:
        raise not_found("vault.collection")
    return found


def add_to_collections(ctx: Context, cipher_ids: Iterable[UUID], collection_ids: Iterable[UUID]) -> None:
    """Put items into collections; where they are already is no matter (one statement)."""
    places = list(collection_ids)
    rows = [{"collection_id": place, "cipher_id": each} for each in cipher_ids for place in places]
    if rows:
        ctx.session.execute(inserting(ctx.session, CollectionCipher).on_conflict_do_nothing(), rows)


def _put(ctx: Context, user_id: UUID, cipher_id: UUID, folder_id: UUID | None, favorite: bool) -> None:
    """Keep an item in a folder. Raises 404 for somebody else's folder."""
    if folder_id is not None:
        _folder_to_change(ctx, user_id, folder_id)
    place = {"folder_id": folder_id, "favorite": favorite}
    row = inserting(ctx.session, CipherPlace).values(cipher_id=cipher_id, user_id=user_id, **place)
    ctx.session.execute(row.on_conflict_do_update(index_elements=["cipher_id", "user_id"], set_=place))


def _changed(ctx: Context, user_id: UUID, cipher: Cipher) -> Item:
    """Tell everybody's clients that there is something new, and look at the item again."""
    touch(ctx, user_id, cipher.organization_id)
    ctx.session.flush()
    return find_item(ctx, user_id, cipher.id) or Item(cipher)


def touch(ctx: Context, user_id: UUID, *organization_ids: UUID | None) -> None:
    """The account's revision date moves, of every member's account for an organization's item."""
    require_user(ctx, user_id)
    owners = [each for each in organization_ids if each is not None]
    move_revision_dates(ctx, {user_id, *confirmed_users(ctx, owners)})


def update_item(ctx: Context, user_id: UUID, cipher_id: UUID, content: ItemContent) -> Item:
    """Replace an item's content. Raises 404; 400 for a reader, a stale revision, another organization."""
    rules.check_encrypted_for(content, user_id)
    item = item_to_change(ctx, user_id, cipher_id)
    if item.cipher.organization_id != content.organization_id:
        raise bad_request(rules.ORGANIZATION_MISMATCH, rule="vault.organization-mismatch")
    _require_edit(item)
    rules.check_revision(item.cipher.revision_date, content.last_known_revision)
    fill(ctx, item.cipher, content)
    item.cipher.type = content.type
    _put(ctx, user_id, cipher_id, content.folder_id, content.favorite)
    note_items(ctx, Kind.CIPHER_UPDATED, [item.cipher])
    return _changed(ctx, user_id, item.cipher)


def note_items(ctx: Context, kind: Kind, ciphers: Iterable[Cipher]) -> None:
    """Into the event logs of the organizations whose items these are (one statement for each)."""
    owned: dict[UUID, list[UUID]] = {}
    for each in ciphers:
        if each.organization_id is not None:
            owned.setdefault(each.organization_id, []).append(each.id)
    for organization_id, ids in owned.items():
        note_ciphers(ctx, organization_id, kind, ids)


def _require_edit(item: Item) -> None:
    if not item.rights.edit:
        raise bad_request(rules.NO_EDIT, rule="vault.read-only")


def place_item(ctx: Context, user_id: UUID, cipher_id: UUID, folder_id: UUID | None, favorite: bool) -> Item:
    """Change where the user keeps an item; readers may."""
    item = item_to_change(ctx, user_id, cipher_id)
    _put(ctx, user_id, cipher_id, folder_id, favorite)
    touch(ctx, user_id)
    ctx.session.flush()
    return find_item(ctx, user_id, cipher_id) or item


def share_item(
    ctx: Context, user_id: UUID, cipher_id: UUID, content: ItemContent, collection_ids: Iterable[UUID]
) -> Item:
    """Give the user's own item to an organization. Raises 404 for anybody else's."""
    rules.check_encrypted_for(content, user_id)
    cipher = item_to_change(ctx, user_id, cipher_id).cipher
    if cipher.organization_id is not None or content.organization_id is None:
        raise not_found("vault.share")
    places = writable_collections(ctx, user_id, content.organization_id, collection_ids)
    rules.check_revision(cipher.revision_date, content.last_known_revision)
    cipher.user_id, cipher.organization_id = None, content.organization_id
    fill(ctx, cipher, content)
    add_to_collections(ctx, [cipher.id], places)
    _put(ctx, user_id, cipher_id, content.folder_id, content.favorite)
    note_items(ctx, Kind.CIPHER_SHARED, [cipher])
    return _changed(ctx, user_id, cipher)


def move_to_collections(ctx: Context, user_id: UUID, cipher_id: UUID, collection_ids: Iterable[UUID]) -> Item | None:
    """Change which of the user's collections an item is in; None when the user cannot see it any more."""
    item = item_to_change(ctx, user_id, cipher_id)
    organization_id = item.cipher.organization_id
    if organization_id is None:
        raise not_found("vault.collections")
    _require_edit(item)
    wanted = set(collection_ids)
    kept = writable_collections(ctx, user_id, organization_id, wanted) if wanted else set()
    query = sa.select(CollectionCipher.collection_id).where(CollectionCipher.cipher_id == cipher_id)
    present = set(ctx.session.scalars(query))
    leaving = collections.writable_among(ctx, require_standing(ctx, organization_id, user_id), present - kept)
    ctx.session.execute(
        sa.delete(CollectionCipher).where(
            CollectionCipher.cipher_id == cipher_id, CollectionCipher.collection_id.in_(leaving)
        )
    )
    add_to_collections(ctx, [cipher_id], kept - present)
    item.cipher.revision_date = ctx.clock.now()
    note_items(ctx, Kind.CIPHER_UPDATED_COLLECTIONS, [item.cipher])
    touch(ctx, user_id, organization_id)
    ctx.session.flush()
    return find_item(ctx, user_id, cipher_id)


def delete_item(ctx: Context, user_id: UUID, cipher_id: UUID) -> None:
    """Delete an item for good. Raises 404; 400 without the right."""
    item = item_to_change(ctx, user_id, cipher_id)
    _require_delete([item], rules.NO_DELETE)
    note_items(ctx, Kind.CIPHER_DELETED, [item.cipher])
    ctx.session.delete(item.cipher)
    touch(ctx, user_id, item.cipher.organization_id)


def bin_item(ctx: Context, user_id: UUID, cipher_id: UUID) -> None:
    """Put an item into the trash. Raises 404; 400 without the right."""
    item = item_to_change(ctx, user_id, cipher_id)
    _require_delete([item], rules.NO_SOFT_DELETE)
    if item.cipher.deleted_date is None:
        note_items(ctx, Kind.CIPHER_SOFT_DELETED, [item.cipher])
    bin_cipher(ctx, item.cipher)
    touch(ctx, user_id, item.cipher.organization_id)


def bin_cipher(ctx: Context, cipher: Cipher) -> None:
    """Into the trash, if it is not there yet."""
    if cipher.deleted_date is None:
        cipher.deleted_date = cipher.revision_date = ctx.clock.now()


def _require_delete(items: Iterable[Item], text: str) -> None:
    if not rules.all_may_be_deleted(item.rights for item in items):
        raise bad_request(text, rule="vault.delete")


def restore_item(ctx: Context, user_id: UUID, cipher_id: UUID) -> Item:
    """Take an item out of the trash. Raises 404; 400 without the right."""
    item = item_to_change(ctx, user_id, cipher_id)
    _require_delete([item], rules.NO_DELETE)
    if item.cipher.deleted_date is not None:
        note_items(ctx, Kind.CIPHER_RESTORED, [item.cipher])
    restore_cipher(ctx, item.cipher)
    return _changed(ctx, user_id, item.cipher)


def restore_cipher(ctx: Context, cipher: Cipher) -> None:
    """Out of the trash, if it is there."""
    if cipher.deleted_date is not None:
        cipher.deleted_date, cipher.revision_date = None, ctx.clock.now()


def delete_items(ctx: Context, user_id: UUID, ids: Sequence[UUID]) -> None:
    """Delete many for good; what the user cannot see or delete is passed over (the same statements however many)."""
    hint = rules.PURGE_INSTEAD
    rules.check_bulk(len(ids), "delete", most=ctx.side.max_items, hint=hint)
    found = _deletable(ctx, user_id, ids)
    note_items(ctx, Kind.CIPHER_DELETED, (item.cipher for item in found))
    gone = among(ctx.session, Cipher.__table__.c.id, (item.cipher.id for item in found))
    ctx.session.execute(sa.delete(Cipher).where(gone).execution_options(synchronize_session=False))
    _touch_all(ctx, user_id, found)


def bin_items(ctx: Context, user_id: UUID, ids: Sequence[UUID]) -> None:
    """Put many into the trash; what the user cannot see or delete is passed over (the same statements however many)."""
    rules.check_bulk(len(ids), "delete", most=ctx.side.max_items)
    found = _deletable(ctx, user_id, ids)
    note_items(ctx, Kind.CIPHER_SOFT_DELETED, (item.cipher for item in found))
    for item in found:
        bin_cipher(ctx, item.cipher)
    _touch_all(ctx, user_id, found)


def restore_items(ctx: Context, user_id: UUID, ids: Sequence[UUID]) -> list[Item]:
    """Take many out of the trash; the restored ones (the same statements however many)."""
    rules.check_bulk(len(ids), "restore", most=ctx.side.max_items)
    found = _deletable(ctx, user_id, ids)
    note_items(ctx, Kind.CIPHER_RESTORED, (item.cipher for item in found))
    for item in found:
        restore_cipher(ctx, item.cipher)
    _touch_all(ctx, user_id, found)
    return found


def _deletable(ctx: Context, user_id: UUID, ids: Sequence[UUID]) -> list[Item]:
    return [item for item in list_items(ctx, user_id, ids, to_change=True) if item.rights.delete]


def _touch_all(ctx: Context, user_id: UUID, changed: Sequence[Item]) -> None:
    if changed:
        touch(ctx, user_id, *{item.cipher.organization_id for item in changed})


def move_items(ctx: Context, user_id: UUID, ids: Sequence[UUID], folder_id: UUID | None) -> None:
    """Put many into a folder (None = out of it). Raises 404 for somebody else's folder (the same statements however
    many)."""
    rules.check_bulk(len(ids), "move", most=ctx.side.max_items)
    found = [item.cipher.id for item in list_items(ctx, user_id, ids, to_change=True)]
    if found and folder_id is not None:
        _folder_to_change(ctx, user_id, folder_id)
    _shelve(ctx, user_id, found, folder_id)
    touch(ctx, user_id)


def _shelve(ctx: Context, user_id: UUID, cipher_ids: Iterable[UUID], folder_id: UUID | None) -> None:
    """Keep these items in a folder; favorites stay favorites."""
    column = Cipher.__table__.c.id
    places = sa.select(column, sa.literal(user_id, sa.Uuid), sa.literal(folder_id, sa.Uuid), sa.false()).where(
        among(ctx.session, column, cipher_ids)
    )
    columns = ["cipher_id", "user_id", "folder_id", "favorite"]
    row = inserting(ctx.session, CipherPlace).from_select(columns, places)
    ctx.session.execute(
        row.on_conflict_do_update(index_elements=["cipher_id", "user_id"], set_={"folder_id": folder_id})
    )


def purge(ctx: Context, user_id: UUID, proof: SecretProof, organization_id: UUID | None) -> None:
    """Delete everything the user owns, or all of an organization. Raises the slow "User verification failed."."""
    require_proof(ctx, require_user(ctx, user_id), proof)
    if organization_id is not None:
        require_standing(ctx, organization_id, user_id, organization_rules.is_admin)
        ctx.session.execute(sa.delete(Cipher).where(Cipher.organization_id == organization_id))
        note_organization(ctx, organization_id, Kind.ORGANIZATION_PURGED_VAULT)
    else:
        ctx.session.execute(sa.delete(Cipher).where(Cipher.user_id == user_id))
        ctx.session.execute(sa.delete(Folder).where(Folder.user_id == user_id))
    touch(ctx, user_id, organization_id)
