"""Sending what waits in the outbox, each mail by one process only.

A process that dies between saving and sending loses nothing: the mail is due again. One that dies while the mail server
takes the mail may send it again after the lease; nothing in SMTP can rule that out. The second one has the `Message-ID`
of the first, and many a server and mail program keeps one of the two.
"""

import logging
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from common.server.context import Context
from common.server.mail.messages import Mail
from common.server.mail.smtp import MailFailed
from common.server.mail.waiting import WaitingMail
from common.server.outbox.models import OutboxMail
from common.server.outbox.service import FINISHED, note_mail
from common.server.transaction import outside_transaction, own_transaction, reading

log = logging.getLogger(__name__)

BATCH = 50
MAILS_PER_CALL = 1000
FAILURES_IN_A_ROW = 3
"""After so many the mail server counts as down, and the rest waits."""

LEASE = timedelta(minutes=10)
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=6)
MAX_ATTEMPTS = 20


def deliver_due(ctx: Context) -> int:
    """Send what is due, at most MAILS_PER_CALL; how many were sent. Has transactions of its own."""
    sent = failures = taken_in_all = 0
    while taken_in_all < MAILS_PER_CALL and (taken := _take(ctx)):
        taken_in_all += len(taken)
        done, failures = _send(ctx, taken, failures)
        sent += done
        if failures == FAILURES_IN_A_ROW:
            break
    return sent


def answers_deliver(ctx: Context) -> bool:
    """Whether mails leave with the answers that queued them and nobody else takes them: whoever is faster would be
    chance, in a world that is to be the same twice. Nothing becomes due by itself there while time stands still; while
    it is played, mails leave with the jobs that queue them."""
    return ctx.settings.seed is not None and ctx.clock.stands_still()


def deliver_quietly(ctx: Context) -> None:
    """`deliver_due` where nobody is there to hear that it failed; what was not sent waits."""
    try:
        deliver_due(ctx)
    except Exception:
        log.exception("Queued mails wait.")


def _take(ctx: Context) -> list[WaitingMail]:
    """Take the mails longest due: nobody else gets them until the lease ends."""
    with reading(ctx.session):
        if ctx.session.scalar(sa.select(sa.literal(1)).where(_is_due(ctx)).limit(1)) is None:
            return []
    row = OutboxMail
    due = (
        sa.select(row.id)
        .where(_is_due(ctx))
        .order_by(row.due_at, row.creation_date, row.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    taking = (
        sa.update(row)
        .where(row.id.in_(due))
        .values(due_at=ctx.clock.now() + LEASE, attempts=row.attempts + 1)
        .returning(row.id, row.kind, row.recipient, row.about, row.facts, row.attempts)
        .execution_options(synchronize_session=False)
    )
    with own_transaction(ctx.session):
        return [WaitingMail(*found) for found in ctx.session.execute(taking)]


def _is_due(ctx: Context) -> sa.ColumnElement[bool]:
    """By now; also what waits longer than anything may: the clock was set back meanwhile."""
    now = ctx.clock.now()
    return sa.or_(OutboxMail.due_at <= now, OutboxMail.due_at > now + LONGEST_RETRY + LEASE)


def _send(ctx: Context, taken: Sequence[WaitingMail], failures: int) -> tuple[int, int]:
    """Send these over one connection until the mail server counts as down: how many were sent, failures in a row."""
    with reading(ctx.session):
        written = _written(ctx, taken)
    sent = tried = 0
    ready = [each for each in taken if each.id in written]
    _forget(ctx, [each.id for each in taken if each.id not in written])
    with closing(ctx.mailer.send_each(written[each.id] for each in ready)) as outcomes:
        for each in ready:
            with outside_transaction(ctx.session):
                failure = next(outcomes)
            tried += 1
            note_mail(written[each.id], None if failure is None else str(failure))
            if failure is None:
                _forget(ctx, [each.id])
                sent, failures = sent + 1, 0
            else:
                _retry_later(ctx, each, failure)
                failures += 1
            if failures == FAILURES_IN_A_ROW:
                break
    _put_back(ctx, [late.id for late in ready[tried:]])
    return sent, failures


def _written(ctx: Context, taken: Sequence[WaitingMail]) -> Mapping[UUID, Mail]:
    """The mails to send; those that are out of date by now are missing."""
    written: dict[UUID, Mail] = {each.id: Mail(**each.facts) for each in taken if each.kind == FINISHED}
    for kind, write in ctx.mail_writers.items():
        mine = [each for each in taken if each.kind == kind]
        if mine:
            written |= write(ctx, mine)
    return {row_id: replace(mail, name=str(row_id)) for row_id, mail in written.items()}


def _retry_later(ctx: Context, mail: WaitingMail, failure: MailFailed) -> None:
    log.warning("Mail of kind %s to %s failed: %s", mail.facts.get("category", mail.kind), mail.recipient, failure)
    if mail.attempts >= MAX_ATTEMPTS:
        log.error("Gave up mail of kind %s to %s: %s", mail.kind, mail.recipient, failure)
        _forget(ctx, [mail.id])
        return
    wait = min(FIRST_RETRY * 2 ** (mail.attempts - 1), LONGEST_RETRY)
    _change(ctx, [mail.id], due_at=ctx.clock.now() + wait, error=str(failure))


def _put_back(ctx: Context, ids: Sequence[UUID]) -> None:
    _change(ctx, ids, due_at=ctx.clock.now() + FIRST_RETRY, attempts=OutboxMail.attempts - 1)


def _change(ctx: Context, ids: Sequence[UUID], **values: object) -> None:
    if not ids:
        return
    change = sa.update(OutboxMail).where(OutboxMail.id.in_(ids)).values(values)
    with own_transaction(ctx.session):
        ctx.session.execute(change.execution_options(synchronize_session=False))


def _forget(ctx: Context, ids: Sequence[UUID]) -> None:
    if not ids:
        return
    with own_transaction(ctx.session):
        ctx.session.execute(sa.delete(OutboxMail).where(OutboxMail.id.in_(ids)))
