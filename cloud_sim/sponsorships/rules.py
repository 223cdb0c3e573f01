"""What the cloud decides about sponsorships: who may redeem, and what a synced row means. Pure.

Source: src/Api/Billing/Controllers/OrganizationSponsorshipsController.cs,
src/Core/OrganizationFeatures/OrganizationSponsorships/FamiliesForEnterprise/Cloud/**;
fidelity.md: sponsorship.sync, sponsorship.resend.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import Enum, auto
from typing import NamedTuple, Protocol
from uuid import UUID

from common.enums import ProductTier
from common.errors import Refusal, bad_request, conflict

OFFER_EXPIRED = "sponsorship.redeem-stale"


def invalid_organization() -> Refusal:
    """The organization of a sync is not known in this region."""
    return bad_request("Invalid organization", rule="sponsorship-sync.organization")


def overtaken() -> Refusal:
    """Ours: a newer conversation of the same installation has told of this organization already.

    Upstream carries the older one out, and an offer that was revoked meanwhile lives for ever.
    """
    return conflict("A newer sync of this organization has been taken over already.", rule="sponsorship-sync.overtaken")


def no_outstanding_offer() -> Refusal:
    """What shall be sent again was taken already."""
    return bad_request(
        "Cannot find an outstanding sponsorship offer for this organization.", rule="sponsorship.not-outstanding"
    )


def bad_token() -> Refusal:
    """The token is no token, or of an offer to somebody else, or of one that is gone."""
    return bad_request("Failed to parse sponsorship token.", rule="sponsorship.token")


def not_owned() -> Refusal:
    """Only an owner takes an offer for an organization."""
    return bad_request("Can only redeem sponsorship for an organization you own.", rule="sponsorship.redeem-owner")


def offer_expired() -> Refusal:
    """The instance has not synced the offer for half a year; it is deleted."""
    return bad_request("This sponsorship offer is more than 6 months old and has expired.", rule=OFFER_EXPIRED)


def subscription_ended() -> Refusal:
    """Ours: there is no running subscription whose price could change (upstream: the payment provider's error)."""
    return bad_request(
        "The subscription of the Families organization has ended. Start it again first.",
        rule="sponsorship.redeem-subscription",
    )


def only_owner_removes() -> Refusal:
    """Somebody else than an owner of the sponsored organization."""
    return bad_request("Only the owner of an organization can remove sponsorship.", rule="sponsorship.remove-owner")


def not_sponsored() -> Refusal:
    """There is nothing to remove."""
    return bad_request("The requested organization is not currently being sponsored.", rule="sponsorship.not-sponsored")


def check_redeemable(*, already_sponsored: bool, stale: bool, tier: ProductTier) -> None:
    """Whether an offer may go to this organization. Raises Refusal; fidelity.md: sponsorship.redeem."""
    if already_sponsored:
        raise bad_request(
            "Cannot redeem a sponsorship offer for an organization that is already sponsored. "
            "Revoke existing sponsorship first.",
            rule="sponsorship.redeem-twice",
        )
    if stale:
        raise offer_expired()
    if tier != ProductTier.FAMILIES:
        raise bad_request(
            "Can only redeem sponsorship offer on families organizations.", rule="sponsorship.redeem-tier"
        )


class Told(Protocol):
    """A row as an instance tells it."""

    @property
    def sponsoring_organization_user_id(self) -> UUID: ...
    @property
    def friendly_name(self) -> str | None: ...
    @property
    def offered_to_email(self) -> str | None: ...
    @property
    def last_sync_date(self) -> datetime | None: ...
    @property
    def to_delete(self) -> bool: ...


class Stored(NamedTuple):
    """A row as the cloud has it."""

    id: UUID
    member_id: UUID
    friendly_name: str | None
    offered_to_email: str | None
    sponsored_organization_id: UUID | None
    valid_until: datetime | None


def match(batch: Sequence[Told], stored: Iterable[Stored]) -> list[Stored | None]:
    """The cloud's row for each row of the batch, None = there is none.

    The member decides, as upstream; where several rows of either side share a member, also the friendly name (upstream
    fails then). stored: oldest first; of equal ones the oldest counts.
    """
    by_member: dict[int, list[Stored]] = {}  # a uuid as a key is twenty times as dear as its number
    for row in stored:
        by_member.setdefault(row.member_id.int, []).append(row)
    told_by = Counter(row.sponsoring_organization_user_id.int for row in batch)
    return [_match(row, by_member.get(row.sponsoring_organization_user_id.int), told_by) for row in batch]


def _match(told: Told, stored: list[Stored] | None, told_by: Counter[int]) -> Stored | None:
    if stored is None:
        return None
    if len(stored) == 1 and told_by[told.sponsoring_organization_user_id.int] == 1:
        return stored[0]
    return next((row for row in stored if row.friendly_name == told.friendly_name), None)


class Step(Enum):
    """What is done about a row.

    ADD: a new offer, mailed. REOFFER: the open offer goes to another address, mailed. GONE: nothing is stored, and the
    instance is told that it is removed. ORPHAN: upstream's variant of GONE, which stores and mails a fresh offer.
    """

    SKIP = auto()
    ADD = auto()
    TOUCH = auto()
    REOFFER = auto()
    FLAG = auto()
    DELETE = auto()
    GONE = auto()
    ORPHAN = auto()

    @property
    def removed(self) -> bool:
        """Whether the instance is told to forget the row."""
        return self in (Step.DELETE, Step.GONE, Step.ORPHAN)


def step_for(told: Told, stored: Stored | None, *, accepts_new: bool, leaves_orphans: bool, reoffers: bool) -> Step:
    """What a row of a batch means. Source: CloudSyncSponsorshipsCommand.cs; fidelity.md: sponsorship.sync.

    accepts_new: the organization is not gone. leaves_orphans, not reoffers: upstream's defects.
    """
    if stored is None:
        if (told.to_delete and told.last_sync_date is None) or not accepts_new:
            return Step.SKIP
        if told.to_delete:
            return Step.ORPHAN if leaves_orphans else Step.GONE
        return Step.ADD
    if told.to_delete:
        return Step.DELETE if stored.sponsored_organization_id is None else Step.FLAG
    return Step.REOFFER if reoffers and _is_replaced(told, stored) else Step.TOUCH


def _is_replaced(told: Told, stored: Stored) -> bool:
    """Whether the member has put another offer in the place of one that nobody took: it counts as never synced."""
    if told.last_sync_date is not None or stored.sponsored_organization_id is not None:
        return False
    return (told.friendly_name, told.offered_to_email) != (stored.friendly_name, stored.offered_to_email)
