"""Sending over real sockets: plain, STARTTLS, implicit TLS, login, and every way to fail."""

import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from common.clock import ManualClock
from common.ids import SeededIds
from common.server.mail.messages import Mail
from common.server.mail.smtp import (
    TLS_FAILED,
    MailFailed,
    MemoryMailer,
    NoMailer,
    Security,
    SmtpMailer,
    SmtpSettings,
    connection_security,
)
from tests.support.ports import free_port
from tests.support.waiting import PATIENCE

NOW = datetime(2031, 5, 4, 12, 30, tzinfo=UTC)
MAIL = Mail("bob@example.com", "Grüße 公司", "Text 公司\n", "<p>HTML 公司</p>", "Test")


class Recorder:
    """Keeps what arrives and how; refuses recipients and mails on request."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.encrypted: list[bool] = []
        self.logins: list[tuple[bytes, bytes]] = []

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody@"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.envelopes.append(envelope)
        assert server.transport is not None
        self.encrypted.append(server.transport.get_extra_info("sslcontext") is not None)
        return "554 looks like spam" if b"spam" in (envelope.original_content or b"") else "250 OK"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, credentials: Any
    ) -> AuthResult:
        assert isinstance(credentials, LoginPassword)
        self.logins.append((credentials.login, credentials.password))
        return AuthResult(success=credentials.password == b"right", handled=False)

    def only_message(self) -> EmailMessage:
        (envelope,) = self.envelopes
        return message_from_bytes(envelope.original_content or b"", policy=default)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1 with its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def serve(recorder: Recorder) -> Iterator[Callable[..., int]]:
    running: list[Controller] = []

    def start(**options: Any) -> int:
        controller = Controller(recorder, hostname="127.0.0.1", port=free_port(), ready_timeout=PATIENCE, **options)
        controller.start()
        running.append(controller)
        port: int = controller.port
        return port

    yield start
    for controller in running:
        controller.stop()


def mailer(port: int, **settings: Any) -> SmtpMailer:
    values = {"reply_to": "no-reply@self.example.com", "timeout": PATIENCE, **settings}
    return SmtpMailer(SmtpSettings(host="127.0.0.1", port=port, **values), clock=ManualClock(NOW), ids=SeededIds(1))


@pytest.mark.parametrize(
    ("settings", "security"),
    [
        ({"port": 25}, Security.PLAIN),
        ({"port": 25, "start_tls": True}, Security.STARTTLS_WHEN_OFFERED),
        ({"port": 25, "ssl": True}, Security.IMPLICIT_TLS),
        ({"port": 587}, Security.STARTTLS_WHEN_OFFERED),
        ({"port": 587, "ssl": True}, Security.STARTTLS_WHEN_OFFERED),
        ({"port": 587, "ssl": True, "ssl_override": True}, Security.IMPLICIT_TLS),
        ({"port": 465, "ssl": True}, Security.IMPLICIT_TLS),
        ({"port": 465}, Security.STARTTLS_WHEN_OFFERED),
        ({"port": 2525}, Security.STARTTLS_WHEN_OFFERED),
        ({"port": 2525, "ssl_override": True}, Security.STARTTLS_WHEN_OFFERED),
    ],
)
def test_connection_rules(settings: dict[str, Any], security: Security) -> None:
    assert connection_security(SmtpSettings("h", "a@b.c", **settings)) is security


def test_mail_arrives_with_both_parts_and_our_headers(serve: Callable[..., int], recorder: Recorder) -> None:
    mailer(serve()).send(MAIL)
    (envelope,) = recorder.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("no-reply@self.example.com", ["bob@example.com"])
    assert b'From: "Bitwarden" <no-reply@self.example.com>\r\n' in (envelope.original_content or b"")
    message = recorder.only_message()
    assert (message["To"], message["Subject"]) == ("bob@example.com", "Grüße 公司")
    assert message["Date"].datetime == NOW
    assert message["Message-ID"] == f"<{SeededIds(1).uuid()}@self.example.com>"
    assert message.get_content_type() == "multipart/alternative"
    parts = [(part.get_content_type(), part.get_content().replace("\r\n", "\n")) for part in message.iter_parts()]
    assert parts == [("text/plain", "Text 公司\n"), ("text/html", "<p>HTML 公司</p>\n")]
    assert recorder.encrypted == [False]
    assert recorder.logins == []


def test_a_mail_that_is_sent_again_keeps_its_name(serve: Callable[..., int], recorder: Recorder) -> None:
    mailer(serve()).send(replace(MAIL, name="one"))
    assert recorder.only_message()["Message-ID"] == "<one@self.example.com>"


def test_starttls_is_used_when_offered(
    serve: Callable[..., int], recorder: Recorder, server_tls: ssl.SSLContext, certificate: Path
) -> None:
    mailer(serve(tls_context=server_tls), ca_bundle=certificate).send(MAIL)
    assert recorder.encrypted == [True]


def test_implicit_tls(
    serve: Callable[..., int], recorder: Recorder, server_tls: ssl.SSLContext, certificate: Path
) -> None:
    mailer(serve(ssl_context=server_tls), ssl=True, ca_bundle=certificate).send(MAIL)
    assert recorder.encrypted == [True]


@pytest.mark.parametrize("implicit", [True, False])
def test_unknown_certificate_fails_unless_the_server_is_trusted(
    serve: Callable[..., int], recorder: Recorder, server_tls: ssl.SSLContext, implicit: bool
) -> None:
    port = serve(**({"ssl_context": server_tls} if implicit else {"tls_context": server_tls}))
    with pytest.raises(MailFailed) as failure:
        mailer(port, ssl=implicit).send(MAIL)
    assert str(failure.value).startswith(TLS_FAILED)
    assert recorder.envelopes == []
    mailer(port, ssl=implicit, trust_server=True).send(MAIL)
    assert recorder.encrypted == [True]


def test_implicit_tls_against_a_plain_server_fails(serve: Callable[..., int]) -> None:
    with pytest.raises(MailFailed, match="SSL or TLS"):
        mailer(serve(), ssl=True).send(MAIL)


def test_login_over_starttls(serve: Callable[..., int], recorder: Recorder, server_tls: ssl.SSLContext) -> None:
    port = serve(tls_context=server_tls, authenticator=recorder.authenticate, auth_required=True)
    mailer(port, trust_server=True, username="user", password="right").send(MAIL)
    assert recorder.logins == [(b"user", b"right")]
    assert len(recorder.envelopes) == 1


def test_refused_login(serve: Callable[..., int], recorder: Recorder, server_tls: ssl.SSLContext) -> None:
    port = serve(tls_context=server_tls, authenticator=recorder.authenticate, auth_required=True)
    with pytest.raises(MailFailed, match="refuses the login: 535"):
        mailer(port, trust_server=True, username="user", password="wrong").send(MAIL)
    with pytest.raises(MailFailed, match="530"):
        mailer(port, trust_server=True).send(MAIL)
    assert recorder.envelopes == []


def test_login_that_the_server_does_not_offer(serve: Callable[..., int]) -> None:
    with pytest.raises(MailFailed, match="AUTH"):
        mailer(serve(), username="user", password="right").send(MAIL)


@pytest.mark.parametrize("half", [{"username": "user"}, {"password": "right"}, {"username": "", "password": "right"}])
def test_half_a_login_is_none(serve: Callable[..., int], recorder: Recorder, half: dict[str, str]) -> None:
    port = serve(authenticator=recorder.authenticate, auth_require_tls=False)
    mailer(port, **half).send(MAIL)
    assert (recorder.logins, len(recorder.envelopes)) == ([], 1)


def test_refused_recipient_and_refused_mail(serve: Callable[..., int]) -> None:
    port = serve()
    with pytest.raises(MailFailed, match=r"refuses nobody@example\.com: 550 no such mailbox"):
        mailer(port).send(Mail("nobody@example.com", "s", "t", "h", "Test"))
    with pytest.raises(MailFailed, match="refuses the mail: 554 looks like spam"):
        mailer(port).send(Mail("bob@example.com", "spam", "t", "h", "Test"))


def test_nobody_listens() -> None:
    with pytest.raises(MailFailed, match="refused"):
        mailer(free_port()).send(MAIL)


def test_unknown_host() -> None:
    settings = SmtpSettings(host="mail.invalid", port=25, reply_to="a@example.com", timeout=PATIENCE)
    with pytest.raises(MailFailed, match=r"mail\.invalid:25"):
        SmtpMailer(settings, clock=ManualClock(NOW), ids=SeededIds(1)).send(MAIL)


def test_silent_server_ends_in_a_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(MailFailed, match="timed out"):
        mailer(listener.getsockname()[1], timeout=0.2).send(MAIL)


@pytest.mark.parametrize("address", ["", "nobody", "a@", "@b", "a@b@c", "a b@example.com", "a@b.c\r\nBcc: d@e.f"])
def test_what_is_no_address_is_named_before_anything_is_sent(
    serve: Callable[..., int], recorder: Recorder, address: str
) -> None:
    with pytest.raises(MailFailed, match="Not a mail address"):
        mailer(serve()).send(Mail(address, "s", "t", "h", "Test"))
    assert recorder.envelopes == []


def test_international_domain_travels_in_ascii(serve: Callable[..., int], recorder: Recorder) -> None:
    mailer(serve()).send(Mail("bob@bücher.example", "s", "t", "h", "Test"))
    assert recorder.envelopes[0].rcpt_tos == ["bob@xn--bcher-kva.example"]


def test_sender_address_is_required() -> None:
    with pytest.raises(ValueError, match="ReplyToEmail is required"):
        mailer(25, reply_to="")


def test_mailers_that_do_not_send() -> None:
    memory = MemoryMailer()
    memory.send(MAIL)
    NoMailer().send(MAIL)
    assert memory.sent == [MAIL]
    assert (memory.configured, NoMailer().configured, mailer(25).configured) == (True, False, True)


def test_a_check_logs_in_and_sends_nothing(serve: Callable[..., int], recorder: Recorder) -> None:
    mailer(serve()).check()
    assert recorder.envelopes == []
    with pytest.raises(MailFailed, match="refused"):
        mailer(1).check()
