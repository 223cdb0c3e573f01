"""What state an offer of a Families organization is in, and until when it holds. Pure.

Source: src/Core/OrganizationFeatures/OrganizationSponsorships/FamiliesForEnterprise/**;
fidelity.md: sponsorship.routes, sponsorship.status.
"""

from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol
from uuid import UUID

from common.enums import ProductTier

OFFER_LIFETIME = timedelta(days=182, hours=12)
"""How long a synced offer or sponsorship lives without another sync (half a year)."""

DISABLED_GRACE = timedelta(days=93)
"""How long a sponsor that was switched off after its expiration still counts."""

PURGE_AFTER = timedelta(days=90)
"""How long a sponsorship is kept after its end.

Source: src/Admin/Jobs/DeleteExpiredSponsorshipsJob; fidelity.md: jobs.schedules.
"""

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


def dies_at_once(sponsorship: Sponsorship, *, by_sync: bool) -> bool:
    """Whether revoking deletes it now; otherwise it is marked: until its paid period ends, or until a sync tells.

    by_sync: the cloud learns of it by a sync, as from an instance.
    Upstream's instance asks only whether it was synced, and so forgets an offer that the cloud got but whose answer
    was lost. Source: fidelity.md: sponsorship.revoke.
    """
    if by_sync:
        return sponsorship.last_sync_date is None and not sponsorship.was_sent
    return sponsorship.sponsored_organization_id is None


class Status(Enum):
    """What people are told about a sponsorship; the value is the key in upstream's message catalogue."""

    EXPIRES = "revokeWhenExpired"
    REMOVED = "requestRemoved"
    ACTIVE = "active"
    SENT = "sent"
    REQUESTED = "requested"


def status_of(sponsorship: Sponsorship, *, by_sync: bool) -> Status:
    """The status shown, first match wins. Source: sponsoring-org-row.component.ts; fidelity.md: sponsorship.status."""
    if sponsorship.to_delete:
        return Status.EXPIRES if sponsorship.valid_until else Status.REMOVED
    if sponsorship.valid_until:
        return Status.ACTIVE
    return Status.SENT if sponsorship.last_sync_date or not by_sync else Status.REQUESTED


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

    Source: ValidateSponsorshipCommand.cs; fidelity.md: sponsorship.renewal.
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
