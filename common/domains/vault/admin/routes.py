"""HTTP of an organization's items as those handle them who run it.

Source: src/Api/Vault/Controllers/CiphersController.cs; fidelity.md: vault.admin.
"""

from uuid import UUID

from flask import Blueprint, Response

from common.domains.vault import answers
from common.domains.vault.admin import service as admin
from common.domains.vault.requests import content_of
from common.server import policy
from common.server.app import context
from common.server.body import answer, answer_rows, nothing, query_guid, read_json
from common.server.operation import Query, Rows, operation
from common.wire import vault as wire

bp = Blueprint("vault_admin", __name__)


@bp.get("/ciphers/organization-details")
@policy.application
@operation(query=[Query("organizationId", required=True), "includeMemberItems"], answer=Rows(wire.CipherMiniDetails))
def list_organization_items() -> Response:
    """Every item of an organization, for those who may export it."""
    found = admin.list_organization_items(context(), policy.caller().user, query_guid("organizationId"))
    return answer_rows(answers.mini_item_details(each) for each in found)


@bp.get("/ciphers/organization-details/assigned")
@policy.application
@operation(query=[Query("organizationId", required=True)], answer=Rows(wire.CipherDetails))
def list_assigned_items() -> Response:
    """The organization's items that the caller sees, and for administrators what is in no collection."""
    found = admin.list_assigned_items(context(), policy.caller().user, query_guid("organizationId"))
    return answer_rows(answers.item_details(each) for each in found)


@bp.get("/ciphers/<guid:cipher_id>/admin")
@policy.application
@operation(answer=wire.CipherMiniDetails)
def show_item(cipher_id: UUID) -> Response:
    """Any item of an organization."""
    return answer(answers.mini_item_details(admin.show_item(context(), policy.caller().user, cipher_id)))


@bp.post("/ciphers/admin")
@policy.application
@operation(body=wire.CipherCreateRequest, answer=wire.CipherMini)
def add_item() -> Response:
    """Store a new item in any collections."""
    body = read_json(wire.CipherCreateRequest)
    content, places = content_of(body.cipher), body.collection_ids or ()
    return answer(answers.mini_item(admin.add_item(context(), policy.caller().user, content, places)))


@bp.route("/ciphers/<guid('id'):cipher_id>/admin", methods=["PUT", "POST"])
@policy.application
@operation(body=wire.CipherRequest, answer=wire.CipherMini)
def update_item(cipher_id: UUID) -> Response:
    """Replace the content of any item."""
    content = content_of(read_json(wire.CipherRequest))
    return answer(answers.mini_item(admin.update_item(context(), policy.caller().user, cipher_id, content)))


@bp.route("/ciphers/<guid:cipher_id>/collections-admin", methods=["PUT", "POST"])
@policy.application
@operation(body=wire.CipherCollectionsRequest, answer=wire.CipherMiniDetails)
def move_to_collections(cipher_id: UUID) -> Response:
    """Say which collections any item is in."""
    ids = read_json(wire.CipherCollectionsRequest).collection_ids
    moved = admin.move_to_collections(context(), policy.caller().user, cipher_id, ids)
    return answer(answers.mini_item_details(moved))


@bp.post("/ciphers/bulk-collections")
@policy.application
@operation(body=wire.CiphersAssigned)
def assign_items() -> Response:
    """Put many items into collections, or take them out."""
    body = read_json(wire.CiphersAssigned)
    admin.assign_items(
        context(),
        policy.caller().user,
        body.organization_id,
        body.cipher_ids,
        body.collection_ids,
        remove=body.remove_collections,
    )
    return nothing()


@bp.delete("/ciphers/<guid('id'):cipher_id>/admin")
@bp.post("/ciphers/<guid('id'):cipher_id>/delete-admin")
@policy.application
@operation()
def delete_item(cipher_id: UUID) -> Response:
    """Delete any item for good."""
    ctx = context()
    admin.delete_items(ctx, policy.caller().user, [cipher_id], admin.organization_of(ctx, cipher_id))
    return nothing()


@bp.put("/ciphers/<guid('id'):cipher_id>/delete-admin")
@policy.application
@operation()
def bin_item(cipher_id: UUID) -> Response:
    """Put any item into the trash."""
    ctx = context()
    admin.bin_items(ctx, policy.caller().user, [cipher_id], admin.organization_of(ctx, cipher_id))
    return nothing()


@bp.put("/ciphers/<guid('id'):cipher_id>/restore-admin")
@policy.application
@operation(answer=wire.CipherMini)
def restore_item(cipher_id: UUID) -> Response:
    """Take any item out of the trash."""
    ctx = context()
    (item,) = admin.restore_items(ctx, policy.caller().user, [cipher_id], admin.organization_of(ctx, cipher_id))
    return answer(answers.mini_item(item))


@bp.delete("/ciphers/admin")
@bp.post("/ciphers/delete-admin")
@policy.application
@operation(body=wire.CiphersOfOrganization)
def delete_items() -> Response:
    """Delete many items of an organization for good."""
    body = read_json(wire.CiphersOfOrganization)
    admin.delete_items(context(), policy.caller().user, body.ids, body.organization_id)
    return nothing()


@bp.put("/ciphers/delete-admin")
@policy.application
@operation(body=wire.CiphersOfOrganization)
def bin_items() -> Response:
    """Put many items of an organization into the trash."""
    body = read_json(wire.CiphersOfOrganization)
    admin.bin_items(context(), policy.caller().user, body.ids, body.organization_id)
    return nothing()


@bp.put("/ciphers/restore-admin")
@policy.application
@operation(body=wire.CiphersOfOrganization, answer=Rows(wire.CipherMini))
def restore_items() -> Response:
    """Take many items of an organization out of the trash."""
    body = read_json(wire.CiphersOfOrganization)
    found = admin.restore_items(context(), policy.caller().user, body.ids, body.organization_id)
    return answer_rows(answers.mini_item(each) for each in found)


@bp.route("/ciphers/share", methods=["PUT", "POST"])
@policy.application
@operation(body=wire.CiphersShared, answer=Rows(wire.CipherMini))
def share_items() -> Response:
    """Give several own items to an organization."""
    body = read_json(wire.CiphersShared)
    contents = {each.id: content_of(each) for each in body.ciphers}
    found = admin.share_items(context(), policy.caller().user, contents, body.organization_id, body.collection_ids)
    return answer_rows(answers.mini_item(each) for each in found)
