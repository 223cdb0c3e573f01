"""Sending mail over SMTP by upstream's connection rules, and the mailers that do not send.

Source: src/Core/Platform/Mail/Delivery/MailKitSmtpMailDeliveryService.cs; fidelity.md: mail.delivery.
"""

import smtplib
import ssl
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import Enum, auto
from pathlib import Path
from typing import Protocol

from common.clock import Clock
from common.ids import Ids
from common.server.destinations import THIS_MACHINE, Destinations
from common.server.mail.messages import Mail

SENDER_NAME = "Bitwarden"
TLS_FAILED = "An error occurred while attempting to establish an SSL or TLS connection."
_PLAIN_PORT = 25
_SUBMISSION_PORT = 587
_OK = 250
_RECIPIENT_TAKEN = (250, 251)


class MailFailed(Exception):
    """A mail that could not be handed over. The text is the reason."""


Outcomes = Generator[MailFailed | None, None, None]


class Mailer(Protocol):
    """What the code may ask about mail."""

    @property
    def configured(self) -> bool:
        """Whether mail leaves this server at all."""

    def check(self) -> None:
        """Find out whether the mail server lets us in, without a mail. Raises MailFailed."""
        return None

    def send(self, mail: Mail) -> None:
        """Hand the mail over. Raises MailFailed."""

    def send_all(self, mails: Sequence[Mail]) -> None:
        """Hand all of them over, or none, as far as a mail server lets itself be asked. Raises MailFailed."""
        for mail in mails:
            self.send(mail)

    def send_each(self, mails: Iterable[Mail]) -> Outcomes:
        """Hand them over one by one, each when its outcome is asked for: why it failed, or None."""
        for mail in mails:
            try:
                self.send(mail)
            except MailFailed as failure:
                yield failure
            else:
                yield None


class NoMailer(Mailer):
    """Mail without an SMTP host: dropped, and not a word about it, as upstream does."""

    configured = False

    def send(self, mail: Mail) -> None:
        """Forget it."""


class MemoryMailer(Mailer):
    """Keeps mails in a list; for tests."""

    configured = True

    def __init__(self) -> None:
        self.sent: list[Mail] = []

    def send(self, mail: Mail) -> None:
        self.sent.append(mail)


@dataclass(frozen=True)
class SmtpSettings:
    """`globalSettings__mail__smtp__*` and `replyToEmail`. timeout: seconds. ca_bundle: PEM file to trust as well."""

    host: str
    reply_to: str
    port: int = _PLAIN_PORT
    ssl: bool = False
    start_tls: bool = False
    ssl_override: bool = False
    trust_server: bool = False
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout: float = 30
    ca_bundle: Path | None = None


class Security(Enum):
    """How a connection is protected."""

    PLAIN = auto()
    IMPLICIT_TLS = auto()
    STARTTLS_WHEN_OFFERED = auto()


def connection_security(settings: SmtpSettings) -> Security:
    """Which protection the settings ask for. `ssl` is ignored on port 587 unless `ssl_override`."""
    if settings.port == _PLAIN_PORT and not settings.ssl and not settings.start_tls:
        return Security.PLAIN
    if settings.ssl and (settings.port != _SUBMISSION_PORT or settings.ssl_override):
        return Security.IMPLICIT_TLS
    return Security.STARTTLS_WHEN_OFFERED


class SmtpMailer(Mailer):
    """Sends inside the call, as upstream does; mails that are sent together share a connection."""

    configured = True

    def __init__(
        self,
        settings: SmtpSettings,
        *,
        clock: Clock,
        ids: Ids,
        destinations: Destinations = THIS_MACHINE,
        network: Callable[[], None] = lambda: None,
    ) -> None:
        """destinations: where it may connect to, elsewhere is MailFailed. network: passed before a connection
        is made, raises MailFailed. Raises ValueError without a sender.
        """
        if not settings.reply_to:
            raise ValueError("A GlobalSettings.Mail.ReplyToEmail is required to be set up.")
        self._settings = settings
        self._clock = clock
        self._ids = ids
        self._destinations = destinations
        self._network = network

    def check(self) -> None:
        """Connect and log in. Raises MailFailed."""
        with self._naming_failures([]), self._connected():
            pass

    def send(self, mail: Mail) -> None:
        """Raises MailFailed for an unusable address, a failing connection, handshake or login, and a refused mail."""
        self.send_all([mail])

    def send_all(self, mails: Sequence[Mail]) -> None:
        """Over one connection. The server is asked about every recipient before the first mail leaves.

        A mail that is refused for what it says, or a connection that breaks, can still end it half-way.
        """
        messages = [self._message(mail) for mail in mails]
        with self._naming_failures(mails), self._connected() as connection:
            if len(mails) > 1:
                self._probe(connection, [_ascii_domain(mail.to) for mail in mails])
            for message in messages:
                connection.send_message(message)

    def send_each(self, mails: Iterable[Mail]) -> Outcomes:
        """Over one connection while nothing fails; after a failure over a new one."""
        with ExitStack() as open_connections:
            connection: smtplib.SMTP | None = None
            for mail in mails:
                failed: MailFailed | None = None
                try:
                    message = self._message(mail)
                    with self._naming_failures([mail]):
                        connection = connection or open_connections.enter_context(self._connected())
                        connection.send_message(message)
                except MailFailed as failure:
                    failed, connection = failure, None
                    open_connections.close()
                yield failed

    def _probe(self, connection: smtplib.SMTP, recipients: Sequence[str]) -> None:
        """Ask about each recipient in a conversation that ends before a mail is given. Raises SMTPRecipientsRefused."""
        for recipient in recipients:
            if not recipient.isascii():
                continue  # needs an extension of the protocol; smtplib looks after that when it sends
            code, text = connection.mail(_ascii_domain(self._settings.reply_to))
            if code != _OK:
                connection.rset()
                raise smtplib.SMTPSenderRefused(code, text, self._settings.reply_to)
            code, text = connection.rcpt(recipient)
            connection.rset()
            if code not in _RECIPIENT_TAKEN:
                raise smtplib.SMTPRecipientsRefused({recipient: (code, text)})

    @contextmanager
    def _naming_failures(self, mails: Sequence[Mail]) -> Iterator[None]:
        server = f"{self._settings.host}:{self._settings.port}"
        try:
            yield
        except ssl.SSLError as error:
            raise MailFailed(f"{TLS_FAILED} ({server}: {error})") from error
        except smtplib.SMTPAuthenticationError as error:
            raise MailFailed(f"{server} refuses the login: {_reply(error)}") from error
        except smtplib.SMTPRecipientsRefused as error:
            ((refused, (code, text)), *_) = error.recipients.items()
            to = next((mail.to for mail in mails if _ascii_domain(mail.to) == refused), refused)
            raise MailFailed(f"{server} refuses {to}: {code} {text.decode(errors='replace')}") from error
        except smtplib.SMTPResponseException as error:
            raise MailFailed(f"{server} refuses the mail: {_reply(error)}") from error
        except (OSError, smtplib.SMTPException) as error:
            raise MailFailed(f"Mail through {server} failed: {error or type(error).__name__}") from error

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        """A connection that is signed in; what goes wrong with saying goodbye is nobody's business."""
        connection = self._connect()
        try:
            self._log_in(connection)
            yield connection
        finally:
            with suppress(OSError, smtplib.SMTPException):
                connection.quit()
            connection.close()

    def _connect(self) -> smtplib.SMTP:
        settings, security = self._settings, connection_security(self._settings)
        self._network()
        self._destinations.check(settings.host, settings.port)
        # The name given at EHLO; left out, smtplib would look up this machine's name, which can take long offline.
        own_name = "localhost"
        if security is Security.IMPLICIT_TLS:
            return smtplib.SMTP_SSL(
                settings.host, settings.port, own_name, timeout=settings.timeout, context=self._tls_context()
            )
        connection = smtplib.SMTP(settings.host, settings.port, own_name, timeout=settings.timeout)
        try:
            connection.ehlo()
            if security is Security.STARTTLS_WHEN_OFFERED and connection.has_extn("starttls"):
                connection.starttls(context=self._tls_context())
        except BaseException:
            connection.close()
            raise
        return connection

    def _tls_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._settings.ca_bundle is not None:
            context.load_verify_locations(self._settings.ca_bundle)
        if self._settings.trust_server:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _log_in(self, connection: smtplib.SMTP) -> None:
        if self._settings.username and self._settings.password:
            connection.login(self._settings.username, self._settings.password)

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        try:
            sender, recipient = _ascii_domain(self._settings.reply_to), _ascii_domain(mail.to)
            message["From"] = f'"{SENDER_NAME}" <{Address(addr_spec=sender)}>'
            message["To"] = str(Address(addr_spec=recipient))
        except (ValueError, IndexError, MessageError) as error:
            raise MailFailed(f"Not a mail address: {mail.to!r} or {self._settings.reply_to!r}") from error
        message["Subject"] = mail.subject
        message["Date"] = format_datetime(self._clock.now())
        message["Message-ID"] = f"<{mail.name or self._ids.uuid()}@{sender.rpartition('@')[2]}>"
        message.set_content(mail.text)
        message.add_alternative(mail.html, subtype="html")
        return message


def _ascii_domain(address: str) -> str:
    """The address with an internationalized domain in its ASCII form. Raises ValueError."""
    local, at, domain = address.strip().rpartition("@")
    if not local or not domain:
        raise ValueError("an address needs a name, an @ and a domain")
    return f"{local}{at}{domain.encode('idna').decode('ascii')}"


def _reply(error: smtplib.SMTPResponseException) -> str:
    text = error.smtp_error
    return f"{error.smtp_code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
