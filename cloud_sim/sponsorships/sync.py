"""Sponsorship sync: an instance tells of its sponsorships, the cloud stores them and answers what became of them.

The number of SQL statements does not depend on the size of the batch.
Source: .../FamiliesForEnterprise/Cloud/CloudSyncSponsorshipsCommand.cs;
fidelity.md: sponsorship.sync.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

import sqlalchemy as sa

from cloud_sim.billing_sync.service import require_billing_sync_key
from cloud_sim.context import CloudContext
from cloud_sim.sponsorships import offer_mails, rules
from cloud_sim.sponsorships.models import NewestSync
from cloud_sim.sponsorships.rules import Step, Stored, Told
from common.domains.events.rules import Kind
from common.domains.organizations.log import note_organization
from common.domains.organizations.models import Organization
from common.domains.organizations.service import lock_organization
from common.domains.sponsorships.models import OrganizationSponsorship
from common.domains.sponsorships.rules import is_gone
from common.enums import ProductTier
from common.quirks import Quirk
from common.server.bulk import among, insert_all
from common.server.database import inserting
from common.server.outbox.service import ask_to_send

_ROWS: sa.Table = OrganizationSponsorship.__table__  # type: ignore[assignment]

Row = TypeVar("Row", bound=Told)


class Outcome(NamedTuple, Generic[Row]):
    """What became of one row. valid_until: the cloud's. removed: the instance may forget it."""

    told: Row
    valid_until: datetime | None
    removed: bool


class _Plan(NamedTuple, Generic[Row]):
    told: Row
    stored: Stored | None
    step: Step


class Conversation(NamedTuple):
    """Who tells. token: number of the access token; the greater, the newer the conversation. 0 = nobody knows."""

    installation_id: UUID | None
    token: int


def sync_sponsorships(
    ctx: CloudContext, conversation: Conversation, organization_id: UUID, key: str, batch: Sequence[Row]
) -> list[Outcome[Row]]:
    """Take a batch over; what became of its rows, in their order, without those that were skipped.

    Syncs of one organization are served one after the other.
    Errors: 400 organization, key; 409 when a newer conversation of the same installation was here already.
    """
    organization = lock_organization(ctx, organization_id)
    if organization is None:
        raise rules.invalid_organization()
    require_billing_sync_key(ctx, organization.id, key)
    _take_turn(ctx, organization.id, conversation)
    plans = _plan(ctx, organization, batch) if organization.tier == ProductTier.ENTERPRISE else []
    _carry_out(ctx, organization.id, plans)
    note_organization(ctx, organization.id, Kind.SPONSORSHIPS_SYNCED)
    ask_to_send(ctx)
    return [
        Outcome(plan.told, plan.stored.valid_until if plan.stored else None, plan.step.removed)
        for plan in plans
        if plan.step is not Step.SKIP
    ]


def _take_turn(ctx: CloudContext, organization_id: UUID, conversation: Conversation) -> None:
    """Refuse what a newer conversation has overtaken: what it tells is no longer true. The organization is locked."""
    installation_id, token = conversation
    if installation_id is None:
        return
    row = NewestSync
    mine = sa.select(row.token).where(row.organization_id == organization_id, row.installation_id == installation_id)
    newest = ctx.session.scalar(mine) or 0
    if 0 < token < newest and not ctx.settings.quirk(Quirk.LATE_SYNC_COUNTS):
        raise rules.overtaken()
    now = {"token": max(token, newest), "synced_at": ctx.clock.now()}
    first = inserting(ctx.session, row).values(organization_id=organization_id, installation_id=installation_id, **now)
    keys = ["organization_id", "installation_id"]
    ctx.session.execute(first.on_conflict_do_update(index_elements=keys, set_=now))


def _plan(ctx: CloudContext, organization: Organization, batch: Sequence[Row]) -> list[_Plan[Row]]:
    stored = _load(ctx, organization.id, batch)
    if ctx.settings.quirk(Quirk.DUPLICATE_MEMBER_BREAKS_SYNC) and len({row.member_id for row in stored}) < len(stored):
        raise RuntimeError("An item with the same key has already been added.")
    accepts_new = not is_gone(organization, ctx.clock.now())
    leaves_orphans = ctx.settings.quirk(Quirk.ORPHAN_OFFER)
    reoffers = not ctx.settings.quirk(Quirk.STALE_OFFER_AFTER_REPLACEMENT)
    plans = []
    for told, row in zip(batch, rules.match(batch, stored), strict=True):
        step = rules.step_for(told, row, accepts_new=accepts_new, leaves_orphans=leaves_orphans, reoffers=reoffers)
        plans.append(_Plan(told, row, step))
    return plans


def _load(ctx: CloudContext, organization_id: UUID, batch: Sequence[Told]) -> list[Stored]:
    """The cloud's rows that the batch may speak of. They stay locked, so that nobody redeems or revokes one of them."""
    row = _ROWS.c
    query = sa.select(
        row.id,
        row.sponsoring_organization_user_id,
        row.friendly_name,
        row.offered_to_email,
        row.sponsored_organization_id,
        row.valid_until,
    ).where(row.sponsoring_organization_id == organization_id)
    members = [told.sponsoring_organization_user_id for told in batch]
    query = query.where(among(ctx.session, row.sponsoring_organization_user_id, members))
    query = query.order_by(row.creation_date, row.id).with_for_update()
    return [Stored(*found) for found in ctx.session.execute(query)]


def _carry_out(ctx: CloudContext, organization_id: UUID, plans: Sequence[_Plan[Row]]) -> None:
    now = ctx.clock.now()
    added = _add(ctx, organization_id, plans, now)
    reoffered = _reoffer(ctx, plans)
    _change(ctx, plans, {Step.TOUCH, Step.REOFFER, Step.FLAG}, sa.update(_ROWS).values(last_sync_date=now))
    _change(ctx, plans, {Step.FLAG}, sa.update(_ROWS).values(to_delete=True))
    _change(ctx, plans, {Step.DELETE}, sa.delete(_ROWS))
    offers = added + reoffered
    offer_mails.queue_offers(ctx, [(row_id, address) for row_id, address in offers if address and address.strip()])


def _change(ctx: CloudContext, plans: Sequence[_Plan[Row]], steps: set[Step], statement: sa.Update | sa.Delete) -> None:
    """One statement for all rows of these steps."""
    ids = [plan.stored.id for plan in plans if plan.stored and plan.step in steps]
    if ids:
        ctx.session.execute(statement.where(among(ctx.session, _ROWS.c.id, ids)))


def _reoffer(ctx: CloudContext, plans: Sequence[_Plan[Row]]) -> list[tuple[str, str | None]]:
    """Put new offers in the place of open ones: id (hexadecimal digits) and address of each."""
    changed = [(plan.stored, plan.told) for plan in plans if plan.stored and plan.step is Step.REOFFER]
    if changed:
        changes: dict[str, Any] = {"friendly_name": sa.bindparam("name"), "offered_to_email": sa.bindparam("address")}
        ctx.session.execute(
            sa.update(_ROWS).where(_ROWS.c.id == sa.bindparam("row")).values(changes),
            [{"row": row.id, "name": told.friendly_name, "address": told.offered_to_email} for row, told in changed],
        )
    return [(row.id.hex, told.offered_to_email) for row, told in changed]


def _add(
    ctx: CloudContext, organization_id: UUID, plans: Sequence[_Plan[Row]], now: datetime
) -> list[tuple[str, str | None]]:
    """Store new offers: id (hexadecimal digits) and address of each. A row that the batch repeats is stored once."""
    fresh = {
        (told.sponsoring_organization_user_id.int, told.friendly_name): told
        for told, _, step in plans
        if step in (Step.ADD, Step.ORPHAN)
    }
    offers = list(zip(ctx.ids.uuids(len(fresh)), fresh.values(), strict=True))
    if offers:
        insert_all(
            ctx.session,
            _ROWS,
            ("id", "sponsoring_organization_user_id", "friendly_name", "offered_to_email"),
            [
                (row_id, told.sponsoring_organization_user_id.hex, told.friendly_name, told.offered_to_email)
                for row_id, told in offers
            ],
            sponsoring_organization_id=organization_id,
            plan_sponsorship_type=0,
            last_sync_date=now,
            to_delete=False,
            is_admin_initiated=False,
            was_sent=False,
            revision=0,
            creation_date=now,
        )
    return [(row_id, told.offered_to_email) for row_id, told in offers]


def last_syncs(ctx: CloudContext, organization_id: UUID) -> dict[UUID, datetime]:
    """When each installation synced the sponsorships of an organization the last time (one statement)."""
    row = NewestSync
    found = sa.select(row.installation_id, row.synced_at).where(row.organization_id == organization_id)
    return {row[0]: row[1] for row in ctx.session.execute(found) if row[1] is not None}
