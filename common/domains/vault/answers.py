"""Folders and items as the wire tells them."""

import json
from typing import Any, TypeVar

from common.domains.vault.models import Folder
from common.domains.vault.service import Item
from common.wire.vault import (
    CipherAnswer,
    CipherDetails,
    CipherMini,
    CipherMiniDetails,
    FolderAnswer,
    OptionalCipherDetails,
)

Told = TypeVar("Told", bound=CipherMini)

_OF_ROW = ("id", "organization_id", "type", "revision_date", "creation_date", "deleted_date", "reprompt", "key")


def folder(row: Folder) -> FolderAnswer:
    """A folder."""
    return FolderAnswer(id=row.id, name=row.name, revision_date=row.revision_date)


def item(found: Item) -> CipherAnswer:
    """An item as one user sees it."""
    return _told(CipherAnswer, found)


def item_details(found: Item) -> CipherDetails:
    """The same with the collections it is in."""
    return _told(CipherDetails, found)


def optional_item_details(found: Item | None) -> OptionalCipherDetails:
    """The same, None when the caller cannot see it any more."""
    return OptionalCipherDetails(unavailable=found is None, cipher=item_details(found) if found is not None else None)


def mini_item(found: Item) -> CipherMini:
    """An item as its organization sees it."""
    return _told(CipherMini, found)


def mini_item_details(found: Item) -> CipherMiniDetails:
    """The same with the collections it is in."""
    return _told(CipherMiniDetails, found)


def _told(kind: type[Told], found: Item) -> Told:
    """What a client encrypted comes as it was stored, in wire names; what `kind` does not hold is passed over."""
    row, rights = found.cipher, found.rights
    members: dict[str, Any] = {name: getattr(row, name) for name in _OF_ROW}
    members |= row.data
    members |= {
        "data": _stored(row.data),
        "organization_use_totp": found.use_totp,
        "folder_id": found.folder_id,
        "favorite": found.favorite,
        "edit": rights.edit,
        "view_password": rights.view_password,
        "permissions": {"delete": rights.delete, "restore": rights.delete},
        "collection_ids": found.collection_ids,
    }
    return kind.model_validate(members)


def _stored(data: dict[str, Any]) -> str:
    """What is stored, as upstream stores it: one object of the kind's own members and those that all kinds have.

    Source: src/Core/Vault/Models/Data/CipherData.cs.
    """
    flat = {name: value for name, value in data.items() if not isinstance(value, dict)}
    for value in data.values():
        flat |= value if isinstance(value, dict) else {}
    return json.dumps(_pascal(flat), separators=(",", ":"))


def _pascal(value: Any) -> Any:
    if isinstance(value, dict):
        return {name[:1].upper() + name[1:]: _pascal(each) for name, each in value.items()}
    return [_pascal(each) for each in value] if isinstance(value, list) else value
