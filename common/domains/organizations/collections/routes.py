"""HTTP of collections. Source: src/Api/AdminConsole/Controllers/CollectionsController.cs."""

from uuid import UUID

from flask import Blueprint, Response

from common.domains.organizations.collections import answers
from common.domains.organizations.collections import service as collections
from common.domains.organizations.collections.service import Access, CollectionChange
from common.server import policy
from common.server.app import context
from common.server.body import answer, answer_rows, bare, nothing, read_json
from common.server.operation import Rows, operation
from common.wire.collections import (
    CollectionAccess,
    CollectionAccessAnswer,
    CollectionAccessDetails,
    CollectionCreate,
    CollectionResponse,
    CollectionsAccess,
    CollectionsChosen,
    CollectionUpdate,
)

bp = Blueprint("collections", __name__, url_prefix="/organizations/<guid('orgId'):organization_id>")


def _change(sent: CollectionCreate | CollectionUpdate) -> CollectionChange:
    return CollectionChange(sent.name, sent.external_id, _access(sent.users), _access(sent.groups))


def _access(sent: list[CollectionAccess] | None) -> list[Access] | None:
    if sent is None:
        return None
    return [Access(each.id, each.read_only, each.hide_passwords, each.manage) for each in sent]


@bp.get("/collections")
@policy.application
@operation(answer=Rows(CollectionResponse))
def list_collections(organization_id: UUID) -> Response:
    """The collections that the caller may see."""
    found = collections.list_collections(context(), policy.caller().user, organization_id)
    return answer_rows(answers.collection(each) for each in found)


@bp.post("/collections")
@policy.application
@operation(body=CollectionCreate, answer=CollectionResponse)
def add_collection(organization_id: UUID) -> Response:
    """Make a collection."""
    new = _change(read_json(CollectionCreate))
    made = collections.add_collection(context(), policy.caller().user, organization_id, new)
    return answer(answers.collection(made))


@bp.delete("/collections")
@bp.post("/collections/delete")
@policy.application
@operation(body=CollectionsChosen)
def delete_collections(organization_id: UUID) -> Response:
    """Delete several collections."""
    ids = read_json(CollectionsChosen).ids
    collections.delete_collections(context(), policy.caller().user, organization_id, ids)
    return nothing()


@bp.post("/collections/bulk-access")
@policy.application
@operation(body=CollectionsAccess)
def add_access(organization_id: UUID) -> Response:
    """Let members and groups use several collections as well."""
    sent = read_json(CollectionsAccess)
    members, groups = _access(sent.users) or [], _access(sent.groups) or []
    collections.add_access(context(), policy.caller().user, organization_id, sent.collection_ids, members, groups)
    return nothing()


@bp.get("/collections/details")
@policy.application
@operation(answer=Rows(CollectionAccessDetails))
def list_collection_details(organization_id: UUID) -> Response:
    """The collections that the caller may see, with who may use them."""
    found = collections.view_collections(context(), policy.caller().user, organization_id)
    return answer_rows(answers.collection_access_details(each) for each in found)


@bp.get("/collections/<guid('id'):collection_id>")
@policy.application
@operation(answer=CollectionResponse)
def show_collection(organization_id: UUID, collection_id: UUID) -> Response:
    """One collection."""
    found = collections.view_collection(context(), policy.caller().user, organization_id, collection_id)
    return answer(answers.collection(found.collection))


@bp.get("/collections/<guid('id'):collection_id>/details")
@policy.application
@operation(answer=CollectionAccessDetails)
def show_collection_details(organization_id: UUID, collection_id: UUID) -> Response:
    """One collection with who may use it."""
    found = collections.view_collection(context(), policy.caller().user, organization_id, collection_id)
    return answer(answers.collection_access_details(found))


@bp.route("/collections/<guid('id'):collection_id>", methods=["PUT", "POST"])
@policy.application
@operation(body=CollectionUpdate, answer=CollectionAccessDetails)
def update_collection(organization_id: UUID, collection_id: UUID) -> Response:
    """Rename a collection and say who may use it."""
    change = _change(read_json(CollectionUpdate))
    changed = collections.update_collection(context(), policy.caller().user, organization_id, collection_id, change)
    return answer(answers.collection_access_details(changed))


@bp.get("/collections/<guid('id'):collection_id>/users")
@policy.application
@operation(answer=list[CollectionAccessAnswer])
def list_collection_members(organization_id: UUID, collection_id: UUID) -> Response:
    """Who may use a collection, without the list envelope."""
    view = collections.view_collection(context(), policy.caller().user, organization_id, collection_id)
    return bare([each.wire() for each in answers.access(view.members)])


@bp.delete("/collections/<guid('id'):collection_id>")
@bp.post("/collections/<guid('id'):collection_id>/delete")
@policy.application
@operation()
def delete_collection(organization_id: UUID, collection_id: UUID) -> Response:
    """Delete a collection."""
    collections.delete_collection(context(), policy.caller().user, organization_id, collection_id)
    return nothing()
