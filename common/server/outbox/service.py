"""All mail leaves through here: now, inside the request that waits for it, or later, queued with what it speaks of.

Now (`send_now`): upstream answers an error when the mail cannot be sent. So a use case decides, sends, and changes
something only then; nothing of a refused request is left. A process that dies in between leaves a mail too many.
Later (`queue`): nobody waits. The mail is saved with what it speaks of, and sent after that (delivery.py).
"""

import logging
from collections.abc import Sequence
from dataclasses import asdict

import sqlalchemy as sa

from common.clock import SystemClock
from common.errors import bad_request
from common.quirks import Quirk
from common.server.bulk import insert_all
from common.server.context import Context
from common.server.mail.messages import Mail
from common.server.mail.smtp import MailFailed
from common.server.observed import SENT, note_event
from common.server.outbox.models import OutboxMail
from common.server.transaction import note_irrevocable, outside_transaction

NO_SMTP = "The server has no SMTP settings; the e-mail cannot be sent."

FINISHED = "finished"
"""Kind of a mail whose words are settled."""

_QUEUED = "mails queued"
_ROWS: sa.Table = OutboxMail.__table__  # type: ignore[assignment]

log = logging.getLogger(__name__)


def require_mail(ctx: Context) -> None:
    """Refuse, in our own words, what needs a mail on a server that cannot send any.

    Upstream answers 200 and drops the mail: quirk `silent-mail-drop`.
    Source: src/SharedWeb/Utilities/ServiceCollectionExtensions.cs; fidelity.md: mail.delivery.
    """
    if not ctx.mailer.configured and not ctx.settings.quirk(Quirk.SILENT_MAIL_DROP):
        raise bad_request(NO_SMTP, rule="mail.not-configured")


def send_now(ctx: Context, mails: Sequence[Mail]) -> None:
    """Send mails that the caller waits for, all or none; refuses with the reason when that fails.

    Comes before the request changes anything: no lock is held meanwhile, and a refusal leaves nothing behind.
    """
    require_mail(ctx)
    try:
        hand_over(ctx, mails)
    except MailFailed as failure:
        raise bad_request(f"The e-mail cannot be sent. {failure}", rule="mail.failed") from failure


def hand_over(ctx: Context, mails: Sequence[Mail]) -> None:
    """Send mails, all or none, with no transaction open. Raises MailFailed."""
    if not mails:
        return
    try:
        with outside_transaction(ctx.session):
            ctx.mailer.send_all(mails)
    except MailFailed as failure:
        for mail in mails:
            note_mail(mail, str(failure))
        raise
    for mail in mails:
        note_mail(mail)
    note_irrevocable(ctx.session)


def note_mail(mail: Mail, failure: str | None = None) -> None:
    """Tell whoever observes of a mail that was handed over, or was not. Links and codes stay in the mail."""
    now = SystemClock().now()
    note_event("mail", mail.to, failure or SENT, now, subject=mail.subject, category=mail.category)


def queue(ctx: Context, mail: Mail) -> None:
    """Queue a finished mail that nobody waits for."""
    if not _mail_leaves(ctx, 1):
        return
    now = ctx.clock.now()
    row = OutboxMail(
        id=ctx.ids.uuid(), kind=FINISHED, recipient=mail.to, facts=asdict(mail), due_at=now, creation_date=now
    )
    ctx.session.add(row)
    ask_to_send(ctx)


def queue_unwritten(ctx: Context, kind: str, mails: Sequence[tuple[str, str]]) -> None:
    """Queue mails that their writer writes when they are sent: the id of what each is about in hexadecimal digits, and
    its address (one statement)."""
    if not mails or not _mail_leaves(ctx, len(mails)):
        return
    rows = [(own, about, address) for own, (about, address) in zip(ctx.ids.uuids(len(mails)), mails, strict=True)]
    now = ctx.clock.now()
    same = {"kind": kind, "facts": {}, "due_at": now, "attempts": 0, "creation_date": now}
    insert_all(ctx.session, _ROWS, ("id", "about", "recipient"), rows, **same)
    ask_to_send(ctx)


def _mail_leaves(ctx: Context, mails_dropped: int) -> bool:
    if not ctx.mailer.configured:
        log.warning("Dropped %d mails: this server has no SMTP settings", mails_dropped)
    return ctx.mailer.configured


def ask_to_send(ctx: Context) -> None:
    """Have the outbox looked at when the current request is over."""
    ctx.session.info[_QUEUED] = True


def is_asked_for(ctx: Context) -> bool:
    """Whether somebody asked for that in this session."""
    return bool(ctx.session.info.get(_QUEUED))
