"""HTTP of collections and groups. Source: src/Api/AdminConsole/Controllers/{Collections,Groups}Controller.cs."""

from uuid import UUID

from flask import Blueprint, Response

from common.organizations.collections import service as collections
from common.organizations.collections.service import Access
from common.web import policy
from common.web.app import context
from common.web.body import answer, nothing, read_json
from common.wire.base import ListAnswer
from common.wire.organizations import (
    CollectionCreate,
    CollectionResponse,
    GroupCreate,
    GroupResponse,
    list_of,
)

bp = Blueprint("collections", __name__, url_prefix="/organizations/<uuid:organization_id>")


@bp.get("/collections")
@policy.application
def list_collections(organization_id: UUID) -> Response:
    """The collections that the caller may see."""
    found = collections.list_collections(context(), policy.caller().user, organization_id)
    return answer(ListAnswer(data=list_of([CollectionResponse.of(each) for each in found])))


@bp.post("/collections")
@policy.application
def add_collection(organization_id: UUID) -> Response:
    """Make a collection."""
    new = read_json(CollectionCreate)
    access = [Access(each.id, each.read_only, each.hide_passwords, each.manage) for each in new.users]
    made = collections.add_collection(
        context(), policy.caller().user, organization_id, new.name, new.external_id, access
    )
    return answer(CollectionResponse.of(made))


@bp.delete("/collections/<uuid:collection_id>")
@bp.post("/collections/<uuid:collection_id>/delete")
@policy.application
def delete_collection(organization_id: UUID, collection_id: UUID) -> Response:
    """Delete a collection."""
    collections.delete_collection(context(), policy.caller().user, organization_id, collection_id)
    return nothing()


@bp.get("/groups")
@policy.application
def list_groups(organization_id: UUID) -> Response:
    """All groups."""
    found = collections.list_groups(context(), policy.caller().user, organization_id)
    return answer(ListAnswer(data=list_of([GroupResponse.of(each) for each in found])))


@bp.post("/groups")
@policy.application
def add_group(organization_id: UUID) -> Response:
    """Make a group."""
    name = read_json(GroupCreate).name
    return answer(GroupResponse.of(collections.add_group(context(), policy.caller().user, organization_id, name)))


@bp.delete("/groups/<uuid:group_id>")
@bp.post("/groups/<uuid:group_id>/delete")
@policy.application
def delete_group(organization_id: UUID, group_id: UUID) -> Response:
    """Delete a group."""
    collections.delete_group(context(), policy.caller().user, organization_id, group_id)
    return nothing()
