"""Members of an organization: inviting, accepting, confirming, changing, revoking, removing, leaving.

Source: src/Api/AdminConsole/Controllers/OrganizationUsersController.cs,
src/Core/AdminConsole/OrganizationFeatures/OrganizationUsers/**, OrganizationService.cs (InviteUsersAsync).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from common.domains.accounts import service as accounts
from common.domains.accounts.service import User
from common.domains.events.rules import Kind
from common.domains.organizations import compliance, rules, service
from common.domains.organizations.collections import service as collections
from common.domains.organizations.collections.service import Access
from common.domains.organizations.groups import service as groups
from common.domains.organizations.invitations import invite_token, judge_invite
from common.domains.organizations.log import note_members
from common.domains.organizations.members.rules import FREE_ADMIN_OF_USER, FREE_ADMIN_RESTORED
from common.domains.organizations.models import Member, Organization
from common.domains.sponsorships.standing import end_sponsorships_of
from common.enums import MemberStatus, MemberType, PlanType
from common.errors import Refusal, bad_request, not_found
from common.server.context import Context
from common.server.mail import messages
from common.server.outbox.service import queue, require_mail, send_now
from common.server.transaction import rehearsal

FREE_ADMIN = "You can only be an admin of 1 free organization vault."


class MemberView(NamedTuple):
    """A member for people to see. user: None while the invitation is open."""

    member: Member
    user: User | None
    access: Sequence[Access] = ()
    group_ids: Sequence[UUID] = ()

    @property
    def email(self) -> str | None:
        """Address of the account, or of the open invitation."""
        return self.user.email if self.user else self.member.email


@dataclass(frozen=True)
class MemberRole:
    """What a member shall be. permissions: granted ones of a Custom member. group_ids: None = as before.

    external_id: of a directory, for new members.
    """

    type: MemberType
    permissions: dict[str, Any] | None = None
    access_secrets_manager: bool = False
    access: Sequence[Access] = field(default_factory=tuple)
    group_ids: Sequence[UUID] | None = None
    external_id: str | None = None


def list_members(
    ctx: Context,
    caller_id: UUID | None,
    organization_id: UUID,
    *,
    with_collections: bool = False,
    with_groups: bool = False,
) -> list[MemberView]:
    """All members, for those who manage users; also the collections that each is assigned to, the groups that each is
    in (the same statements however many members)."""
    service.require_standing(ctx, organization_id, caller_id, rules.may_manage_users)
    rows = _rows(ctx, Member.organization_id == organization_id)
    return with_places(ctx, rows, collections_too=with_collections, groups_too=with_groups)


def list_names(ctx: Context, caller_id: UUID, organization_id: UUID) -> list[MemberView]:
    """All members, for any member; without their collections."""
    service.require_standing(ctx, organization_id, caller_id)
    return _rows(ctx, Member.organization_id == organization_id)


def show_member(ctx: Context, caller_id: UUID | None, organization_id: UUID, member_id: UUID) -> MemberView:
    """One member with collections and groups."""
    service.require_standing(ctx, organization_id, caller_id, rules.may_manage_users)
    rows = _rows(ctx, Member.organization_id == organization_id, Member.id == member_id)
    if not rows:
        raise not_found("members.unknown")
    return with_places(ctx, rows, collections_too=True, groups_too=True)[0]


def find_accounts(ctx: Context, caller_id: UUID, organization_id: UUID, member_ids: Iterable[UUID]) -> list[MemberView]:
    """Those of these members that have an account: to wrap the organization key for them."""
    service.require_standing(ctx, organization_id, caller_id, rules.may_manage_users)
    rows = _rows(ctx, Member.organization_id == organization_id, Member.id.in_(list(member_ids)))
    return [row for row in rows if row.user is not None]


def _rows(ctx: Context, *conditions: sa.ColumnElement[bool]) -> list[MemberView]:
    account, theirs = accounts.account_of(Member.user_id)
    query = sa.select(Member, account).outerjoin(account, theirs).where(*conditions)
    return [MemberView(*row) for row in ctx.session.execute(query.order_by(Member.creation_date, Member.id))]


def with_places(ctx: Context, rows: list[MemberView], *, collections_too: bool, groups_too: bool) -> list[MemberView]:
    ids = [row.member.id for row in rows]
    access = collections.access_of_members(ctx, ids) if collections_too else {}
    in_groups = groups.groups_of_members(ctx, ids) if groups_too else {}
    return [
        MemberView(row.member, row.user, access.get(row.member.id, []), in_groups.get(row.member.id, []))
        for row in rows
    ]


def invite_members(
    ctx: Context,
    caller_id: UUID | None,
    organization_id: UUID,
    emails: Iterable[str],
    role: MemberRole,
) -> list[Member]:
    """Invite addresses that are not members yet, and mail each of them a link.

    Nobody becomes a member before all mails have left. Raises 404 without the right, 400 for a role that the caller may
    not give, without seats (what the side says), without a confirmed owner, and when no mail can be sent.
    """
    ids = {email.strip().lower(): ctx.ids.uuid() for email in emails}
    with rehearsal(ctx.session):  # whatever can refuse it does so before anybody is mailed
        asked = _invite(ctx, caller_id, organization_id, ids, role)
        mails = invitations(ctx, organization_id, asked)
    send_now(ctx, mails)
    mailed = {mail.to: ids[mail.to] for mail in mails}
    invited = _invite(ctx, caller_id, organization_id, mailed, role)
    _make_links_good(ctx, organization_id, set(mailed) - {member.email for member in invited})
    return invited


def _invite(
    ctx: Context, caller_id: UUID | None, organization_id: UUID, ids: Mapping[str, UUID], role: MemberRole
) -> list[Member]:
    """Make members of those addresses that are none yet. ids: those that they get."""
    standing = service.lock_standing(ctx, organization_id, caller_id, rules.may_manage_users)
    require_mail(ctx)
    organization = standing.organization
    _check_role(organization, standing.member, None, role)
    known = known_addresses(ctx, organization_id, list(ids))
    fresh = [email for email in ids if email not in known]
    service.make_room(ctx, organization, len(fresh))
    if role.type != MemberType.OWNER and not service.has_owner_besides(ctx, organization_id):
        raise rules.last_owner()
    invited = [new_member(ctx, organization_id, ids[email], email, role) for email in fresh]
    ctx.session.add_all(invited)
    ctx.session.flush()
    collections.assign(ctx, organization_id, [member.id for member in invited], role.access)
    groups.put_into_groups(ctx, organization_id, [member.id for member in invited], role.group_ids or ())
    note_members(ctx, organization_id, Kind.MEMBER_INVITED, invited, by_key=caller_id is None)
    return invited


def _make_links_good(ctx: Context, organization_id: UUID, overtaken: set[str]) -> None:
    """Somebody else has invited these addresses in this very moment: the links that we mailed lead nowhere."""
    if overtaken:
        chosen = (Member.organization_id == organization_id, Member.status == MemberStatus.INVITED)
        members = ctx.session.scalars(sa.select(Member).where(*chosen, Member.email.in_(overtaken))).all()
        for mail in invitations(ctx, organization_id, members):
            queue(ctx, mail)


def _check_role(organization: Organization, caller: Member, old_type: int | None, role: MemberRole) -> None:
    rules.check_role_change(
        caller,
        old_type=old_type,
        new_type=role.type,
        new_permissions=role.permissions,
        custom_allowed=organization.use_custom_permissions,
    )


def is_member_address(ctx: Context, organization_id: UUID, email: str) -> bool:
    """Whether somebody of this address is a member already, whatever the status."""
    return bool(known_addresses(ctx, organization_id, [email.strip().lower()]))


def known_addresses(ctx: Context, organization_id: UUID, emails: list[str]) -> set[str]:
    """Those of these addresses that are members already, whatever the status (one statement)."""
    account, theirs = accounts.account_of(Member.user_id)
    address = sa.func.coalesce(account.email, Member.email)
    query = (
        sa.select(address)
        .select_from(Member)
        .outerjoin(account, theirs)
        .where(Member.organization_id == organization_id, address.in_(emails))
    )
    return set(ctx.session.scalars(query))


def new_member(ctx: Context, organization_id: UUID, member_id: UUID, email: str, role: MemberRole) -> Member:
    """An invited member that is in no table yet."""
    now = ctx.clock.now()
    return Member(
        id=member_id,
        organization_id=organization_id,
        email=email,
        status=MemberStatus.INVITED,
        type=role.type,
        permissions=_granted(role),
        external_id=role.external_id,
        access_secrets_manager=role.access_secrets_manager,
        creation_date=now,
        revision_date=now,
    )


def _granted(role: MemberRole) -> dict[str, Any] | None:
    return (role.permissions or {}) if role.type == MemberType.CUSTOM else None


def invitations(ctx: Context, organization_id: UUID, invited: Sequence[Member]) -> list[messages.Mail]:
    """The mails that bring these members their links (two statements)."""
    organization = ctx.session.get_one(Organization, organization_id)
    addresses = [member.email for member in invited if member.email]
    registered = accounts.registered_among(ctx, addresses)
    return [_invitation(ctx, organization, member, registered) for member in invited]


def _invitation(ctx: Context, organization: Organization, member: Member, registered: set[str]) -> messages.Mail:
    email = member.email or ""
    token, expires = invite_token(ctx, member.id, email)
    invitation = messages.Invitation(
        organization_id=organization.id,
        organization_user_id=member.id,
        organization_name=rules.display_name(organization.name) or "",
        email=email,
        token=token,
        expires=expires,
        account_exists=email in registered,
        free_organization=organization.plan_type == PlanType.FREE,
    )
    return messages.organization_invite(ctx.settings.base_url, invitation)


def reinvite_member(ctx: Context, caller_id: UUID | None, organization_id: UUID, member_id: UUID) -> None:
    """Mail a new link to an invited member. Raises 400 "User invalid." for any other one."""
    outcome = reinvite_members(ctx, caller_id, organization_id, [member_id])
    if outcome.get(member_id) != "":
        raise bad_request("User invalid.", rule="members.reinvite")


def reinvite_members(
    ctx: Context, caller_id: UUID | None, organization_id: UUID, member_ids: Iterable[UUID]
) -> dict[UUID, str]:
    """Mail new links to invited members; the outcome by member, "" = sent. Those of other organizations are invalid.

    Source: .../OrganizationUsers/InviteUsers/BulkResendOrganizationInvitesCommand.cs; fidelity.md: members.many.
    """
    service.require_standing(ctx, organization_id, caller_id, rules.may_manage_users)
    require_mail(ctx)
    members = list(ctx.session.scalars(sa.select(Member).where(Member.id.in_(list(member_ids)))))
    invited = [
        member
        for member in members
        if member.status == MemberStatus.INVITED and member.organization_id == organization_id
    ]
    outcome = {member.id: "User invalid." for member in members if member not in invited}
    outcome |= {member.id: "" for member in invited}
    send_now(ctx, invitations(ctx, organization_id, invited))
    return outcome


def _member(ctx: Context, organization_id: UUID, member_id: UUID) -> Member:
    member = ctx.session.get(Member, member_id, populate_existing=True)
    if member is None or member.organization_id != organization_id:
        raise not_found("members.unknown")
    return member


def accept_invitation(ctx: Context, user_id: UUID, organization_id: UUID, member_id: UUID, token: str) -> Member:
    """Take the invited place, proving the address with the token of the mail; verifies the account's address, too.

    Source: src/Core/AdminConsole/OrganizationFeatures/OrganizationUsers/AcceptOrgUserCommand.cs.
    """
    organization = service.lock_organization(ctx, organization_id)
    user = accounts.lock_user(ctx, user_id)
    member = _member(ctx, organization_id, member_id)
    problem = judge_invite(ctx, token, member.id, member.email)
    if problem is not None:
        raise bad_request(problem.value, rule="members.invite-token")
    if service.membership(ctx, organization_id, user.id) is not None:
        raise bad_request("You are already part of this organization.", rule="members.twice")
    if (member.email or "").lower() != user.email.lower():
        raise bad_request("User email does not match invite.", rule="members.invite-email")
    if organization is None:
        raise not_found("members.unknown")
    _check_acceptance(ctx, organization, member, user.id)
    bonds = compliance.bonds_of_one(ctx, organization, user.id, member.type, two_step=user.two_factor_enabled)
    _require(compliance.against_accepting(bonds, user.email))
    member.status = MemberStatus.ACCEPTED
    member.user_id = user.id
    member.email = None
    member.revision_date = ctx.clock.now()
    user.email_verified = True
    return member


def _check_acceptance(ctx: Context, organization: Organization, member: Member, user_id: UUID) -> None:
    if member.status == MemberStatus.REVOKED:
        name = rules.display_name(organization.name)
        raise bad_request(f"Your access to the {name} vault has been revoked.", rule="members.revoked")
    if member.status != MemberStatus.INVITED:
        raise bad_request("Already accepted.", rule="members.accepted")
    _check_free_admin(ctx, organization, member.type, user_id, FREE_ADMIN)


def _require(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise refusal


def _check_free_admin(
    ctx: Context, organization: Organization, member_type: int, user_id: UUID | None, text: str
) -> None:
    """The owners and administrators of a Free organization run no second one."""
    if organization.plan_type != PlanType.FREE or member_type not in (MemberType.OWNER, MemberType.ADMIN):
        return
    if user_id is None:
        return
    accounts.lock_user(ctx, user_id)  # who may become an administrator of two organizations in this very moment
    if service.administers_free_organization(ctx, user_id, besides=organization.id):
        raise bad_request(text, rule="organization.one-free")


def confirm_member(ctx: Context, caller_id: UUID, organization_id: UUID, member_id: UUID, key: str) -> Member:
    """Let an accepted member in. key: the organization key wrapped for them. Raises 400 "User not valid."."""
    standing = service.lock_standing(ctx, organization_id, caller_id, rules.may_manage_users)
    organization = standing.organization
    member = ctx.session.get(Member, member_id, populate_existing=True)
    if (
        member is None
        or member.organization_id != organization_id
        or member.status != MemberStatus.ACCEPTED
        or member.user_id is None
    ):
        raise bad_request("User not valid.", rule="members.confirm")
    _check_free_admin(ctx, organization, member.type, member.user_id, FREE_ADMIN_OF_USER)
    user = accounts.require_user(ctx, member.user_id)
    bonds = compliance.bonds_of_one(ctx, organization, user.id, member.type, two_step=user.two_factor_enabled)
    _require(compliance.against_confirming(bonds, user.email))
    member.status = MemberStatus.CONFIRMED
    member.key = key
    member.email = None
    member.revision_date = ctx.clock.now()
    name = rules.display_name(organization.name) or ""
    queue(ctx, messages.organization_confirmed(ctx.settings.base_url, user.email, name))
    note_members(ctx, organization_id, Kind.MEMBER_CONFIRMED, [member])
    return member


def update_member(
    ctx: Context, caller_id: UUID | None, organization_id: UUID, member_id: UUID, role: MemberRole
) -> Member:
    """Change role, permissions, collections and groups of a member.

    Source: src/Core/AdminConsole/OrganizationFeatures/OrganizationUsers/UpdateOrganizationUserCommand.cs.
    """
    standing = service.lock_standing(ctx, organization_id, caller_id, rules.may_manage_users)
    member = _member(ctx, organization_id, member_id)
    _check_free_admin(ctx, standing.organization, role.type, member.user_id, FREE_ADMIN_OF_USER)
    _check_role(standing.organization, standing.member, member.type, role)
    if role.type != MemberType.OWNER and not service.has_owner_besides(ctx, organization_id, [member.id]):
        raise rules.last_owner()
    member.type = role.type
    member.permissions = _granted(role)
    member.access_secrets_manager = role.access_secrets_manager
    member.revision_date = ctx.clock.now()
    collections.reassign(ctx, organization_id, member.id, role.access)
    if role.group_ids is not None and not rules.keeps_own_groups(standing.organization, standing.member, member):
        groups.replace_groups(ctx, organization_id, member.id, role.group_ids)
    note_members(ctx, organization_id, Kind.MEMBER_UPDATED, [member])
    return member


def remove_member(ctx: Context, caller_id: UUID | None, organization_id: UUID, member_id: UUID) -> None:
    """Take a member out of the organization. The account stays."""
    standing = service.lock_standing(ctx, organization_id, caller_id, rules.may_manage_users)
    member = _member(ctx, organization_id, member_id)
    _check_removal(ctx, standing, member, "remove")
    note_members(ctx, organization_id, Kind.MEMBER_REMOVED, [member])
    ctx.session.delete(member)
    end_sponsorships_of(ctx, organization_id, [member.id])


def remove_members(ctx: Context, caller_id: UUID, organization_id: UUID, member_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Take several members out; the outcome by member, "" = removed."""
    standing = service.lock_standing(ctx, organization_id, caller_id, rules.may_manage_users)
    chosen = list(member_ids)
    query = sa.select(Member).where(Member.organization_id == organization_id, Member.id.in_(chosen))
    members = list(ctx.session.scalars(query))
    if not members:
        raise bad_request("Users invalid.", rule="members.unknown")
    if not service.has_owner_besides(ctx, organization_id, chosen):
        raise rules.last_owner()
    outcome: dict[UUID, str] = {}
    for member in members:
        refusal = rules_against(standing.member, member, "remove")
        outcome[member.id] = refusal.message if refusal else ""
    removed = [member for member in members if not outcome[member.id]]
    note_members(ctx, organization_id, Kind.MEMBER_REMOVED, removed)
    for member in removed:
        ctx.session.delete(member)
    end_sponsorships_of(ctx, organization_id, [member.id for member in removed])
    return outcome


def rules_against(caller: Member, member: Member, verb: str) -> Refusal | None:
    """Why this caller may not `remove`, `revoke` or `restore` this member; None = may."""
    if member.user_id is not None and member.user_id == caller.user_id:
        return bad_request(f"You cannot {verb} yourself.", rule="members.self")
    if member.type == MemberType.OWNER and not rules.is_owner(caller):
        return bad_request(f"Only owners can {verb} other owners.", rule="members.owner-only")
    if member.type == MemberType.ADMIN and not rules.is_admin(caller):
        return bad_request(f"Custom users can not {verb} admins.", rule="members.custom-limits")
    return None


def _check_removal(ctx: Context, standing: service.Standing, member: Member, verb: str) -> None:
    refusal = rules_against(standing.member, member, verb)
    if refusal is not None:
        raise refusal
    if member.type == MemberType.OWNER and not service.has_owner_besides(ctx, member.organization_id, [member.id]):
        raise rules.last_owner()


def leave_organization(ctx: Context, user_id: UUID, organization_id: UUID) -> None:
    """Give up one's own place; the last owner cannot."""
    member = service.lock_standing(ctx, organization_id, user_id).member
    if member.type == MemberType.OWNER and not service.has_owner_besides(ctx, organization_id, [member.id]):
        raise rules.last_owner()
    note_members(ctx, organization_id, Kind.MEMBER_LEFT, [member])
    ctx.session.delete(member)
    end_sponsorships_of(ctx, organization_id, [member.id])


def revoke_member(ctx: Context, caller_id: UUID | None, organization_id: UUID, member_id: UUID) -> None:
    """Suspend a member: the place stays, the seat is free."""
    standing = service.lock_standing(ctx, organization_id, caller_id, rules.may_manage_users)
    member = _member(ctx, organization_id, member_id)
    refusal = rules_against(standing.member, member, "revoke")
    if refusal is not None:
        raise refusal
    if member.status == MemberStatus.REVOKED:
        raise bad_request("Already revoked.", rule="members.revoked")
    _check_removal(ctx, standing, member, "revoke")
    member.status = MemberStatus.REVOKED
    member.revision_date = ctx.clock.now()
    note_members(ctx, organization_id, Kind.MEMBER_REVOKED, [member], by_key=caller_id is None)


def restore_member(ctx: Context, caller_id: UUID | None, organization_id: UUID, member_id: UUID) -> None:
    """End a suspension; needs a free seat. Source: .../OrganizationUsers/RestoreUser/v1."""
    standing = service.lock_standing(ctx, organization_id, caller_id, rules.may_manage_users)
    organization = standing.organization
    member = _member(ctx, organization_id, member_id)
    refusal = rules_against(standing.member, member, "restore")
    if refusal is not None:
        raise refusal
    if member.status != MemberStatus.REVOKED:
        raise bad_request("Already active.", rule="members.active")
    service.make_room(ctx, organization, 1)
    _check_free_admin(ctx, organization, member.type, member.user_id, FREE_ADMIN_RESTORED)
    if member.user_id is not None:
        user = accounts.require_user(ctx, member.user_id)
        bonds = compliance.bonds_of_one(ctx, organization, user.id, member.type, two_step=user.two_factor_enabled)
        _require(compliance.against_restoring(bonds, user.email))
    member.status = rules.status_before_revocation(has_user=member.user_id is not None, has_key=member.key is not None)
    member.revision_date = ctx.clock.now()
    note_members(ctx, organization_id, Kind.MEMBER_RESTORED, [member], by_key=caller_id is None)
