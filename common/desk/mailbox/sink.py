"""The SMTP side of the mailbox: accepts every mail and every login, keeps all, delivers nothing."""

import ssl
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from common.clock import Clock
from common.desk.mailbox.store import MailIds, MailStore
from common.ids import Ids

ACCEPTED = "250 OK"
_READY_SECONDS = 30.0  # aiosmtpd gives a thread five to start, which a busy machine may not


class Sink:
    """Keeps what arrives in a directory; aiosmtpd calls it for each mail."""

    def __init__(self, directory: Path, *, clock: Clock, ids: Ids) -> None:
        self._store = MailStore(directory)
        self._names = MailIds(clock, ids)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Store one mail; the answer is sent to the client."""
        content = envelope.original_content or b""
        self._store.add(self._names.next(), envelope.mail_from or "", list(envelope.rcpt_tos), content)
        return ACCEPTED


def create_sink(sink: Sink, host: str, port: int, *, tls: ssl.SSLContext | None = None) -> Controller:
    """An SMTP server (not started) in front of `sink`. tls: offers STARTTLS with this certificate."""
    return Controller(
        sink,
        hostname=host,
        port=port,
        tls_context=tls,
        ident="Wardenloop mailbox",
        server_hostname="localhost",
        ready_timeout=_READY_SECONDS,
        authenticator=_accept_any_login,
        auth_require_tls=False,
    )


def _accept_any_login(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, credentials: object
) -> AuthResult:
    """Settings with a user name and password must work unchanged; there is nobody to keep out."""
    return AuthResult(success=True)
