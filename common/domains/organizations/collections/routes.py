"""HTTP of collections and groups. Source: src/Api/AdminConsole/Controllers/{Collections,Groups}Controller.cs."""

from uuid import UUID

from flask import Blueprint, Response

from common.domains.organizations.collections import service as collections
from common.domains.organizations.collections.service import Access, CollectionView
from common.server import policy
from common.server.app import context
from common.server.body import answer, bare, nothing, read_json
from common.server.operation import Rows, operation
from common.wire.base import ListAnswer, list_of
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
    return answer(ListAnswer(data=list_of([CollectionResponse.of(each) for each in found])))


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
    return answer(CollectionResponse.of(made))


@bp.get("/collections/details")
@policy.application
@operation(answer=Rows(CollectionAccessDetails))
def list_collection_details(organization_id: UUID) -> Response:
    """The collections that the caller may see, with who may use them."""
    found = collections.view_collections(context(), policy.caller().user, organization_id)
    return answer(ListAnswer(data=list_of([_details(each) for each in found])))


@bp.get("/collections/<uuid:collection_id>")
@bp.get("/collections/<uuid:collection_id>/details")
@policy.application
@operation(answer=CollectionAccessDetails)
def show_collection(organization_id: UUID, collection_id: UUID) -> Response:
    """One collection with who may use it."""
    return answer(
        _details(collections.view_collection(context(), policy.caller().user, organization_id, collection_id))
    )


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
    return answer(
        _details(
            collections.update_collection(
                ctx, caller, organization_id, collection_id, new.name, new.external_id, access
            )
        )
    )


@bp.get("/collections/<uuid:collection_id>/users")
@policy.application
@operation(answer=list[CollectionAccessAnswer])
def list_collection_members(organization_id: UUID, collection_id: UUID) -> Response:
    """Who may use a collection, without the list envelope."""
    view = collections.view_collection(context(), policy.caller().user, organization_id, collection_id)
    return bare([each.wire() for each in _members(view)])


def _members(view: CollectionView) -> list[CollectionAccessAnswer]:
    return [
        CollectionAccessAnswer(
            id=each.id, read_only=each.read_only, hide_passwords=each.hide_passwords, manage=each.manage
        )
        for each in view.members
    ]


def _details(view: CollectionView) -> CollectionAccessDetails:
    own = view.own
    return CollectionAccessDetails(
        id=view.collection.id,
        organization_id=view.collection.organization_id,
        name=view.collection.name,
        external_id=view.collection.external_id,
        read_only=own is not None and own.read_only,
        hide_passwords=own is not None and own.hide_passwords,
        manage=own is not None and own.manage,
        assigned=own is not None,
        unmanaged=view.unmanaged,
        users=_members(view),
    )


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
    return answer(ListAnswer(data=list_of([GroupResponse.of(each) for each in found])))


@bp.post("/groups")
@policy.application
@operation(body=GroupCreate, answer=GroupResponse)
def add_group(organization_id: UUID) -> Response:
    """Make a group."""
    name = read_json(GroupCreate).name
    return answer(GroupResponse.of(collections.add_group(context(), policy.caller().user, organization_id, name)))


@bp.delete("/groups/<uuid:group_id>")
@bp.post("/groups/<uuid:group_id>/delete")
@policy.application
@operation()
def delete_group(organization_id: UUID, group_id: UUID) -> Response:
    """Delete a group."""
    collections.delete_group(context(), policy.caller().user, organization_id, group_id)
    return nothing()
