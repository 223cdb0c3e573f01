"""Who may give a Families organization away, what state an offer is in, and until when it holds. Pure.

Source: src/Core/OrganizationFeatures/OrganizationSponsorships/FamiliesForEnterprise/**;
spec/billing-sync-and-sponsorships.md 6, 7.
"""

from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol
from uuid import UUID

from common.domains.organizations.rules import Role, may_manage_users
from common.enums import MemberStatus, ProductTier
from common.errors import Refusal, bad_request, unauthorized

OFFER_LIFETIME = timedelta(days=182, hours=12)
"""How long a synced offer or sponsorship lives without another sync (half a year)."""

DISABLED_GRACE = timedelta(days=93)
"""How long a sponsor that was switched off after its expiration still counts."""

PURGE_AFTER = timedelta(days=90)
"""How long a sponsorship is kept after its end. Source: src/Admin/Jobs/DeleteExpiredSponsorshipsJob; spec 8."""

NO_ID = UUID(int=0)


class Sponsor(Protocol):
    """A sponsoring organization."""

    enabled: bool
    expiration_date: datetime | None
    use_admin_sponsored_families: bool

    @property
    def tier(self) -> ProductTier: ...


class Sponsorship(Protocol):
    """A sponsorship."""

    sponsoring_organization_id: UUID | None
    sponsoring_organization_user_id: UUID
    sponsored_organization_id: UUID | None
    last_sync_date: datetime | None
    valid_until: datetime | None
    to_delete: bool
    was_sent: bool
    is_admin_initiated: bool


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


def not_granted(*, self_hosted: bool) -> Refusal:
    """Whoever revokes is no member; the two sides say it differently."""
    text = "Unknown Organization User" if self_hosted else "Can only revoke a sponsorship you granted."
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
    """Whether this member may offer something to this address. Raises Refusal; spec 6.2 rows 2-4.

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
    """Whether this member may sponsor people who are no members. Raises Refusal; spec 6.2 rows 6-7."""
    if not may_manage_users(member):
        raise unauthorized("sponsorship.admin-right")
    if not organization.use_admin_sponsored_families:
        raise bad_request(
            "Sponsoring organization cannot send admin-initiated sponsorship invitations",
            rule="sponsorship.admin-ability",
        )


def check_replaceable(own: Sponsorship) -> None:
    """Whether a new offer may take the place of the member's own earlier one. Raises Refusal; spec 6.2 rows 8-9.

    An instance never learns which organization redeemed; what it knows is that there is an end date.
    """
    if own.sponsored_organization_id is not None or own.valid_until is not None:
        raise one_per_member()


def dies_at_once(sponsorship: Sponsorship, *, self_hosted: bool) -> bool:
    """Whether revoking deletes it now; otherwise it is marked: until its paid period ends, or until a sync tells.

    Upstream's instance asks only whether it was synced, and so forgets an offer that the cloud got but whose answer
    was lost. Source: spec 6.7.
    """
    if self_hosted:
        return sponsorship.last_sync_date is None and not sponsorship.was_sent
    return sponsorship.sponsored_organization_id is None


class Obstacle(Enum):
    """Why an organization cannot sponsor people who are no members, in the order of the checks."""

    TIER = "tier"
    ABILITY = "ability"
    POLICY = "policy"


def obstacle_to_admins(sponsor: Sponsor, *, forbidden: bool) -> Obstacle | None:
    """Why administrators have nothing to give away; None = they do. forbidden: by policy 13. Source: spec 7.2."""
    if sponsor.tier != ProductTier.ENTERPRISE:
        return Obstacle.TIER
    if not sponsor.use_admin_sponsored_families:
        return Obstacle.ABILITY
    return Obstacle.POLICY if forbidden else None


class Status(Enum):
    """What people are told about a sponsorship; the value is the key in upstream's message catalogue."""

    EXPIRES = "revokeWhenExpired"
    REMOVED = "requestRemoved"
    ACTIVE = "active"
    SENT = "sent"
    REQUESTED = "requested"


def status_of(sponsorship: Sponsorship, *, self_hosted: bool) -> Status:
    """The status shown, first match wins. Source: sponsoring-org-row.component.ts; spec 7.3."""
    if sponsorship.to_delete:
        return Status.EXPIRES if sponsorship.valid_until else Status.REMOVED
    if sponsorship.valid_until:
        return Status.ACTIVE
    return Status.SENT if sponsorship.last_sync_date or not self_hosted else Status.REQUESTED


def is_stale(last_sync_date: datetime | None, now: datetime) -> bool:
    """Whether a synced sponsorship has not been synced for half a year."""
    return last_sync_date is not None and last_sync_date < now - OFFER_LIFETIME


def is_gone(sponsor: Sponsor, now: datetime) -> bool:
    """Whether an organization has been switched off for so long that it sponsors nobody any more."""
    expired = sponsor.expiration_date
    return not sponsor.enabled and (expired is None or expired < now - DISABLED_GRACE)


class Flaw(Enum):
    """Why a redeemed sponsorship does not survive the renewal, in the order of the checks."""

    NO_SPONSORSHIP = "no sponsorship"
    NO_SPONSORING_ORGANIZATION = "the sponsoring organization is not known"
    NO_MEMBER = "the sponsoring member is not known"
    SPONSOR_DISABLED = "the sponsoring organization was switched off more than 93 days ago"
    ADMIN_INITIATED = "the sponsoring organization may no longer sponsor people who are no members"
    SPONSOR_TIER = "the sponsoring organization is no longer on an Enterprise plan"
    REVOKED = "the sponsorship was revoked"
    NOT_SYNCED = "the sponsorship was not synced for half a year"


def flaw_of(sponsorship: Sponsorship | None, sponsor: Sponsor | None, now: datetime) -> Flaw | None:
    """Why the sponsorship ends with the period that ends `now`; None = it goes on.

    Source: ValidateSponsorshipCommand.cs; spec 6.8.
    """
    if sponsorship is None:
        return Flaw.NO_SPONSORSHIP
    if sponsorship.sponsoring_organization_id is None or sponsor is None:
        return Flaw.NO_SPONSORING_ORGANIZATION
    if sponsorship.sponsoring_organization_user_id == NO_ID:
        return Flaw.NO_MEMBER
    if is_gone(sponsor, now):
        return Flaw.SPONSOR_DISABLED
    if sponsorship.is_admin_initiated and not sponsor.use_admin_sponsored_families:
        return Flaw.ADMIN_INITIATED
    if sponsor.tier != ProductTier.ENTERPRISE:
        return Flaw.SPONSOR_TIER
    if sponsorship.to_delete:
        return Flaw.REVOKED
    return Flaw.NOT_SYNCED if is_stale(sponsorship.last_sync_date, now) else None
