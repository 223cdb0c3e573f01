"""The SMTP side of the mailbox: accepts every mail and every login, keeps all, delivers nothing.

It goes wrong when it is asked to.
"""

import asyncio
import socket
import ssl
import struct
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from common.clock import Clock
from common.desk.mailbox.faults import MailFaults
from common.desk.mailbox.store import MailIds, MailStore
from common.ids import Ids
from common.sim.faults.rules import Fault, Kind

ACCEPTED = "250 OK"
_GONE = "421 The connection is lost"
_LOOK_SECONDS = 0.5
_NO_LINGER = struct.pack("ii", 1, 0)


class Sink:
    """Keeps what arrives in a directory; aiosmtpd calls it for each recipient and each mail."""

    def __init__(self, directory: Path, *, clock: Clock, ids: Ids) -> None:
        self._store = MailStore(directory)
        self._names = MailIds(clock, ids)
        self._faults = MailFaults(directory, ids)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take one recipient, unless a fault has it that he is refused, late or never answered."""
        for fault in self._faults.met_by(envelope.mail_from or "", address):
            answer = await self._go_wrong(server, envelope, fault)
            if answer is not None:
                return answer
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return ACCEPTED

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Store one mail; the answer is sent to the client."""
        content = envelope.original_content or b""
        self._store.add(self._names.next(), envelope.mail_from or "", list(envelope.rcpt_tos), content)
        if getattr(envelope, "answer_is_lost", False):
            return _reset(server)
        return ACCEPTED

    async def _go_wrong(self, server: SMTP, envelope: Envelope, fault: Fault) -> str | None:
        match fault.kind:
            case Kind.STATUS:
                return f"{fault.do['status']} {fault.do.get('message') or 'Refused on purpose'}"
            case Kind.DELAY:
                await asyncio.sleep(fault.do["delaySeconds"])
            case Kind.HANG:
                while self._faults.is_on(fault) and not _transport(server).is_closing():
                    await asyncio.sleep(_LOOK_SECONDS)
                return _reset(server)
            case Kind.RESET if fault.do["reset"] == "before":
                return _reset(server)
            case Kind.RESET:
                envelope.answer_is_lost = True  # type: ignore[attr-defined]
        return None


def _reset(server: SMTP) -> str:
    transport = _transport(server)
    endpoint = transport.get_extra_info("socket")
    if endpoint is not None:
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()
    return _GONE


def _transport(server: SMTP) -> asyncio.Transport:
    return cast(asyncio.Transport, server.transport)


def speaker(sink: Sink, *, tls: ssl.SSLContext | None = None) -> Callable[[], asyncio.Protocol]:
    """Makes what talks to one who has connected. tls: offers STARTTLS with this certificate."""
    return partial(
        SMTP,
        sink,
        enable_SMTPUTF8=True,
        tls_context=tls,
        ident="Wardenloop mailbox",
        hostname="localhost",
        authenticator=_accept_any_login,
        auth_require_tls=False,
    )


def _accept_any_login(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, credentials: object
) -> AuthResult:
    """Settings with a user name and password must work unchanged; there is nobody to keep out."""
    return AuthResult(success=True)
