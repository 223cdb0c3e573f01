"""A real mail server on loopback that refuses what it is told to refuse."""

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from common.clock import ManualClock
from common.ids import SystemIds
from common.server.mail.smtp import SmtpMailer, SmtpSettings
from tests.support.harness import Side
from tests.support.ports import free_port
from tests.support.waiting import PATIENCE


class MailServer:
    """What arrived, and what does not get in.

    addresses: refused ones. every: each so-many-th RCPT is refused, 0 = none. spam: mails to these are refused when
    their text has come in.
    """

    def __init__(self) -> None:
        self.addresses: set[str] = set()
        self.spam: set[str] = set()
        self.every = 0
        self.asked = self.connections = 0
        self.arrived: list[tuple[str, str]] = []

    def to(self) -> list[str]:
        """Whom the mails are for, in the order of their arrival."""
        return [address for address, _ in self.arrived]

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.asked += 1
        if address in self.addresses or (self.every and self.asked % self.every == 0):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        (address,) = envelope.rcpt_tos
        if address in self.spam:
            return "554 looks like spam"
        message = message_from_bytes(envelope.original_content or b"", policy=default)
        plain: Any = message.get_body(("plain",))
        self.arrived.append((address, plain.get_content()))
        return "250 OK"


@contextmanager
def mail_server_of(side: Side) -> Iterator[MailServer]:
    """Have a side send its mails to such a server, for real."""
    with mail_server() as (server, port):
        settings = SmtpSettings(host="127.0.0.1", port=port, reply_to="no-reply@example.com", timeout=PATIENCE)
        mailer = SmtpMailer(settings, clock=ManualClock(side.clock.now()), ids=SystemIds())
        object.__setattr__(side.app.extensions["wardenloop"], "mailer", mailer)
        yield server


@contextmanager
def mail_server() -> Iterator[tuple[MailServer, int]]:
    """Such a server, and its port."""
    server = MailServer()
    port = free_port()
    controller = Controller(server, hostname="127.0.0.1", port=port, ready_timeout=PATIENCE)
    controller.start()
    try:
        yield server, port
    finally:
        controller.stop()
