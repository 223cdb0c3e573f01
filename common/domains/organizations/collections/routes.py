"""HTTP of collections and groups. Source: src/Api/AdminConsole/Controllers/{Collections,Groups}Controller.cs."""

from uuid import UUID

from flask import Blueprint, Response

from common.domains.organizations.collections import answers
from common.domains.organizations.collections import service as collections
from common.domains.organizations.collections.service import Access
from common.server import policy
from common.server.app import context
from common.server.body import answer, answer_rows, bare, nothing, read_json
from common.server.operation import Rows, operation
from common.wire.collections import (
    CollectionAccessAnswer,
    CollectionAccessDetails,
    CollectionCreate,
    CollectionResponse,
    CollectionUpdate,
)
from common.wire.groups import GroupCreate, GroupResponse

bp = Blueprint("collections", __name__, url_prefix="/organizations/<uuid:organization_id>")


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
    new = read_json(CollectionCreate)
    access = [Access(each.id, each.read_only, each.hide_passwords, each.manage) for each in new.users]
    made = collections.add_collection(
        context(), policy.caller().user, organization_id, new.name, new.external_id, access
    )
    return answer(answers.collection(made))


@bp.get("/collections/details")
@policy.application
@operation(answer=Rows(CollectionAccessDetails))
def list_collection_details(organization_id: UUID) -> Response:
    """The collections that the caller may see, with who may use them."""
    found = collections.view_collections(context(), policy.caller().user, organization_id)
    return answer_rows(answers.collection_access_details(each) for each in found)


@bp.get("/collections/<uuid:collection_id>")
@bp.get("/collections/<uuid:collection_id>/details")
@policy.application
@operation(answer=CollectionAccessDetails)
def show_collection(organization_id: UUID, collection_id: UUID) -> Response:
    """One collection with who may use it."""
    found = collections.view_collection(context(), policy.caller().user, organization_id, collection_id)
    return answer(answers.collection_access_details(found))


@bp.route("/collections/<uuid:collection_id>", methods=["PUT", "POST"])
@policy.application
@operation(body=CollectionUpdate, answer=CollectionAccessDetails)
def update_collection(organization_id: UUID, collection_id: UUID) -> Response:
    """Rename a collection and say who may use it. Groups have no members here and are passed over."""
    new = read_json(CollectionUpdate)
    access = None
    if new.users is not None:
        access = [Access(each.id, each.read_only, each.hide_passwords, each.manage) for each in new.users]
    ctx, caller = context(), policy.caller().user
    changed = collections.update_collection(
        ctx, caller, organization_id, collection_id, new.name, new.external_id, access
    )
    return answer(answers.collection_access_details(changed))


@bp.get("/collections/<uuid:collection_id>/users")
@policy.application
@operation(answer=list[CollectionAccessAnswer])
def list_collection_members(organization_id: UUID, collection_id: UUID) -> Response:
    """Who may use a collection, without the list envelope."""
    view = collections.view_collection(context(), policy.caller().user, organization_id, collection_id)
    return bare([each.wire() for each in answers.access(view.members)])


@bp.delete("/collections/<uuid:collection_id>")
@bp.post("/collections/<uuid:collection_id>/delete")
@policy.application
@operation()
def delete_collection(organization_id: UUID, collection_id: UUID) -> Response:
    """Delete a collection."""
    collections.delete_collection(context(), policy.caller().user, organization_id, collection_id)
    return nothing()


@bp.get("/groups")
@policy.application
@operation(answer=Rows(GroupResponse))
def list_groups(organization_id: UUID) -> Response:
    """All groups."""
    found = collections.list_groups(context(), policy.caller().user, organization_id)
    return answer_rows(answers.group(each) for each in found)


@bp.post("/groups")
@policy.application
@operation(body=GroupCreate, answer=GroupResponse)
def add_group(organization_id: UUID) -> Response:
    """Make a group."""
    name = read_json(GroupCreate).name
    return answer(answers.group(collections.add_group(context(), policy.caller().user, organization_id, name)))


@bp.delete("/groups/<uuid:group_id>")
@bp.post("/groups/<uuid:group_id>/delete")
@policy.application
@operation()
def delete_group(organization_id: UUID, group_id: UUID) -> Response:
    """Delete a group."""
    collections.delete_group(context(), policy.caller().user, organization_id, group_id)
    return nothing()
