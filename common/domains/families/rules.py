"""Who may give a Families organization away and take it back, in the order of the checks. Pure.

Source: src/Core/OrganizationFeatures/OrganizationSponsorships/FamiliesForEnterprise/**.
"""

from enum import Enum

from common.domains.organizations.rules import Role, may_manage_users
from common.domains.sponsorships.rules import Sponsor, Sponsorship
from common.enums import MemberStatus, ProductTier
from common.errors import Refusal, bad_request, unauthorized


def policy_forbids() -> Refusal:
    """Policy 13 of the organization is on."""
    return bad_request(
        "Free Bitwarden Families sponsorship has been disabled by your organization administrator.",
        rule="sponsorship.policy",
    )


def one_per_member() -> Refusal:
    """The member's own sponsorship is in use."""
    return bad_request("Can only sponsor one organization per Organization User.", rule="sponsorship.one-per-member")


def not_sponsoring() -> Refusal:
    """There is nothing of the member's own to revoke."""
    return bad_request("You are not currently sponsoring an organization.", rule="sponsorship.none")


def not_granted(*, by_sync: bool) -> Refusal:
    """Whoever revokes is no member; instances, which tell the cloud by sync, say it differently."""
    text = "Unknown Organization User" if by_sync else "Can only revoke a sponsorship you granted."
    return bad_request(text, rule="sponsorship.not-granted")


def unknown_friendly_name() -> Refusal:
    """An administrator revokes what does not exist."""
    return bad_request(
        "The specified sponsored organization could not be found under the given sponsoring organization.",
        rule="sponsorship.unknown-name",
    )


def only_confirmed() -> Refusal:
    """The sponsor's place in the organization is not confirmed."""
    return bad_request("Only confirmed users can sponsor other organizations.", rule="sponsorship.confirmed-only")


def check_sponsor(own_email: str | None, offered_to: str, tier: ProductTier, status: int) -> None:
    """Whether this member may offer something to this address. Raises Refusal; fidelity.md: sponsorship.create.

    own_email: None when the account is gone. status: of the membership.
    """
    if own_email is None or own_email.strip().lower() == offered_to.strip().lower():
        raise bad_request(
            "Cannot offer a Families Organization Sponsorship to yourself. Choose a different email.",
            rule="sponsorship.yourself",
        )
    if tier != ProductTier.ENTERPRISE:
        raise bad_request("Specified Organization cannot sponsor other organizations.", rule="sponsorship.tier")
    if status != MemberStatus.CONFIRMED:
        raise only_confirmed()


def check_admin_initiated(member: Role, organization: Sponsor) -> None:
    """Whether this member may sponsor people who are no members. Raises Refusal; fidelity.md: sponsorship.create."""
    if not may_manage_users(member):
        raise unauthorized("sponsorship.admin-right")
    if not organization.use_admin_sponsored_families:
        raise bad_request(
            "Sponsoring organization cannot send admin-initiated sponsorship invitations",
            rule="sponsorship.admin-ability",
        )


def check_replaceable(own: Sponsorship) -> None:
    """Whether a new offer may take the place of the member's own earlier one. Raises Refusal; fidelity.md:
    sponsorship.create.

    An instance never learns which organization redeemed; what it knows is that there is an end date.
    """
    if own.sponsored_organization_id is not None or own.valid_until is not None:
        raise one_per_member()


class Obstacle(Enum):
    """Why an organization cannot sponsor people who are no members, in the order of the checks."""

    TIER = "tier"
    ABILITY = "ability"
    POLICY = "policy"


def obstacle_to_admins(sponsor: Sponsor, *, forbidden: bool) -> Obstacle | None:
    """Why administrators have nothing to give away; None = they do. forbidden: by policy 13.

    Source: fidelity.md: sponsorship.status.
    """
    if sponsor.tier != ProductTier.ENTERPRISE:
        return Obstacle.TIER
    if not sponsor.use_admin_sponsored_families:
        return Obstacle.ABILITY
    return Obstacle.POLICY if forbidden else None
