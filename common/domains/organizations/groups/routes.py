"""HTTP of groups. Source: src/Api/AdminConsole/Controllers/GroupsController.cs; fidelity.md: groups.access."""

from uuid import UUID

from flask import Blueprint, Response

from common.domains.organizations.collections.service import Access
from common.domains.organizations.groups import answers
from common.domains.organizations.groups import service as groups
from common.domains.organizations.groups.service import GroupChange
from common.domains.organizations.requirements import (
    COLLECTION_MANAGEMENT_ACCESS,
    MANAGE_GROUPS,
    MANAGE_USERS_OR_GROUPS,
)
from common.server import policy
from common.server.app import context
from common.server.body import answer, answer_rows, bare, nothing, read_json
from common.server.operation import Rows, operation
from common.wire.groups import GroupDetails, GroupResponse, GroupSave, GroupsChosen

bp = Blueprint("groups", __name__, url_prefix="/organizations/<guid('orgId'):organization_id>/groups")


def _change() -> GroupChange:
    sent = read_json(GroupSave)
    access = [Access(each.id, each.read_only, each.hide_passwords, each.manage) for each in sent.collections]
    return GroupChange(sent.name, access, sent.users)


@bp.get("")
@policy.organization(COLLECTION_MANAGEMENT_ACCESS)
@operation(answer=Rows(GroupResponse))
def list_groups(organization_id: UUID) -> Response:
    """All groups."""
    found = groups.list_groups(context(), policy.caller().user, organization_id)
    return answer_rows(answers.group(each) for each in found)


@bp.get("/details")
@policy.organization(MANAGE_USERS_OR_GROUPS)
@operation(answer=Rows(GroupDetails))
def list_group_details(organization_id: UUID) -> Response:
    """All groups and which collections they may use."""
    found = groups.view_groups(context(), policy.caller().user, organization_id)
    return answer_rows(answers.group_details(each) for each in found)


@bp.get("/<guid('id'):group_id>")
@policy.organization(MANAGE_GROUPS)
@operation(answer=GroupResponse)
def show_group(organization_id: UUID, group_id: UUID) -> Response:
    """One group."""
    return answer(answers.group(groups.show_group(context(), policy.caller().user, organization_id, group_id)))


@bp.get("/<guid('id'):group_id>/details")
@policy.organization(MANAGE_GROUPS)
@operation(answer=GroupDetails)
def show_group_details(organization_id: UUID, group_id: UUID) -> Response:
    """One group and which collections it may use."""
    found = groups.view_group(context(), policy.caller().user, organization_id, group_id)
    return answer(answers.group_details(found))


@bp.get("/<guid('id'):group_id>/users")
@policy.organization(MANAGE_GROUPS)
@operation(answer=list[UUID])
def list_group_members(organization_id: UUID, group_id: UUID) -> Response:
    """Who is in a group: member ids without the list envelope."""
    found = groups.members_of_group(context(), policy.caller().user, organization_id, group_id)
    return bare([str(each) for each in found])


@bp.post("")
@policy.organization(MANAGE_GROUPS)
@operation(body=GroupSave, answer=GroupResponse)
def add_group(organization_id: UUID) -> Response:
    """Make a group."""
    return answer(answers.group(groups.add_group(context(), policy.caller().user, organization_id, _change())))


@bp.route("/<guid('id'):group_id>", methods=["PUT", "POST"])
@policy.organization(MANAGE_GROUPS)
@operation(body=GroupSave, answer=GroupResponse)
def update_group(organization_id: UUID, group_id: UUID) -> Response:
    """Rename a group and say who is in it and which collections it may use."""
    changed = groups.update_group(context(), policy.caller().user, organization_id, group_id, _change())
    return answer(answers.group(changed))


@bp.delete("/<guid('id'):group_id>")
@bp.post("/<guid('id'):group_id>/delete")
@policy.organization(MANAGE_GROUPS)
@operation()
def delete_group(organization_id: UUID, group_id: UUID) -> Response:
    """Delete a group."""
    groups.delete_group(context(), policy.caller().user, organization_id, group_id)
    return nothing()


@bp.delete("")
@bp.post("/delete")
@policy.organization(MANAGE_GROUPS)
@operation(body=GroupsChosen)
def delete_groups(organization_id: UUID) -> Response:
    """Delete several groups."""
    groups.delete_groups(context(), policy.caller().user, organization_id, read_json(GroupsChosen).ids)
    return nothing()


@bp.delete("/<guid('id'):group_id>/user/<guid('orgUserId'):member_id>")
@bp.post("/<guid('id'):group_id>/delete-user/<guid('orgUserId'):member_id>")
@policy.organization(MANAGE_GROUPS)
@operation()
def remove_from_group(organization_id: UUID, group_id: UUID, member_id: UUID) -> Response:
    """Take a member out of a group."""
    groups.remove_from_group(context(), policy.caller().user, organization_id, group_id, member_id)
    return nothing()
