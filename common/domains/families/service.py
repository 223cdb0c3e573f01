"""Giving a Families organization away, listing and revoking; the same on the cloud and on an instance.

Source: src/Core/OrganizationFeatures/OrganizationSponsorships/FamiliesForEnterprise/**;
fidelity.md: sponsorship.sync-status, sponsorship.routes.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from common.domains.accounts import service as accounts
from common.domains.families import rules
from common.domains.organizations import rules as organization_rules
from common.domains.organizations import service as organizations
from common.domains.organizations.memberships import memberships_of, policies_of
from common.domains.organizations.models import Member, Organization
from common.domains.sponsorships import service as book
from common.domains.sponsorships.service import Offer, OrganizationSponsorship
from common.enums import PolicyType, ProductTier
from common.errors import not_found, unauthorized
from common.server.context import Context


def create_sponsorship(ctx: Context, caller_id: UUID, organization_id: UUID, offer: Offer) -> OrganizationSponsorship:
    """Store an offer, or find the one of the same friendly name.

    Errors: 404 no member; 400 of fidelity.md: sponsorship.create in its order; 401 admin-initiated without the right;
    no seat left.
    Two requests for one organization are served one after the other.
    """
    organization = organizations.lock_organization(ctx, organization_id)
    member = organizations.membership(ctx, organization_id, caller_id) if organization else None
    if organization is None or member is None:
        raise not_found("sponsorship.no-member")
    user = accounts.find_user(ctx, caller_id)
    rules.check_sponsor(user.email if user else None, offer.sponsored_email, organization.tier, member.status)
    known = book.find_by_exact_name(ctx, organization_id, offer.friendly_name)
    if known is not None:
        return known
    if offer.admin_initiated:
        rules.check_admin_initiated(member, organization)
        organizations.make_room(ctx, organization, 1)
        return book.store_offer(ctx, organization_id, member.id, offer)
    own = book.own_sponsorship(ctx, organization_id, member.id)
    if own is None:
        return book.store_offer(ctx, organization_id, member.id, offer)
    rules.check_replaceable(own)
    if own.was_sent:  # the cloud never changes an offer that it knows: it has to end that one and take a new one
        book.revoke(ctx, own)
        return book.store_offer(ctx, organization_id, member.id, offer)
    return book.replace_offer(ctx, own, offer)


def revoke_own_sponsorship(ctx: Context, caller_id: UUID, organization_id: UUID) -> None:
    """End what the caller gave away. Errors: 400 no member, nothing given away.

    Source: fidelity.md: sponsorship.revoke.
    """
    book.revoke(ctx, require_own_sponsorship(ctx, caller_id, organization_id))


def require_own_sponsorship(ctx: Context, caller_id: UUID, organization_id: UUID) -> OrganizationSponsorship:
    """What the caller gave away for themselves. Errors: 400 no member, nothing given away."""
    member = organizations.membership(ctx, organization_id, caller_id)
    if member is None:
        raise rules.not_granted(by_sync=ctx.side.tells_by_sync)
    own = book.own_sponsorship(ctx, organization_id, member.id)
    if own is None:
        raise rules.not_sponsoring()
    return own


def revoke_named_sponsorship(ctx: Context, organization_id: UUID, friendly_name: str) -> None:
    """End a sponsorship of the organization for somebody who manages its users; no member's personal one.

    Errors: 400 unknown name.
    """
    sponsorship = book.find_by_friendly_name(ctx, organization_id, friendly_name)
    if sponsorship is None:
        raise rules.unknown_friendly_name()
    book.revoke(ctx, sponsorship)


def list_admin_initiated(ctx: Context, caller_id: UUID, organization_id: UUID) -> list[OrganizationSponsorship]:
    """The sponsorships of people who are no members.

    Errors: 404 unknown organization, on the cloud also no member; 401 without the right. Source: fidelity.md:
    sponsorship.revoke.
    """
    member = _member_for_list(ctx, caller_id, organization_id)
    if member is None or not organization_rules.may_manage_users(member):
        raise unauthorized("sponsorship.list-right")
    return book.admin_initiated(ctx, organization_id)


def find_admin_initiated(
    ctx: Context, caller_id: UUID, organization_id: UUID, sponsorship_id: UUID
) -> OrganizationSponsorship:
    """One of `list_admin_initiated`. Errors: those of the list; 400 unknown."""
    found = (each for each in list_admin_initiated(ctx, caller_id, organization_id) if each.id == sponsorship_id)
    sponsorship = next(found, None)
    if sponsorship is None:
        raise rules.unknown_friendly_name()
    return sponsorship


def revoke_admin_initiated(ctx: Context, caller_id: UUID, organization_id: UUID, sponsorship_id: UUID) -> None:
    """End one of `list_admin_initiated`. Errors: those of the list; 400 unknown."""
    book.revoke(ctx, find_admin_initiated(ctx, caller_id, organization_id, sponsorship_id))


class OwnOffer(NamedTuple):
    """What somebody gave away, and of which organization. forbidden: by policy 13 of that organization."""

    sponsorship: OrganizationSponsorship
    organization: Organization
    forbidden: bool


class OwnOffers(NamedTuple):
    """What a user can give away and what is given away already.

    available: organizations that the user has not used yet. forbidden: unused ones whose policy 13 is on.
    """

    available: Sequence[Organization]
    forbidden: Sequence[Organization]
    given: Sequence[OwnOffer]


def own_offers(ctx: Context, user_id: UUID) -> OwnOffers:
    """What the user's organizations offer, and what was made of it (three statements).

    Source: fidelity.md: sponsorship.status.
    """
    confirmed = [each for each in memberships_of(ctx, user_id) if each.confirmed]
    forbidding = forbidding_among(ctx, {each.organization.id for each in confirmed})
    organization_of = {each.member.id: each.organization for each in confirmed}
    given = [
        OwnOffer(row, organization, organization.id in forbidding)
        for row in book.own_sponsorships(ctx, organization_of)
        if (organization := organization_of[row.sponsoring_organization_user_id]).id == row.sponsoring_organization_id
    ]
    used = {each.organization.id for each in given}
    unused = [
        organization
        for organization in organization_of.values()
        if organization.tier == ProductTier.ENTERPRISE and organization.id not in used
    ]
    return OwnOffers(
        available=[each for each in unused if each.id not in forbidding],
        forbidden=[each for each in unused if each.id in forbidding],
        given=given,
    )


def forbidding_among(ctx: Context, organization_ids: set[UUID]) -> set[UUID]:
    """Those of these organizations whose policy 13 is on."""
    set_policies = policies_of(ctx, organization_ids)
    return {
        each.organization_id
        for each in set_policies
        if each.type == PolicyType.FREE_FAMILIES_SPONSORSHIP and each.enabled
    }


def _member_for_list(ctx: Context, caller_id: UUID, organization_id: UUID) -> Member | None:
    if organizations.find_organization(ctx, organization_id) is None:
        raise not_found("sponsorship.unknown-organization")
    member = organizations.membership(ctx, organization_id, caller_id)
    if member is None and not ctx.side.tells_by_sync:
        raise not_found("sponsorship.no-member")
    return member


def last_sync(ctx: Context, caller_id: UUID, organization_id: UUID) -> datetime | None:
    """When the organization's sponsorships were synced last, for its owner. Errors: 404.

    Source: fidelity.md: sponsorship.sync-status.
    """
    organizations.require_owner(ctx, organization_id, caller_id)
    return book.last_sync(ctx, organization_id)
