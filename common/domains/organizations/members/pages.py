"""Pages about the people of an organization: the list, inviting, accepting, confirming, roles, removing.

Source: fidelity.md: pages.members.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from common.domains.organizations import rules
from common.domains.organizations.collections.service import Access
from common.domains.organizations.members import service as members
from common.domains.organizations.members.service import MemberRole, MemberView
from common.domains.organizations.service import Standing, occupied_seats, require_console
from common.enums import MemberStatus, MemberType
from common.errors import Refusal
from common.server import policy
from common.server.app import context
from common.server.body import read_uuid
from common.server.failures import note, settle
from common.server.operation import OPTIONAL_TEXT, TEXT, page
from common.server.transaction import own_transaction
from common.ui.answers import FieldProblem, done, texts_of
from common.ui.forms import FIELD
from common.ui.guards import me, signed_in, visitor
from common.ui.pages import page_blueprint, render
from common.ui.visit import visit
from common.wire.members import MAX_INVITED, MemberConfirm, MemberInvite

PREFIX = "/organizations/<uuid:organization_id>/members"

bp = page_blueprint("members_pages", __name__)

GRANTABLE = ("manageUsers", "manageGroups", "managePolicies", "manageSso", "manageScim", "accessEventLogs")
"""What the pages let a Custom member be granted: what somebody can do something with here."""

ROLE_FORM = {FIELD: TEXT, "type": TEXT} | dict.fromkeys(GRANTABLE, OPTIONAL_TEXT)
FILTERS = {
    "all": (MemberStatus.INVITED, MemberStatus.ACCEPTED, MemberStatus.CONFIRMED),
    "invited": (MemberStatus.INVITED,),
    "accepted": (MemberStatus.ACCEPTED,),
    "revoked": (MemberStatus.REVOKED,),
}


def _standing(organization_id: UUID) -> Standing:
    return require_console(context(), organization_id, me().id, rules.may_manage_users)


def _list(organization_id: UUID) -> str:
    return f"/organizations/{organization_id}/members"


# --- the list


@bp.get(PREFIX)
@policy.page(signed_in)
@page(query=["search", "status"])
def show_members(organization_id: UUID) -> ResponseReturnValue:
    """Everybody, or those of one state, or those that a search finds."""
    ctx, standing = context(), _standing(organization_id)
    found = sorted(members.list_members(ctx, me().id, organization_id), key=lambda each: _name(each).casefold())
    status, search = request.args.get("status", "all"), request.args.get("search", "").strip()
    chosen = status if status in FILTERS else "all"
    return render(
        "members/members.html",
        organization=standing.organization,
        members=[each for each in found if each.member.status in FILTERS[chosen] and _matches(each, search)],
        counts={name: sum(each.member.status in states for each in found) for name, states in FILTERS.items()},
        chosen=chosen,
        search=search,
        occupied=occupied_seats(ctx, organization_id).total,
        is_owner=rules.is_owner(standing.member),
        removable=_removable(standing, found),
    )


def _removable(standing: Standing, found: Sequence[MemberView]) -> set[UUID]:
    rows = [each.member for each in found]
    return {each.id for each in rows if members.rules_against(standing.member, each, "remove") is None}


def _matches(view: MemberView, search: str) -> bool:
    name = view.user.name if view.user else None
    return any(search.casefold() in (text or "").casefold() for text in (name, view.email))


@bp.post(f"{PREFIX}/<uuid:member_id>/reinvite")
@policy.page(signed_in)
@page(form={FIELD: TEXT})
def reinvite_member(organization_id: UUID, member_id: UUID) -> ResponseReturnValue:
    """Mail the link again."""
    _, view = _one(organization_id, member_id)
    members.reinvite_member(context(), me().id, organization_id, member_id)
    return done(_list(organization_id), "hasBeenReinvited", user=view.email)


def _one(organization_id: UUID, member_id: UUID) -> tuple[Standing, MemberView]:
    standing = _standing(organization_id)
    return standing, members.show_member(context(), me().id, organization_id, member_id)


# --- roles


@bp.get(f"{PREFIX}/<uuid:member_id>/role")
@policy.page(signed_in)
@page()
def show_role(organization_id: UUID, member_id: UUID) -> ResponseReturnValue:
    """The role, to be changed."""
    standing, view = _one(organization_id, member_id)
    return render("members/role.html", view=view, **_choices(standing))


def _choices(standing: Standing) -> dict[str, Any]:
    """What this caller may choose from."""
    return {
        "organization": standing.organization,
        "grantable": _grantable(standing),
        "may_name_owners": rules.is_owner(standing.member),
        "may_name_admins": rules.is_admin(standing.member),
    }


@bp.post(f"{PREFIX}/<uuid:member_id>/role")
@policy.page(signed_in)
@page(form=ROLE_FORM)
def change_role(organization_id: UUID, member_id: UUID) -> ResponseReturnValue:
    """Give the role; collections, and what these pages do not offer, stay as they are."""
    standing, view = _one(organization_id, member_id)
    member = view.member
    role = _role(standing, member.permissions, member.access_secrets_manager, view.access)
    members.update_member(context(), me().id, organization_id, member_id, role)
    return done(_list(organization_id), "x.memberSaved", user=view.email)


def _role(
    standing: Standing, known: dict[str, Any] | None = None, secrets: bool = False, access: Sequence[Access] = ()
) -> MemberRole:
    """The role that the form names, and what it does not name as it was."""
    text = request.form.get("type", "")
    if text not in {str(each.value) for each in MemberType}:
        raise FieldProblem("type", "inputRequired")
    permissions = (known or {}) | {name: name in request.form for name in _grantable(standing)}
    return MemberRole(MemberType(int(text)), permissions, secrets, access)


def _grantable(standing: Standing) -> list[str]:
    return [each for each in GRANTABLE if rules.is_granted(standing.member, each)]


# --- inviting


@bp.get(f"{PREFIX}/invite")
@policy.page(signed_in)
@page()
def ask_whom_to_invite(organization_id: UUID) -> ResponseReturnValue:
    """Addresses and their role."""
    return render("members/invite.html", most=MAX_INVITED, **_choices(_standing(organization_id)))


@bp.post(f"{PREFIX}/invite")
@policy.page(signed_in)
@page(form=ROLE_FORM | {"emails": TEXT})
def invite_members(organization_id: UUID) -> ResponseReturnValue:
    """Invite them; each gets a mail with a link."""
    role = _role(_standing(organization_id))
    emails = [each for each in request.form.get("emails", "").replace(",", " ").split() if each]
    wanted = MemberInvite.read({"emails": emails, "type": role.type})
    members.invite_members(context(), me().id, organization_id, wanted.emails, role)
    return done(_list(organization_id), "invitedUsers")


@bp.post(f"{PREFIX}/<uuid:member_id>/restore")
@policy.page(signed_in)
@page(form={FIELD: TEXT})
def restore_member(organization_id: UUID, member_id: UUID) -> ResponseReturnValue:
    """End the suspension."""
    _, view = _one(organization_id, member_id)
    members.restore_member(context(), me().id, organization_id, member_id)
    return done(_list(organization_id), "x.memberRestored", user=_name(view))


# --- confirming, suspending, removing


@bp.get(f"{PREFIX}/<uuid:member_id>/confirm")
@policy.page(signed_in)
@page()
def ask_to_confirm(organization_id: UUID, member_id: UUID) -> ResponseReturnValue:
    """Who is let in; a script wraps the organization's key for them."""
    standing, view = _one(organization_id, member_id)
    return render("members/confirm.html", organization=standing.organization, view=view, own_key=standing.member.key)


@bp.post(f"{PREFIX}/<uuid:member_id>/confirm")
@policy.page(signed_in)
@page(form={FIELD: TEXT, "key": TEXT})
def confirm_member(organization_id: UUID, member_id: UUID) -> ResponseReturnValue:
    """Let them in."""
    _, view = _one(organization_id, member_id)
    wanted = MemberConfirm.read({"key": request.form.get("key")})
    members.confirm_member(context(), me().id, organization_id, member_id, wanted.key)
    return done(_list(organization_id), "hasBeenConfirmed", user=_name(view))


@bp.post(f"{PREFIX}/<uuid:member_id>/revoke")
@policy.page(signed_in)
@page(form={FIELD: TEXT})
def revoke_member(organization_id: UUID, member_id: UUID) -> ResponseReturnValue:
    """Suspend the member: the place stays, the seat is free."""
    _, view = _one(organization_id, member_id)
    members.revoke_member(context(), me().id, organization_id, member_id)
    return done(_list(organization_id), "x.memberRevoked", user=_name(view))


def _name(view: MemberView) -> str:
    return (view.user.name if view.user else None) or view.email or ""


@bp.get(f"{PREFIX}/<uuid:member_id>/remove")
@policy.page(signed_in)
@page()
def ask_to_remove(organization_id: UUID, member_id: UUID) -> ResponseReturnValue:
    """What removing means."""
    standing, view = _one(organization_id, member_id)
    return render("members/remove.html", organization=standing.organization, view=view, name=_name(view))


@bp.post(f"{PREFIX}/<uuid:member_id>/remove")
@policy.page(signed_in)
@page(form={FIELD: TEXT})
def remove_member(organization_id: UUID, member_id: UUID) -> ResponseReturnValue:
    """Take the member out."""
    _, view = _one(organization_id, member_id)
    members.remove_member(context(), me().id, organization_id, member_id)
    return done(_list(organization_id), "removedUserId", id=_name(view))


# --- the link of an invitation

INVITATION = ("organizationId", "organizationUserId", "email", "organizationName", "token")


@bp.get("/accept-organization")
@policy.page(visitor)
@page(query=[*INVITATION, "initOrganization", "orgUserHasExistingUser"])
def show_invitation() -> ResponseReturnValue:
    """Who is signed in takes the place at once, as upstream does; others are led to logging in or registering."""
    query, user = request.args, visit().user
    if user is None:
        login, signup = _ways_in()
        name, email = query.get("organizationName", ""), query.get("email", "")
        return render("members/invitation.html", name=name, email=email, login=login, signup=signup)
    try:
        organization_id, member_id = (read_uuid(query.get(name, ""), name) for name in INVITATION[:2])
        with own_transaction(context().session):  # opening the link is all that its reader does
            members.accept_invitation(context(), user.id, organization_id, member_id, query.get("token", ""))
    except Refusal as refusal:
        settle(slow=refusal.slow)
        note(refusal)
        message = texts_of(refusal)
        gloss = visit().texts.gloss(message)
        return render("members/invitation_failed.html", refusal.status, message=message, gloss=gloss, email=user.email)
    return done("/vault", "inviteAccepted")


def _ways_in() -> tuple[str, str]:
    """Logging in and registering, from where one comes back here."""
    query = request.args
    known = {"email": query.get("email", ""), "next": request.full_path}
    proof = {"orgInviteToken": query.get("token", ""), "organizationUserId": query.get("organizationUserId", "")}
    return f"/login?{urlencode(known)}", f"/finish-signup?{urlencode(known | proof)}"
