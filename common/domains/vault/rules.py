"""What a member may do with an item, limits, literal texts. Pure.

Source: src/Core/Vault/Services/Implementations/CipherService.cs, src/Api/Vault/Controllers/CiphersController.cs,
src/Core/Vault/Authorization/Permissions/NormalCipherPermissions.cs.
"""

from collections.abc import Collection as Sized
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from common.errors import Refusal, bad_request, invalid_field
from common.wire.vault import NO_COLLECTION

TOLERANCE = timedelta(seconds=1)

OUT_OF_DATE = (
    "The item cannot be saved because it is out of date."
    " To edit this item, first sync your vault, or log out and back in."
)
ORGANIZATION_MISMATCH = "Organization mismatch. Re-sync if you recently moved this item, then try again."
NOT_FOR_THIS_USER = "Cipher was not encrypted for the current user. Please try again."
NO_EDIT = "You do not have permissions to edit this."
NO_DELETE = "You do not have permissions to delete this."
NO_SOFT_DELETE = "You do not have permissions to soft delete this."
PURGE_INSTEAD = ' Consider using the "Purge Vault" option instead.'


@dataclass(frozen=True)
class ItemContent:
    """An item as a client sends it.

    data: what is stored as it is. encrypted_for: whose key it is encrypted with, if the client says.
    last_known_revision: the revision that the client has changed.
    """

    type: int
    data: dict[str, Any] = field(repr=False)
    organization_id: UUID | None = None
    folder_id: UUID | None = None
    favorite: bool = False
    reprompt: int = 0
    key: str | None = field(default=None, repr=False)
    encrypted_for: UUID | None = None
    last_known_revision: datetime | None = None


class CollectionGrant(NamedTuple):
    """What a member may do through one collection that an item is in."""

    collection_id: UUID
    read_only: bool
    hide_passwords: bool
    manage: bool


class Rights(NamedTuple):
    """What a user may do with an item: the best of all ways that lead to it."""

    edit: bool = True
    view_password: bool = True
    delete: bool = True


OWNERS = Rights()
"""What users may do with their own items."""


def rights(grants: Sized[CollectionGrant], *, limit_item_deletion: bool) -> Rights:
    """Rights to an organization's item. limit_item_deletion: only who manages a collection may delete from it."""
    edit = any(not grant.read_only for grant in grants)
    manage = any(grant.manage for grant in grants)
    return Rights(edit, any(not grant.hide_passwords for grant in grants), manage if limit_item_deletion else edit)


def check_revision(current: datetime, known: datetime | None) -> None:
    """Refuse a change of what somebody else has changed since, with 400. One second is forgiven: clients round.

    Source: src/Core/Vault/Services/Implementations/CipherService.cs (ValidateCipherLastKnownRevisionDate).
    """
    if known is not None and abs(current - known) > TOLERANCE:
        raise bad_request(OUT_OF_DATE, rule="vault.out-of-date")


def check_encrypted_for(content: ItemContent, user_id: UUID) -> None:
    """Refuse what the user could never read."""
    if content.encrypted_for not in (None, user_id):
        raise bad_request(NOT_FOR_THIS_USER, rule="vault.encrypted-for")


def check_bulk(count: int, verb: str, *, most: int | None, hint: str = "") -> None:
    """Refuse more items at once than the server takes. most: None = any number."""
    if most is not None and count > most:
        raise bad_request(f"You can only {verb} up to {most} items at a time.{hint}", rule="vault.bulk")


def no_collection() -> Refusal:
    """400: an organization's item is in a collection."""
    return invalid_field("CollectionIds", NO_COLLECTION, rule="vault.no-collection")


def all_may_be_deleted(items: Iterable[Rights]) -> bool:
    """Whether the user may delete every one of these."""
    return all(each.delete for each in items)
