"""Pages of Families sponsorships: what a member gave away, what an organization gave to people who are no members.

Here is what both apps serve and what their own pages (`*/sponsorships/pages.py`: giving away, mailing again) share.
Source: fidelity.md: pages.families.
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from common.domains.families import service
from common.domains.families.rules import Obstacle, obstacle_to_admins
from common.domains.organizations.members.service import is_member_address
from common.domains.organizations.models import Organization
from common.domains.organizations.rules import display_name, may_manage_users
from common.domains.organizations.service import Standing, require_console
from common.domains.sponsorships.rules import Status, status_of
from common.domains.sponsorships.service import Offer, OrganizationSponsorship, is_sponsoring
from common.server import policy
from common.server.app import context
from common.server.context import Context
from common.server.operation import OPTIONAL_TEXT, TEXT, page
from common.ui.answers import FieldProblem, done
from common.ui.forms import FIELD
from common.ui.guards import me, signed_in
from common.ui.pages import page_blueprint, render
from common.wire.base import MAX_EMAIL
from common.wire.fields import is_strict_email
from common.wire.sponsorships import SponsorshipCreate

OWN = "/settings/sponsored-families"
OF_ORGANIZATION = "/organizations/<uuid:organization_id>/members/sponsored-families"

OWN_FORM = {FIELD: TEXT, "organizationId": TEXT, "sponsoredEmail": TEXT}
ADMIN_FORM = {FIELD: TEXT, "sponsoredEmail": TEXT, "notes": OPTIONAL_TEXT}

STATES = {
    Status.EXPIRES: "revoke_when_expired",
    Status.REMOVED: "request_removed",
    Status.ACTIVE: "active",
    Status.SENT: "sent",
    Status.REQUESTED: "requested",
}
"""`data-state` of a row's status. Source: fidelity.md: pages.shell."""

OBSTACLES = {
    Obstacle.TIER: "x.notEnterprise",
    Obstacle.ABILITY: "x.adminSponsorOff",
    Obstacle.POLICY: "x.familiesPolicyOn",
}

bp = page_blueprint("sponsorship_pages", __name__)


class Row(NamedTuple):
    """A sponsorship as a table shows it. waits: a change is not told to the cloud yet. may_resend: nobody took
    it, so its mail can be sent again. changeable: not taken back yet."""

    id: UUID
    recipient: str
    status: Status
    state: str
    ends: datetime | None
    waits: bool
    may_resend: bool
    changeable: bool
    notes: str | None
    organization: Organization | None = None


def row_of(ctx: Context, found: OrganizationSponsorship, organization: Organization | None, *, forbidden: bool) -> Row:
    """How a sponsorship is shown. forbidden: by policy 13, so that nothing is mailed."""
    by_sync = ctx.side.tells_by_sync
    status = status_of(found, by_sync=by_sync)
    return Row(
        id=found.id,
        recipient=recipient_of(found),
        status=status,
        state=STATES[status],
        ends=found.valid_until,
        waits=found.pending_since is not None,
        may_resend=bool(found.offered_to_email) and not by_sync and not forbidden,
        changeable=not found.to_delete,
        notes=found.notes,
        organization=organization,
    )


def recipient_of(sponsorship: OrganizationSponsorship) -> str:
    """What people know a sponsorship by: clients put the address into the name, which outlives the redemption."""
    return sponsorship.friendly_name or sponsorship.offered_to_email or ""


# --- D1, what a member gave away


def show_own_offers(connected: Collection[UUID] | None = None) -> ResponseReturnValue:
    """The page of a member. connected: organizations whose sponsorships are synced by themselves, None = no matter."""
    ctx = context()
    offers = service.own_offers(ctx, me().id)
    rows = [row_of(ctx, each.sponsorship, each.organization, forbidden=each.forbidden) for each in offers.given]
    shown = {each.id for each in offers.available} | {row.organization.id for row in rows if row.organization}
    return render(
        "families/own.html",
        available=[(each.id, display_name(each.name)) for each in offers.available],
        forbidden=[display_name(each.name) for each in offers.forbidden],
        rows=rows,
        unconnected=connected is not None and bool(shown - set(connected)),
        display_name=display_name,
    )


def read_own_offer() -> tuple[UUID, Offer]:
    """What a member gives away, and of which organization, from the form of `show_own_offers`."""
    email = _read_address()
    if email.lower() == me().email.lower():
        raise FieldProblem("sponsoredEmail", "x.sponsorSelf")
    try:
        organization_id = UUID(request.form.get("organizationId", ""))
    except ValueError:
        raise FieldProblem("organizationId", "inputRequired") from None
    return organization_id, _offer(email)


def _read_address() -> str:
    email = request.form.get("sponsoredEmail", "").strip()
    if not email:
        raise FieldProblem("sponsoredEmail", "inputRequired")
    if not is_strict_email(email) or len(email) > MAX_EMAIL:
        raise FieldProblem("sponsoredEmail", "invalidEmail")
    return email


def _offer(email: str, *, admin_initiated: bool = False, notes: str | None = None) -> Offer:
    SponsorshipCreate.read({"sponsoredEmail": email, "friendlyName": email, "notes": notes})
    return Offer(email, email, admin_initiated=admin_initiated, notes=notes)


@bp.get(f"{OWN}/<uuid:organization_id>/remove")
@policy.page(signed_in)
@page()
def ask_to_remove_own(organization_id: UUID) -> ResponseReturnValue:
    """What taking the own offer back means."""
    found = service.require_own_sponsorship(context(), me().id, organization_id)
    return _ask_to_remove(found, OWN)


@bp.post(f"{OWN}/<uuid:organization_id>/remove")
@policy.page(signed_in)
@page(form={FIELD: TEXT})
def remove_own(organization_id: UUID) -> ResponseReturnValue:
    """Take the own offer back."""
    service.revoke_own_sponsorship(context(), me().id, organization_id)
    return done(OWN, "reclaimedFreePlan")


def _ask_to_remove(
    found: OrganizationSponsorship, back: str, organization: Organization | None = None
) -> ResponseReturnValue:
    recipient, ends = recipient_of(found), found.valid_until
    return render("families/remove.html", recipient=recipient, ends=ends, back=back, organization=organization)


# --- D6 and D7, what an organization gave to people who are no members


def list_path(organization_id: UUID) -> str:
    """Where the list of an organization is."""
    return f"/organizations/{organization_id}/members/sponsored-families"


def require_user_manager(organization_id: UUID) -> Standing:
    """The caller's standing; 404 for whoever does not manage the users of the organization, or may not while it is
    suspended."""
    return require_console(context(), organization_id, me().id, may_manage_users)


@bp.get(OF_ORGANIZATION)
@policy.page(signed_in)
@page()
def show_admin_initiated(organization_id: UUID) -> ResponseReturnValue:
    """The list, or why there can be none; what was given away stays in sight and can be taken back."""
    ctx, standing = context(), require_user_manager(organization_id)
    obstacle = _obstacle(ctx, standing.organization)
    found = service.list_admin_initiated(ctx, me().id, organization_id)
    forbidden = obstacle is Obstacle.POLICY
    return render(
        "families/admin_initiated.html",
        organization=standing.organization,
        name=display_name(standing.organization.name),
        organization_key=standing.member.key,
        rows=[row_of(ctx, each, None, forbidden=forbidden) for each in found],
        obstacle=OBSTACLES[obstacle] if obstacle else None,
    )


def _obstacle(ctx: Context, organization: Organization) -> Obstacle | None:
    forbidden = organization.id in service.forbidding_among(ctx, {organization.id})
    return obstacle_to_admins(organization, forbidden=forbidden)


def show_add_form(organization_id: UUID, *, warning: str | None = None) -> ResponseReturnValue:
    """The form of an administrator. warning: key of what a person should know who sponsors somebody already."""
    ctx, standing = context(), require_user_manager(organization_id)
    warned = warning is not None and is_sponsoring(ctx, organization_id, standing.member.id)
    return render(
        "families/add.html",
        organization=standing.organization,
        organization_key=standing.member.key,
        warning=warning if warned else None,
        back=list_path(organization_id),
    )


def read_admin_offer(organization_id: UUID) -> Offer:
    """What an administrator gives away, from the form of `show_add_form`. Members are for D1, not for this."""
    require_user_manager(organization_id)
    email = _read_address()
    if is_member_address(context(), organization_id, email):
        raise FieldProblem("sponsoredEmail", "x.alreadyMember", email=email)
    return _offer(email, admin_initiated=True, notes=request.form.get("notes") or None)


@bp.get(f"{OF_ORGANIZATION}/<uuid:sponsorship_id>/remove")
@policy.page(signed_in)
@page()
def ask_to_remove_admin_initiated(organization_id: UUID, sponsorship_id: UUID) -> ResponseReturnValue:
    """What taking it back means."""
    standing = require_user_manager(organization_id)
    found = service.find_admin_initiated(context(), me().id, organization_id, sponsorship_id)
    return _ask_to_remove(found, list_path(organization_id), standing.organization)


@bp.post(f"{OF_ORGANIZATION}/<uuid:sponsorship_id>/remove")
@policy.page(signed_in)
@page(form={FIELD: TEXT})
def remove_admin_initiated(organization_id: UUID, sponsorship_id: UUID) -> ResponseReturnValue:
    """Take it back."""
    require_user_manager(organization_id)
    service.revoke_admin_initiated(context(), me().id, organization_id, sponsorship_id)
    return done(list_path(organization_id), "reclaimedFreePlan")
