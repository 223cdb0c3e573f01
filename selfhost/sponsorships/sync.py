"""The sponsorship sync: all sponsorships of an organization to the cloud, what it says about them back, or nothing.

No transaction is open while the cloud is asked. Rows that changed meanwhile keep their change; rows that left this
machine are marked before they leave, so that a lost answer or a killed process is made good by the next run.
Source: src/Core/OrganizationFeatures/OrganizationSponsorships/FamiliesForEnterprise/SelfHosted/
SelfHostedSyncSponsorshipsCommand.cs, src/Api/Jobs/SelfHostedSponsorshipSyncJob.cs;
fidelity.md: sponsorship.sync, jobs.schedules.
"""

import logging
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple, cast
from uuid import UUID

import sqlalchemy as sa
from pydantic import TypeAdapter

from common.domains.organizations.rules import display_name
from common.domains.sponsorships.models import OrganizationSponsorship
from common.enums import ConnectionType
from common.errors import Refusal
from common.quirks import Quirk
from common.server.exclusion import LONGEST_WAIT, Busy, alone
from common.server.observed import note_refusal, note_trouble
from common.server.transaction import outside_transaction, own_transaction
from common.wire.sponsorships import SyncRequest, SyncRow
from selfhost.billing_sync import service as billing_sync
from selfhost.cloud import trouble
from selfhost.cloud.client import CloudClient
from selfhost.cloud.sponsorships import send_sponsorships, sponsorship_client
from selfhost.cloud.trouble import CloudTrouble
from selfhost.context import SelfHostContext
from selfhost.organizations.service import enabled_organizations, require_organization
from selfhost.sponsorships import rules, runs
from selfhost.sponsorships.rules import Answer, Problem, SecondOffer, Sponsorship
from selfhost.sponsorships.runs import SyncRun, Tally

MANUAL = "manual"
DAILY = "daily"

log = logging.getLogger(__name__)

_TABLE = cast(sa.Table, OrganizationSponsorship.__table__)
_SENT_COLUMNS = (
    *(OrganizationSponsorship.id, OrganizationSponsorship.revision, OrganizationSponsorship.is_admin_initiated),
    *(getattr(OrganizationSponsorship, name) for name in SyncRow.model_fields),
)
_ROWS = TypeAdapter(list[SyncRow])


class SyncFailed(Exception):
    """A sync that ended without any change here."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text)
        self.problem = problem


class _Order(NamedTuple):
    """What the cloud is asked; plain values, because no transaction is open meanwhile."""

    cloud_organization_id: UUID
    billing_sync_key: str | None
    rows: Sequence[Sponsorship]


def sync_organization(
    ctx: SelfHostContext, organization_id: UUID, trigger: str, cloud: CloudClient | None = None
) -> SyncRun:
    """Sync one organization now and say how it went: a failed sync is a run with an error, not an exception.

    One run of an organization at a time: another one waits for its end. What the cloud takes over late, of a run that
    is over here, it recognises by the age of its token (fidelity.md: sponsorship.sync).

    cloud: shared by the organizations of one daily run, so that one token serves them all.
    Errors: 404 unknown organization.
    """
    require_organization(ctx, organization_id)
    try:
        with alone(ctx.session, f"sponsorship-sync-{organization_id.hex}", LONGEST_WAIT):
            return _sync(ctx, organization_id, trigger, cloud or sponsorship_client(ctx))
    except Busy:
        return _failed(ctx, organization_id, runs.begin(ctx, organization_id, trigger), trigger, rules.busy())


def _sync(ctx: SelfHostContext, organization_id: UUID, trigger: str, cloud: CloudClient) -> SyncRun:
    """One run while no other one of the organization is under way."""
    number = runs.begin(ctx, organization_id, trigger)
    try:
        sent, answers = _exchange(ctx, organization_id, number, cloud)
        with own_transaction(ctx.session):
            tally, moved = _apply(ctx, organization_id, sent, answers)
            run = runs.end(ctx, number, tally)
        run.moved = moved
        return run
    except SyncFailed as failure:
        return _failed(ctx, organization_id, number, trigger, failure.problem)
    except Refusal:  # the organization is gone
        raise
    except Exception as error:  # upstream shows whatever text the exception has
        log.exception("Unexpected end of a sponsorship sync")
        unexpected = Problem(str(error), "unexpected", "See the log of the service.")
        return _failed(ctx, organization_id, number, trigger, unexpected)


def _failed(ctx: SelfHostContext, organization_id: UUID, number: int, trigger: str, problem: Problem) -> SyncRun:
    if trigger == MANUAL:
        log.warning("Error while attempting to do billing sync for organization with id '%s'", organization_id)
    log.warning("%s (%s: %s)", problem.text, problem.reason, problem.advice)
    note_refusal(rules.FAILED, problem.text)
    note_trouble(problem.reason, problem.advice)
    with own_transaction(ctx.session):
        return runs.fail(ctx, number, problem)


def _exchange(
    ctx: SelfHostContext, organization_id: UUID, number: int, cloud: CloudClient
) -> tuple[Sequence[Sponsorship], dict[UUID, Answer]]:
    """Tell the cloud of everything: what it was told, and what it answered about that."""
    with own_transaction(ctx.session):
        order = _prepare(ctx, organization_id)
        chunks = list(rules.chunks_of(order.rows))
        if chunks:
            runs.announce(ctx, number, len(chunks))
    if not chunks:
        log.info("No existing sponsorships to sync for organization %s", organization_id)
        return [], {}
    answers: dict[UUID, Answer] = {}
    for left, chunk in zip(reversed(range(len(chunks))), chunks, strict=True):
        with outside_transaction(ctx.session):
            answer = _ask(cloud, order, chunk)
        found, unknown = rules.pair_up(chunk, answer)
        if unknown:
            _note_unknown(ctx, organization_id, unknown)
        answers |= found
        if left:  # the end of the run tells of the last one
            runs.advance(ctx, number, len(chunk))
    return order.rows, answers


def _prepare(ctx: SelfHostContext, organization_id: UUID) -> _Order:
    """Check in upstream's order what is needed, and mark the rows that are about to leave."""
    if not ctx.deployment.enable_cloud_communication:
        raise SyncFailed(rules.communication_off())
    connection = billing_sync.find_connection(ctx, organization_id, ConnectionType.CLOUD_BILLING_SYNC)
    if connection is None:
        raise SyncFailed(rules.no_connection(organization_id))
    try:
        config = billing_sync.usable_config(connection)
    except Refusal as refusal:
        raise SyncFailed(rules.unusable_connection(refusal.message, refusal.rule)) from refusal
    rows = _rows_of(ctx, organization_id)
    shared = rules.first_shared_member(rows)
    if shared is not None:
        if ctx.settings.quirk(Quirk.SYNC_DUPLICATE_MEMBER_RAISES):
            raise SyncFailed(rules.duplicate_member(shared))
        if ctx.deployment.simulator.contact_real_bitwarden:
            rows = rules.one_per_member(rows)
            log.warning(
                "Members with several sponsorships: only one of each is synced, Bitwarden's cloud takes no more."
            )
    return _Order(config.cloud_organization_id, config.billing_sync_key, rows)


def _rows_of(ctx: SelfHostContext, organization_id: UUID) -> list[Sponsorship]:
    mine = OrganizationSponsorship.sponsoring_organization_id == organization_id
    unmarked = sa.update(_TABLE).where(mine, sa.not_(_TABLE.c.was_sent)).values(was_sent=True)
    ctx.session.execute(unmarked)
    return cast(list[Sponsorship], list(ctx.session.execute(sa.select(*_SENT_COLUMNS).where(mine))))


def _ask(cloud: CloudClient, order: _Order, chunk: Sequence[Sponsorship]) -> Iterable[Answer]:
    request = SyncRequest.model_construct(
        billing_sync_key=order.billing_sync_key,
        sponsoring_organization_cloud_id=order.cloud_organization_id,
        sponsorships_batch=_ROWS.validate_python([_sent_values(row) for row in chunk]),
    )
    answer = send_sponsorships(cloud, request)
    if isinstance(answer, CloudTrouble):
        trouble.note(answer)
        raise SyncFailed(rules.no_answer(answer.reason, answer.advice))
    if answer is None:
        raise SyncFailed(rules.empty_answer())
    if answer.sponsorships_batch is None:
        raise SyncFailed(rules.no_batch())
    return answer.sponsorships_batch


def _sent_values(row: Sponsorship) -> dict[str, Any]:
    return dict(cast(sa.Row[Any], row)._mapping)


def _note_unknown(ctx: SelfHostContext, organization_id: UUID, unknown: int) -> None:
    text = f"The cloud answered about {unknown} sponsorships that organization {organization_id} does not have."
    if ctx.settings.quirk(Quirk.SYNC_UNKNOWN_MEMBER_RAISES):
        raise SyncFailed(Problem(text, "unknown-member", "Is the billing sync token that of another organization?"))
    log.warning(text)


def _apply(
    ctx: SelfHostContext, organization_id: UUID, sent: Sequence[Sponsorship], answers: dict[UUID, Answer]
) -> tuple[Tally, bool]:
    """Take over what the cloud said, in the transaction of the end of the run; whether more is new than its moment."""
    if not sent:
        return Tally(), False
    row = OrganizationSponsorship
    still_there = sa.select(row.id, row.revision).where(row.sponsoring_organization_id == organization_id)
    current = {found.id: found.revision for found in ctx.session.execute(still_there.with_for_update())}
    outcome = rules.outcome_of(sent, answers, current)
    now = ctx.clock.now()
    known = sa.update(_TABLE).where(_TABLE.c.id == sa.bindparam("row"))
    if outcome.removed:
        gone = sa.delete(_TABLE).where(_TABLE.c.id == sa.bindparam("row"))
        ctx.session.execute(gone, [{"row": row_id} for row_id in outcome.removed])
    if outcome.settled:
        settled = [
            {
                "row": row_id,
                "last_sync_date": answer.last_sync_date or now,
                "valid_until": answer.valid_until,
                "to_delete": answer.to_delete,
            }
            for row_id, answer in outcome.settled.items()
        ]
        ctx.session.execute(known.values(pending_since=None), settled)
    if outcome.touched:
        touched = [
            {"row": row_id, "last_sync_date": answer.last_sync_date or now, "valid_until": answer.valid_until}
            for row_id, answer in outcome.touched.items()
        ]
        ctx.session.execute(known, touched)
    ctx.session.expire_all()
    return Tally(len(sent), len(outcome.removed), rules.active_count(outcome)), rules.is_news(sent, outcome)


def sync_all(ctx: SelfHostContext, only: Collection[UUID] | None = None) -> frozenset[UUID]:
    """The daily run over every enabled organization with an enabled connection; those of which something is new here.

    only: as if there were no others.

    One that fails stops no other.

    One conversation with the cloud serves them all: one token, and no second try after a refused one.
    Source: src/Api/Jobs/SelfHostedSponsorshipSyncJob.cs; fidelity.md: jobs.schedules.
    """
    if not ctx.deployment.enable_cloud_communication:
        log.info("Skipping Organization sync with cloud - Cloud communication is disabled in global settings")
        return frozenset()
    cloud, newest, moved = sponsorship_client(ctx), runs.newest(ctx), set()
    for organization_id, name in connected_organizations(ctx, only):
        try:
            if runs.was_synced_since(ctx, organization_id, newest):  # by hand, with a token that is newer than ours
                cloud, newest = sponsorship_client(ctx), runs.newest(ctx)
            run = sync_organization(ctx, organization_id, DAILY, cloud)
            failed = run.error is not None
            if run.moved:
                moved.add(organization_id)
        except Exception:
            log.exception("Unexpected end of a sponsorship sync")
            failed = True
        if failed:
            log.error("Sponsorship sync for organization %s Failed", display_name(name))
    return frozenset(moved)


def second_offer(ctx: SelfHostContext) -> SecondOffer | None:
    """What a second sponsorship of one member does to the sync; None = nothing, as our cloud tells them apart."""
    if ctx.settings.quirk(Quirk.SYNC_DUPLICATE_MEMBER_RAISES):
        return SecondOffer.ENDS_SYNC
    return SecondOffer.NOT_SYNCED if ctx.deployment.simulator.contact_real_bitwarden else None


def synced_organizations(ctx: SelfHostContext) -> set[UUID]:
    """The organizations whose changes reach the cloud with the next daily sync."""
    if not ctx.deployment.enable_cloud_communication:
        return set()
    return {organization_id for organization_id, _ in connected_organizations(ctx)}


def connected_organizations(ctx: SelfHostContext, only: Collection[UUID] | None = None) -> list[tuple[UUID, str]]:
    """Id and name of every enabled organization with an enabled billing sync connection, oldest first."""
    connected = billing_sync.connected_organizations(ctx)
    return [(each.id, each.name) for each in enabled_organizations(ctx, only) if each.id in connected]
