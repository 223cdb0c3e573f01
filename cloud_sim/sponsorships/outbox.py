"""The outbox: mails are queued with what they speak of and sent after that was saved, each by one process only.

A process that dies between saving and sending loses nothing: the mail is due again. One that dies while the mail server
takes the mail may send it again after the lease; nothing in SMTP can rule that out.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from cloud_sim.context import CloudContext
from cloud_sim.sponsorships import mails
from cloud_sim.sponsorships.models import PendingMail
from common.domains.accounts.service import User
from common.domains.organizations.models import Organization
from common.domains.organizations.rules import display_name
from common.domains.sponsorships.models import OrganizationSponsorship
from common.domains.sponsorships.offers import offer_token
from common.server.bulk import insert_all
from common.server.mail.messages import Mail
from common.server.mail.smtp import MailFailed

log = logging.getLogger(__name__)

OFFER, POLICY_REMOVAL, REVERTING = "offer", "policy-removal", "reverting"

BATCH = 50
MAILS_PER_CALL = 1000
FAILURES_IN_A_ROW = 3
"""After so many the mail server counts as down, and the rest waits."""

LEASE = timedelta(minutes=10)
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=6)
MAX_ATTEMPTS = 20

_QUEUED = "mails queued"
_ROWS: sa.Table = PendingMail.__table__  # type: ignore[assignment]


@dataclass(frozen=True)
class _Taken:
    """A mail that this process has taken."""

    id: UUID
    kind: str
    recipient: str
    sponsorship_id: UUID | None
    facts: Mapping[str, Any]
    attempts: int


def queue_offers(ctx: CloudContext, offers: Iterable[tuple[UUID, str]]) -> None:
    """Queue the offer mails of these sponsorships and addresses (one statement)."""
    rows = [(ctx.ids.uuid().hex, sponsorship_id.hex, address) for sponsorship_id, address in offers]
    if not rows or not _mail_leaves(ctx, len(rows)):
        return
    now = ctx.clock.now()
    same = {"kind": OFFER, "facts": {}, "due_at": now, "attempts": 0, "creation_date": now}
    insert_all(ctx.session, _ROWS, ("id", "sponsorship_id", "recipient"), rows, **same)
    ask_to_send(ctx)


def queue(ctx: CloudContext, kind: str, recipient: str, **facts: str) -> None:
    """Queue a mail of another kind."""
    if not _mail_leaves(ctx, 1):
        return
    now = ctx.clock.now()
    mail = PendingMail(
        id=ctx.ids.uuid(), kind=kind, recipient=recipient, facts=facts, due_at=now, attempts=0, creation_date=now
    )
    ctx.session.add(mail)
    ask_to_send(ctx)


def _mail_leaves(ctx: CloudContext, mails_dropped: int) -> bool:
    if not ctx.mailer.configured:
        log.warning("Dropped %d mails: this server has no SMTP settings", mails_dropped)
    return ctx.mailer.configured


def ask_to_send(ctx: CloudContext) -> None:
    """Have the outbox looked at when the current request is over."""
    ctx.session.info[_QUEUED] = True


def is_asked_for(ctx: CloudContext) -> bool:
    """Whether somebody asked for it in this session; asks once."""
    return bool(ctx.session.info.pop(_QUEUED, False))


def send_if_asked(ctx: CloudContext) -> None:
    """After a request: send what is queued if it asked for that. Commits; never raises."""
    if not is_asked_for(ctx):
        return
    try:
        send_pending(ctx)
    except Exception:
        ctx.session.rollback()
        log.exception("Queued mails wait.")


def send_pending(ctx: CloudContext) -> int:
    """Send what is due, at most MAILS_PER_CALL; how many were sent. Commits."""
    sent = failures = taken_in_all = 0
    while taken_in_all < MAILS_PER_CALL and (taken := _take(ctx)):
        taken_in_all += len(taken)
        composed = _compose_all(ctx, taken)
        for position, each in enumerate(taken):
            if failures == FAILURES_IN_A_ROW:
                _put_back(ctx, [late.id for late in taken[position:]])
                return sent
            mail = composed.get(each.id)
            if mail is None:
                _forget(ctx, each.id)
            elif _send(ctx, each, mail):
                sent, failures = sent + 1, 0
            else:
                failures += 1
    return sent


def _take(ctx: CloudContext) -> list[_Taken]:
    """Take the mails longest due: nobody else gets them until the lease ends."""
    now = ctx.clock.now()
    row = PendingMail
    due = (
        sa.select(row.id)
        .where(row.due_at <= now)
        .order_by(row.due_at, row.creation_date, row.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    taking = (
        sa.update(row)
        .where(row.id.in_(due))
        .values(due_at=now + LEASE, attempts=row.attempts + 1)
        .returning(row.id, row.kind, row.recipient, row.sponsorship_id, row.facts, row.attempts)
        .execution_options(synchronize_session=False)
    )
    taken = [_Taken(*found) for found in ctx.session.execute(taking)]
    ctx.session.commit()
    return taken


def _compose_all(ctx: CloudContext, taken: list[_Taken]) -> dict[UUID, Mail]:
    """The mails to send; those of offers that are gone are missing (two statements)."""
    offers = {each.sponsorship_id: each for each in taken if each.kind == OFFER and each.sponsorship_id}
    composed = {each.id: _compose(ctx, each) for each in taken if each.kind != OFFER}
    if offers:
        row = OrganizationSponsorship
        query = (
            sa.select(row, Organization.name)
            .outerjoin(Organization, Organization.id == row.sponsoring_organization_id)
            .where(row.id.in_(offers), row.offered_to_email.is_not(None), sa.not_(row.to_delete))
        )
        addresses = [each.recipient.strip().lower() for each in offers.values()]
        registered = set(ctx.session.scalars(sa.select(User.email).where(User.email.in_(addresses))))
        for sponsorship, name in ctx.session.execute(query):
            each = offers[sponsorship.id]
            if sponsorship.offered_to_email == each.recipient:
                composed[each.id] = offer_mail(ctx, sponsorship, name, each.recipient.strip().lower() in registered)
    return composed


def offer_mail(
    ctx: CloudContext, sponsorship: OrganizationSponsorship, organization_name: str | None, account_exists: bool
) -> Mail:
    """The mail of an open offer. organization_name: as it is stored."""
    return mails.sponsorship_offer(
        ctx.settings.base_url,
        sponsorship.offered_to_email or "",
        offer_token(ctx, sponsorship),
        display_name(organization_name),
        account_exists=account_exists,
    )


def _compose(ctx: CloudContext, taken: _Taken) -> Mail:
    facts = taken.facts
    charged_on = datetime.fromisoformat(facts["charged_on"])
    if taken.kind == POLICY_REMOVAL:
        families = UUID(facts["families_organization_id"])
        return mails.policy_removal(ctx.settings.base_url, taken.recipient, facts["organization"], families, charged_on)
    return mails.sponsorship_reverting(taken.recipient, facts["organization"], charged_on)


def _send(ctx: CloudContext, taken: _Taken, mail: Mail) -> bool:
    ctx.session.commit()  # no read transaction is held open while the mail server thinks
    try:
        ctx.mailer.send(mail)
    except MailFailed as failure:
        log.warning("Mail of kind %s to %s failed: %s", mail.category, mail.to, failure)
        _retry_later(ctx, taken, str(failure))
        return False
    _forget(ctx, taken.id)
    return True


def _retry_later(ctx: CloudContext, taken: _Taken, reason: str) -> None:
    if taken.attempts >= MAX_ATTEMPTS:
        log.error("Gave up mail of kind %s to %s: %s", taken.kind, taken.recipient, reason)
        _forget(ctx, taken.id)
        return
    wait = min(FIRST_RETRY * 2 ** (taken.attempts - 1), LONGEST_RETRY)
    changes = {"due_at": ctx.clock.now() + wait, "error": reason}
    ctx.session.execute(sa.update(PendingMail).where(PendingMail.id == taken.id).values(changes))
    ctx.session.commit()


def _put_back(ctx: CloudContext, ids: list[UUID]) -> None:
    changes = {"due_at": ctx.clock.now() + FIRST_RETRY, "attempts": PendingMail.attempts - 1}
    ctx.session.execute(
        sa.update(PendingMail)
        .where(PendingMail.id.in_(ids))
        .values(changes)
        .execution_options(synchronize_session=False)
    )
    ctx.session.commit()


def _forget(ctx: CloudContext, mail_id: UUID) -> None:
    ctx.session.execute(sa.delete(PendingMail).where(PendingMail.id == mail_id))
    ctx.session.commit()
