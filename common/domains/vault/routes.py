"""The vault under `/api`, equal on the cloud and on an instance.

Source: src/Api/Vault/Controllers/{Ciphers,Folders}Controller.cs; fidelity.md: account.sync.
"""

from uuid import UUID

from flask import Blueprint, Response

from common.domains.vault import answers
from common.domains.vault import service as vault
from common.domains.vault.admin.routes import bp as admin_bp
from common.domains.vault.models import Folder
from common.domains.vault.requests import content_of
from common.domains.vault.service import Item
from common.server import policy
from common.server.app import context
from common.server.body import answer, answer_rows, nothing, query_optional_guid, read_json
from common.server.operation import Rows, operation
from common.wire import vault as wire
from common.wire.master_password import SecretVerification

bp = Blueprint("vault", __name__)
bp.register_blueprint(admin_bp)


def _folder(row: Folder) -> Response:
    return answer(answers.folder(row))


def _item(found: Item) -> Response:
    return answer(answers.item(found))


@bp.get("/folders")
@policy.application
@operation(answer=Rows(wire.FolderAnswer))
def list_folders() -> Response:
    """The caller's folders."""
    return answer_rows(answers.folder(each) for each in vault.list_folders(context(), policy.caller().user))


@bp.post("/folders")
@policy.application
@operation(body=wire.FolderRequest, answer=wire.FolderAnswer)
def add_folder() -> Response:
    """Make a folder."""
    return _folder(vault.add_folder(context(), policy.caller().user, read_json(wire.FolderRequest).name))


@bp.get("/folders/<guid:folder_id>")
@policy.application
@operation(answer=wire.FolderAnswer)
def show_folder(folder_id: UUID) -> Response:
    """One folder."""
    return _folder(vault.show_folder(context(), policy.caller().user, folder_id))


@bp.route("/folders/<guid:folder_id>", methods=["PUT", "POST"])
@policy.application
@operation(body=wire.FolderRequest, answer=wire.FolderAnswer)
def rename_folder(folder_id: UUID) -> Response:
    """Change a folder's name."""
    name = read_json(wire.FolderRequest).name
    return _folder(vault.rename_folder(context(), policy.caller().user, folder_id, name))


@bp.delete("/folders/<guid:folder_id>")
@bp.post("/folders/<guid:folder_id>/delete")
@policy.application
@operation()
def delete_folder(folder_id: UUID) -> Response:
    """Delete a folder; its items stay."""
    vault.delete_folder(context(), policy.caller().user, folder_id)
    return nothing()


@bp.get("/ciphers")
@policy.application
@operation(answer=Rows(wire.CipherDetails))
def list_items() -> Response:
    """Every item the caller can see."""
    return answer_rows(answers.item_details(each) for each in vault.list_items(context(), policy.caller().user))


@bp.get("/ciphers/<guid('id'):cipher_id>")
@policy.application
@operation(answer=wire.CipherAnswer)
def show_item(cipher_id: UUID) -> Response:
    """One item."""
    return _item(vault.show_item(context(), policy.caller().user, cipher_id))


@bp.get("/ciphers/<guid('id'):cipher_id>/details")
@bp.get("/ciphers/<guid('id'):cipher_id>/full-details")
@policy.application
@operation(answer=wire.CipherDetails)
def show_item_details(cipher_id: UUID) -> Response:
    """One item with the collections it is in."""
    return answer(answers.item_details(vault.show_item(context(), policy.caller().user, cipher_id)))


@bp.post("/ciphers")
@policy.application
@operation(body=wire.CipherRequest, answer=wire.CipherAnswer)
def add_item() -> Response:
    """Store a new item."""
    return _item(vault.add_item(context(), policy.caller().user, content_of(read_json(wire.CipherRequest))))


@bp.post("/ciphers/create")
@policy.application
@operation(body=wire.CipherCreateRequest, answer=wire.CipherAnswer)
def add_item_to_collections() -> Response:
    """Store a new item in collections."""
    body = read_json(wire.CipherCreateRequest)
    content, collection_ids = content_of(body.cipher), body.collection_ids or ()
    return _item(vault.add_item(context(), policy.caller().user, content, collection_ids))


@bp.route("/ciphers/<guid('id'):cipher_id>", methods=["PUT", "POST"])
@policy.application
@operation(body=wire.CipherRequest, answer=wire.CipherAnswer)
def update_item(cipher_id: UUID) -> Response:
    """Replace an item's content."""
    content = content_of(read_json(wire.CipherRequest))
    return _item(vault.update_item(context(), policy.caller().user, cipher_id, content))


@bp.route("/ciphers/<guid('id'):cipher_id>/partial", methods=["PUT", "POST"])
@policy.application
@operation(body=wire.CipherPartialRequest, answer=wire.CipherAnswer)
def place_item(cipher_id: UUID) -> Response:
    """Change the folder of an item and whether it is a favorite."""
    body = read_json(wire.CipherPartialRequest)
    return _item(vault.place_item(context(), policy.caller().user, cipher_id, body.folder_id, body.favorite))


@bp.route("/ciphers/<guid('id'):cipher_id>/share", methods=["PUT", "POST"])
@policy.application
@operation(body=wire.CipherCreateRequest, answer=wire.CipherAnswer)
def share_item(cipher_id: UUID) -> Response:
    """Give an own item to an organization."""
    body = read_json(wire.CipherCreateRequest)
    content, collection_ids = content_of(body.cipher), body.collection_ids or ()
    return _item(vault.share_item(context(), policy.caller().user, cipher_id, content, collection_ids))


@bp.route("/ciphers/<guid('id'):cipher_id>/collections", methods=["PUT", "POST"])
@policy.application
@operation(body=wire.CipherCollectionsRequest, answer=wire.CipherDetails)
def move_to_collections(cipher_id: UUID) -> Response:
    """Change the collections of an item."""
    ids = read_json(wire.CipherCollectionsRequest).collection_ids
    item = vault.move_to_collections(context(), policy.caller().user, cipher_id, ids)
    return nothing() if item is None else answer(answers.item_details(item))


@bp.route("/ciphers/<guid('id'):cipher_id>/collections_v2", methods=["PUT", "POST"])
@policy.application
@operation(body=wire.CipherCollectionsRequest, answer=wire.OptionalCipherDetails)
def move_to_collections_v2(cipher_id: UUID) -> Response:
    """The same; says when the caller has lost sight of the item."""
    ids = read_json(wire.CipherCollectionsRequest).collection_ids
    item = vault.move_to_collections(context(), policy.caller().user, cipher_id, ids)
    return answer(answers.optional_item_details(item))


@bp.delete("/ciphers/<guid('id'):cipher_id>")
@bp.post("/ciphers/<guid('id'):cipher_id>/delete")
@policy.application
@operation()
def delete_item(cipher_id: UUID) -> Response:
    """Delete an item for good."""
    vault.delete_item(context(), policy.caller().user, cipher_id)
    return nothing()


@bp.put("/ciphers/<guid('id'):cipher_id>/delete")
@policy.application
@operation()
def bin_item(cipher_id: UUID) -> Response:
    """Put an item into the trash."""
    vault.bin_item(context(), policy.caller().user, cipher_id)
    return nothing()


@bp.put("/ciphers/<guid('id'):cipher_id>/restore")
@policy.application
@operation(answer=wire.CipherAnswer)
def restore_item(cipher_id: UUID) -> Response:
    """Take an item out of the trash."""
    return _item(vault.restore_item(context(), policy.caller().user, cipher_id))


@bp.delete("/ciphers")
@bp.post("/ciphers/delete")
@policy.application
@operation(body=wire.CiphersChosen)
def delete_items() -> Response:
    """Delete many for good."""
    vault.delete_items(context(), policy.caller().user, read_json(wire.CiphersChosen).ids)
    return nothing()


@bp.put("/ciphers/delete")
@policy.application
@operation(body=wire.CiphersChosen)
def bin_items() -> Response:
    """Put many into the trash."""
    vault.bin_items(context(), policy.caller().user, read_json(wire.CiphersChosen).ids)
    return nothing()


@bp.put("/ciphers/restore")
@policy.application
@operation(body=wire.CiphersChosen, answer=Rows(wire.CipherMini))
def restore_items() -> Response:
    """Take many out of the trash."""
    found = vault.restore_items(context(), policy.caller().user, read_json(wire.CiphersChosen).ids)
    return answer_rows(answers.mini_item(each) for each in found)


@bp.route("/ciphers/move", methods=["PUT", "POST"])
@policy.application
@operation(body=wire.CiphersMoved)
def move_items() -> Response:
    """Put many into a folder."""
    body = read_json(wire.CiphersMoved)
    vault.move_items(context(), policy.caller().user, body.ids, body.folder_id)
    return nothing()


@bp.post("/ciphers/purge")
@policy.application
@operation(body=SecretVerification, query=["organizationId"])
def purge() -> Response:
    """Delete all of the caller's items, or all of an organization's."""
    organization_id = query_optional_guid("organizationId")
    proof = read_json(SecretVerification).proof
    vault.purge(context(), policy.caller().user, proof, organization_id)
    return nothing()
