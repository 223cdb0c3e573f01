"""The book of sponsorships: putting offers in, finding them, taking them back. Knows organizations and members by id.

Who may do so is asked elsewhere (common/domains/families). Source: src/Core/Repositories/
IOrganizationSponsorshipRepository.cs, src/Core/OrganizationFeatures/OrganizationSponsorships/FamiliesForEnterprise/**.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from common.domains.sponsorships.models import OrganizationSponsorship as OrganizationSponsorship
from common.domains.sponsorships.rules import dies_at_once
from common.quirks import Quirk
from common.server.context import Context
from common.server.locks import lock_row


class Offer(NamedTuple):
    """What a member wants to give away. notes: an EncString under the organization key."""

    sponsored_email: str
    friendly_name: str | None
    admin_initiated: bool = False
    notes: str | None = None
    plan_sponsorship_type: int = 0


def store_offer(ctx: Context, organization_id: UUID, member_id: UUID, offer: Offer) -> OrganizationSponsorship:
    """Put an offer of this member in."""
    sponsorship = OrganizationSponsorship(
        id=ctx.ids.uuid(),
        sponsoring_organization_id=organization_id,
        sponsoring_organization_user_id=member_id,
        is_admin_initiated=offer.admin_initiated,
        creation_date=ctx.clock.now(),
        revision=0,
    )
    ctx.session.add(sponsorship)
    return replace_offer(ctx, sponsorship, offer)


def replace_offer(ctx: Context, sponsorship: OrganizationSponsorship, offer: Offer) -> OrganizationSponsorship:
    """Make a sponsorship this offer; it is open again, and no sync has told of it."""
    sponsorship.friendly_name = offer.friendly_name
    sponsorship.offered_to_email = offer.sponsored_email
    sponsorship.plan_sponsorship_type = offer.plan_sponsorship_type
    sponsorship.notes = offer.notes
    sponsorship.last_sync_date = None
    sponsorship.valid_until = None
    sponsorship.to_delete = False
    _note_change(ctx, sponsorship)
    ctx.session.flush()
    return sponsorship


def revoke(ctx: Context, sponsorship: OrganizationSponsorship) -> None:
    """Delete an offer that nobody took, mark one that somebody did (or that the cloud has to be told of). Locks it."""
    locked = lock_row(ctx.session, OrganizationSponsorship, sponsorship.id)
    if locked is None:  # revoked in this very moment
        return
    if dies_at_once(sponsorship, by_sync=ctx.side.tells_by_sync):
        ctx.session.delete(sponsorship)
        return
    sponsorship.to_delete = True
    _note_change(ctx, sponsorship)


def delete_offer(ctx: Context, sponsorship_id: UUID) -> None:
    """Delete a sponsorship that nobody took (one statement)."""
    row = OrganizationSponsorship
    ctx.session.execute(sa.delete(row).where(row.id == sponsorship_id, row.sponsored_organization_id.is_(None)))


def _note_change(ctx: Context, sponsorship: OrganizationSponsorship) -> None:
    sponsorship.revision += 1
    if ctx.side.tells_by_sync:
        sponsorship.pending_since = ctx.clock.now()


def _of_organization(organization_id: UUID) -> sa.Select[OrganizationSponsorship]:
    row = OrganizationSponsorship
    return (
        sa.select(row)
        .where(row.sponsoring_organization_id == organization_id)
        .order_by(row.creation_date, row.id)
        .limit(1)
    )


def find_by_exact_name(
    ctx: Context, organization_id: UUID, friendly_name: str | None
) -> OrganizationSponsorship | None:
    """The oldest sponsorship of just this name, or without one; or None."""
    row = OrganizationSponsorship
    query = _of_organization(organization_id).where(row.friendly_name.is_not_distinct_from(friendly_name))
    return ctx.session.scalar(query)


def find_by_friendly_name(
    ctx: Context, organization_id: UUID, friendly_name: str, *, own: UUID | None = None
) -> OrganizationSponsorship | None:
    """The sponsorship of this name that an administrator may touch; or None. Locks it.

    Of several it is one of just this spelling, else the oldest.

    That is one of the organization, not what a member gave away personally; own: the member whose own it may be, too.
    Upstream finds anybody's: quirk `name-finds-anybodys-sponsorship`.
    """
    row = OrganizationSponsorship
    named = _of_organization(organization_id).where(sa.func.lower(row.friendly_name) == friendly_name.lower())
    if not ctx.settings.quirk(Quirk.NAME_FINDS_ANYBODYS_SPONSORSHIP):
        named = named.where(sa.or_(row.is_admin_initiated, row.sponsoring_organization_user_id == own))
    named = named.order_by(None).order_by(row.friendly_name != friendly_name, row.creation_date, row.id)
    return ctx.session.scalar(named.with_for_update().execution_options(populate_existing=True))


def own_sponsorship(ctx: Context, organization_id: UUID, member_id: UUID) -> OrganizationSponsorship | None:
    """What this member gave away for themselves, one taken back only if there is no other; or None. Locks it."""
    row = OrganizationSponsorship
    mine = (
        _of_organization(organization_id)
        .where(row.sponsoring_organization_user_id == member_id, sa.not_(row.is_admin_initiated))
        .order_by(None)
        .order_by(row.to_delete, row.creation_date, row.id)
    )
    return ctx.session.scalar(mine.with_for_update().execution_options(populate_existing=True))


def own_sponsorships(ctx: Context, member_ids: Iterable[UUID]) -> Sequence[OrganizationSponsorship]:
    """What these members gave away for themselves, what was taken back last."""
    row = OrganizationSponsorship
    mine = sa.select(row).where(
        row.sponsoring_organization_user_id.in_(list(member_ids)), sa.not_(row.is_admin_initiated)
    )
    return ctx.session.scalars(mine.order_by(row.to_delete, row.creation_date, row.id)).all()


def admin_initiated(ctx: Context, organization_id: UUID) -> list[OrganizationSponsorship]:
    """What the organization gave to people who are no members, oldest first."""
    row = OrganizationSponsorship
    query = sa.select(row).where(row.sponsoring_organization_id == organization_id, row.is_admin_initiated)
    return list(ctx.session.scalars(query.order_by(row.creation_date, row.id)))


def is_sponsoring(ctx: Context, organization_id: UUID, member_id: UUID) -> bool:
    """Whether anything was given away under this member's name, also for the organization."""
    row = OrganizationSponsorship
    query = _of_organization(organization_id).where(row.sponsoring_organization_user_id == member_id)
    return ctx.session.scalar(query) is not None


def sponsorship_of_family(ctx: Context, families_id: UUID, *, lock: bool = False) -> OrganizationSponsorship | None:
    """The sponsorship that this Families organization uses, or None."""
    row = OrganizationSponsorship
    query = sa.select(row).where(row.sponsored_organization_id == families_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return ctx.session.scalar(query)


def redeemed_of(ctx: Context, organization_id: UUID) -> Sequence[OrganizationSponsorship]:
    """What the organization gave away and somebody uses, oldest first."""
    row = OrganizationSponsorship
    taken = (row.sponsoring_organization_id == organization_id, row.sponsored_organization_id.is_not(None))
    return ctx.session.scalars(sa.select(row).where(*taken).order_by(row.creation_date, row.id)).all()


def count_redeemed(ctx: Context, organization_ids: Collection[UUID]) -> dict[UUID, int]:
    """How many each of these organizations gave away that somebody uses; without any it is missing (one statement)."""
    sponsor = OrganizationSponsorship.sponsoring_organization_id
    query = (
        sa.select(sponsor, sa.func.count())
        .where(sponsor.in_(organization_ids), OrganizationSponsorship.sponsored_organization_id.is_not(None))
        .group_by(sponsor)
    )
    return {found: number for found, number in ctx.session.execute(query) if found is not None}


def ending_by(ctx: Context, until: datetime, only: Collection[UUID] | None = None) -> Sequence[OrganizationSponsorship]:
    """Those whose paid period is over by then, the earliest first. only: given away by these organizations."""
    row = OrganizationSponsorship
    query = sa.select(row).where(row.valid_until <= until).order_by(row.valid_until, row.id)
    if only is not None:
        query = query.where(row.sponsoring_organization_id.in_(only))
    return ctx.session.scalars(query).all()


def sponsors_of(ctx: Context, families_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Who pays for which of these Families organizations (one statement)."""
    row = OrganizationSponsorship
    pairs = sa.select(row.sponsored_organization_id, row.sponsoring_organization_id).where(
        row.sponsored_organization_id.in_(families_ids), row.sponsoring_organization_id.is_not(None)
    )
    return {family: sponsor for family, sponsor in ctx.session.execute(pairs) if family and sponsor}


def delete_ended(ctx: Context, before: datetime) -> list[UUID | None]:
    """Delete the sponsorships that ended before this moment; who gave away each of them (one statement)."""
    row = OrganizationSponsorship
    ended = sa.delete(row).where(row.valid_until < before).returning(row.sponsoring_organization_id)
    return list(ctx.session.scalars(ended))


def sponsorships_of(ctx: Context, organization_id: UUID) -> Sequence[OrganizationSponsorship]:
    """All sponsorships of an organization, oldest first."""
    row = OrganizationSponsorship
    query = sa.select(row).where(row.sponsoring_organization_id == organization_id)
    return ctx.session.scalars(query.order_by(row.creation_date, row.id)).all()


def sponsorships_by_organization(
    ctx: Context, organization_ids: Collection[UUID]
) -> dict[UUID, list[OrganizationSponsorship]]:
    """The same of several, by the organization that gives them away (one statement)."""
    row, found = OrganizationSponsorship, dict[UUID, list[OrganizationSponsorship]]()
    query = sa.select(row).where(row.sponsoring_organization_id.in_(organization_ids))
    for each in ctx.session.scalars(query.order_by(row.creation_date, row.id)):
        if each.sponsoring_organization_id is not None:
            found.setdefault(each.sponsoring_organization_id, []).append(each)
    return found


def forget_all(ctx: Context, organization_id: UUID) -> None:
    """Delete all sponsorships of an organization (one statement)."""
    row = OrganizationSponsorship
    ctx.session.execute(sa.delete(row).where(row.sponsoring_organization_id == organization_id))


@dataclass(frozen=True)
class Numbers:
    """How many sponsorships an organization has. sent: told to the cloud. active: redeemed there."""

    offered: int = 0
    sent: int = 0
    active: int = 0


def numbers_of(ctx: Context, organization_ids: Iterable[UUID]) -> dict[UUID, Numbers]:
    """organization -> its numbers, for those with any sponsorship (one statement)."""
    row = OrganizationSponsorship
    organization_id = row.sponsoring_organization_id
    counts = (sa.func.count(), sa.func.count(row.last_sync_date), sa.func.count(row.valid_until))
    query = sa.select(organization_id, *counts).where(organization_id.in_(list(organization_ids)))
    return {
        found: Numbers(*numbers) for found, *numbers in ctx.session.execute(query.group_by(organization_id)) if found
    }


def last_sync(ctx: Context, organization_id: UUID) -> datetime | None:
    """When the organization's sponsorships were synced last."""
    row = OrganizationSponsorship
    return ctx.session.scalar(
        sa.select(sa.func.max(row.last_sync_date)).where(row.sponsoring_organization_id == organization_id)
    )
