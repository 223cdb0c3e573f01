"""Handing a mail over inside a use case, so that the caller is told when it cannot be sent."""

from common.errors import bad_request
from common.server.context import Context
from common.server.mail.messages import Mail
from common.server.mail.smtp import MailFailed

NO_SMTP = "The server has no SMTP settings; the e-mail cannot be sent."
SILENT_MAIL_DROP = "silent-mail-drop"


def require_mail(ctx: Context) -> None:
    """Refuse, in our own words, what needs a mail on a server that cannot send any.

    Upstream answers 200 and drops the mail: quirk `silent-mail-drop`. Source: spec/identity-and-accounts.md 14.2.
    """
    if not ctx.mailer.configured and not ctx.settings.quirk(SILENT_MAIL_DROP):
        raise bad_request(NO_SMTP, rule="mail.not-configured")


def deliver(ctx: Context, mail: Mail) -> None:
    """Send a mail that the caller waits for; refuses with the reason when it cannot be sent.

    What the request changed so far is committed first: the mail speaks of it, and no lock is held while it is sent.
    """
    require_mail(ctx)
    ctx.session.commit()
    try:
        ctx.mailer.send(mail)
    except MailFailed as failure:
        raise bad_request(f"The e-mail cannot be sent. {failure}", rule="mail.failed") from failure
