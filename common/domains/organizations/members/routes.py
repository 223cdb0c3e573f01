"""HTTP of an organization's members. Source: src/Api/AdminConsole/Controllers/OrganizationUsersController.cs."""

from uuid import UUID

from flask import Blueprint, Response

from common.domains.organizations.collections.service import Access
from common.domains.organizations.members import answers, many
from common.domains.organizations.members import service as members
from common.domains.organizations.members.service import MemberRole
from common.domains.organizations.requirements import MANAGE_USERS, MEMBER_OR_PROVIDER
from common.enums import MemberType
from common.server import policy
from common.server.app import context
from common.server.body import answer, answer_rows, nothing, query_flag, read_json
from common.server.operation import Rows, operation
from common.wire.members import (
    MemberAccept,
    MemberConfirm,
    MemberDetails,
    MemberInvite,
    MemberOutcome,
    MemberPublicKey,
    MemberResponse,
    MemberRestore,
    MembersChosen,
    MembersConfirm,
    MemberUpdate,
    MiniMemberResponse,
)

PREFIX = "/organizations/<guid('orgId'):organization_id>/users"

bp = Blueprint("members", __name__, url_prefix=PREFIX)


@bp.post("/invite")
@policy.organization(MANAGE_USERS)
@operation(body=MemberInvite)
def invite_members(organization_id: UUID) -> Response:
    """Invite addresses; each gets a mail with a link."""
    invite = read_json(MemberInvite)
    role = _role(invite)
    members.invite_members(context(), policy.caller().user, organization_id, invite.emails, role)
    return nothing()


@bp.put("/<guid('id'):member_id>/restore")
@bp.patch("/<guid('id'):member_id>/restore")
@policy.organization(MANAGE_USERS)
@operation()
def restore_member(organization_id: UUID, member_id: UUID) -> Response:
    """End a member's suspension."""
    members.restore_member(context(), policy.caller().user, organization_id, member_id)
    return nothing()


@bp.put("/<guid('id'):member_id>/restore/vnext")
@policy.organization(MANAGE_USERS)
@operation(body=MemberRestore)
def restore_member_vnext(organization_id: UUID, member_id: UUID) -> Response:
    """The same for newer clients; nobody has a collection of their own that the name would be for."""
    read_json(MemberRestore)
    members.restore_member(context(), policy.caller().user, organization_id, member_id)
    return nothing()


def _role(wanted: MemberInvite | MemberUpdate) -> MemberRole:
    return MemberRole(
        type=MemberType(wanted.type),
        permissions=wanted.permissions.wire() if wanted.permissions else None,
        access_secrets_manager=wanted.access_secrets_manager,
        access=[Access(each.id, each.read_only, each.hide_passwords, each.manage) for each in wanted.collections],
        group_ids=wanted.groups,
    )


@bp.get("")
@policy.application
@operation(query=["includeGroups", "includeCollections"], answer=Rows(MemberResponse))
def list_members(organization_id: UUID) -> Response:
    """All members, for those who manage users; their groups and collections only when asked for."""
    found = members.list_members(
        context(),
        policy.caller().user,
        organization_id,
        with_collections=query_flag("includeCollections"),
        with_groups=query_flag("includeGroups"),
    )
    return answer_rows(answers.member(each) for each in found)


@bp.get("/mini-details")
@policy.organization(MEMBER_OR_PROVIDER)
@operation(answer=Rows(MiniMemberResponse))
def list_names(organization_id: UUID) -> Response:
    """Names and addresses of all members, for any member."""
    found = members.list_names(context(), policy.caller().user, organization_id)
    return answer_rows(answers.mini_member(each) for each in found)


@bp.get("/<guid('id'):member_id>")
@policy.organization(MANAGE_USERS)
@operation(query=["includeGroups"], answer=MemberDetails)
def show_member(organization_id: UUID, member_id: UUID) -> Response:
    """One member."""
    found = members.show_member(context(), policy.caller().user, organization_id, member_id)
    with_groups = query_flag("includeGroups")
    return answer(answers.member_details(found, with_groups=with_groups))


@bp.post("/reinvite")
@policy.organization(MANAGE_USERS)
@operation(body=MembersChosen, answer=Rows(MemberOutcome))
def reinvite_members(organization_id: UUID) -> Response:
    """Mail new links to several invited members."""
    chosen = read_json(MembersChosen)
    found = members.reinvite_members(context(), policy.caller().user, organization_id, chosen.ids)
    return answer_rows(answers.outcomes(found))


@bp.post("/<guid('id'):member_id>/reinvite")
@policy.organization(MANAGE_USERS)
@operation()
def reinvite_member(organization_id: UUID, member_id: UUID) -> Response:
    """Mail a new link to an invited member."""
    members.reinvite_member(context(), policy.caller().user, organization_id, member_id)
    return nothing()


@bp.post("/<guid('organizationUserId'):member_id>/accept")
@policy.application
@operation(body=MemberAccept)
def accept_invitation(organization_id: UUID, member_id: UUID) -> Response:
    """Take the invited place with the token of the mail."""
    token = read_json(MemberAccept).token
    members.accept_invitation(context(), policy.caller().user, organization_id, member_id, token)
    return nothing()


@bp.post("/<guid('id'):member_id>/confirm")
@policy.organization(MANAGE_USERS)
@operation(body=MemberConfirm)
def confirm_member(organization_id: UUID, member_id: UUID) -> Response:
    """Let an accepted member in."""
    key = read_json(MemberConfirm).key
    members.confirm_member(context(), policy.caller().user, organization_id, member_id, key)
    return nothing()


@bp.post("/confirm")
@policy.organization(MANAGE_USERS)
@operation(body=MembersConfirm, answer=Rows(MemberOutcome))
def confirm_members(organization_id: UUID) -> Response:
    """Let several accepted members in."""
    keys = {each.id: each.key for each in read_json(MembersConfirm).keys}
    found = many.confirm_members(context(), policy.caller().user, organization_id, keys)
    return answer_rows(answers.outcomes(found))


@bp.post("/public-keys")
@policy.organization(MANAGE_USERS)
@operation(body=MembersChosen, answer=Rows(MemberPublicKey))
def show_public_keys(organization_id: UUID) -> Response:
    """Public keys of members with an account."""
    chosen = read_json(MembersChosen)
    found = members.find_accounts(context(), policy.caller().user, organization_id, chosen.ids)
    return answer_rows(answers.public_keys(found))


@bp.put("/<guid('id'):member_id>")
@policy.organization(MANAGE_USERS)
@operation(body=MemberUpdate)
def update_member(organization_id: UUID, member_id: UUID) -> Response:
    """Change role, permissions and collections of a member."""
    role = _role(read_json(MemberUpdate))
    members.update_member(context(), policy.caller().user, organization_id, member_id, role)
    return nothing()


@bp.delete("/<guid('id'):member_id>")
@bp.post("/<guid('id'):member_id>/remove")
@policy.organization(MANAGE_USERS)
@operation()
def remove_member(organization_id: UUID, member_id: UUID) -> Response:
    """Take a member out."""
    members.remove_member(context(), policy.caller().user, organization_id, member_id)
    return nothing()


@bp.delete("")
@bp.post("/remove")
@policy.organization(MANAGE_USERS)
@operation(body=MembersChosen, answer=Rows(MemberOutcome))
def remove_members(organization_id: UUID) -> Response:
    """Take several members out."""
    chosen = read_json(MembersChosen)
    found = members.remove_members(context(), policy.caller().user, organization_id, chosen.ids)
    return answer_rows(answers.outcomes(found))


@bp.put("/<guid('id'):member_id>/revoke")
@bp.patch("/<guid('id'):member_id>/revoke")
@policy.organization(MANAGE_USERS)
@operation()
def revoke_member(organization_id: UUID, member_id: UUID) -> Response:
    """Suspend a member."""
    members.revoke_member(context(), policy.caller().user, organization_id, member_id)
    return nothing()


@bp.put("/revoke")
@bp.patch("/revoke")
@policy.organization(MANAGE_USERS)
@operation(body=MembersChosen, answer=Rows(MemberOutcome))
def revoke_members(organization_id: UUID) -> Response:
    """Suspend several members."""
    chosen = read_json(MembersChosen)
    found = many.revoke_members(context(), policy.caller().user, organization_id, chosen.ids)
    return answer_rows(answers.outcomes(found))


@bp.put("/restore")
@bp.patch("/restore")
@policy.organization(MANAGE_USERS)
@operation(body=MembersChosen, answer=Rows(MemberOutcome))
def restore_members(organization_id: UUID) -> Response:
    """End the suspension of several members."""
    chosen = read_json(MembersChosen)
    found = many.restore_members(context(), policy.caller().user, organization_id, chosen.ids)
    return answer_rows(answers.outcomes(found))
