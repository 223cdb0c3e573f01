"""Mails on disk: one `.eml` file each, named so that names sort in order of arrival."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import default as parsing_policy
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from common.clock import Clock
from common.files import PRIVATE, write_file
from common.ids import Ids

_ID = re.compile(r"\d{8}T\d{12}Z-[0-9a-f]{32}")
_ID_TIME = "%Y%m%dT%H%M%S%fZ"
_URL_IN_TEXT = re.compile(r"https?://[^\s<>\"]+")
_WEB_SCHEMES = ("http://", "https://")
# First line of each file: the SMTP envelope as JSON, which keeps every address exactly; the rest is the mail as sent.
_ENVELOPE = b"X-Envelope: "


@dataclass(frozen=True)
class ReceivedMail:
    """One mail as it arrived.

    id: sorts by arrival. to: envelope recipients. date: the moment the sender wrote (simulated time), None when
    unreadable. received: arrival, real time. text, html: decoded parts, "" when missing. links: http(s) only.
    """

    id: str
    to: tuple[str, ...]
    sender: str
    subject: str
    date: datetime | None
    received: datetime
    text: str
    html: str
    links: tuple[str, ...]


class MailStore:
    """The directory of one mailbox. One process writes; any number may read."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    def add(self, mail_id: str, sender: str, recipients: list[str], content: bytes) -> None:
        """Keep one mail. A reader sees all of it or nothing."""
        envelope = json.dumps({"from": sender, "to": recipients}).encode("ascii")
        write_file(self._path(mail_id), _ENVELOPE + envelope + b"\r\n" + content, PRIVATE)

    def get(self, mail_id: str) -> ReceivedMail | None:
        """One mail, or None."""
        if not _ID.fullmatch(mail_id):
            return None
        try:
            return _parse(mail_id, self._path(mail_id).read_bytes())
        except FileNotFoundError:
            return None

    def newest_first(self, to: str = "", subject: str = "", since: datetime | None = None) -> Iterator[ReceivedMail]:
        """Mails that match all of: a recipient equal to `to`, `subject` within the subject (both in any case),
        arrival at or after `since`."""
        for mail_id in sorted(self._ids(), reverse=True):
            if since is not None and _received(mail_id) < since:
                return
            if to and to.lower() not in (address.lower() for address in self._recipients(mail_id)):
                continue  # told by the first line alone: parsing thousands of mails takes seconds
            mail = self.get(mail_id)
            if mail is not None and subject.lower() in mail.subject.lower():
                yield mail

    def _recipients(self, mail_id: str) -> tuple[str, ...]:
        try:
            with self._path(mail_id).open("rb") as file:
                return tuple(_envelope(file.readline())["to"])
        except FileNotFoundError:
            return ()

    def clear(self) -> int:
        """Remove every mail; how many there were."""
        ids = list(self._ids())
        for mail_id in ids:
            self._path(mail_id).unlink(missing_ok=True)
        return len(ids)

    def _ids(self) -> Iterator[str]:
        return (path.stem for path in self._directory.glob("*.eml") if _ID.fullmatch(path.stem))

    def _path(self, mail_id: str) -> Path:
        return self._directory / f"{mail_id}.eml"


class MailIds:
    """Names for arriving mails: strictly ascending, also within one microsecond and when the clock steps back."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self._last = datetime.min.replace(tzinfo=UTC)

    def next(self) -> str:
        self._last = max(self._clock.now(), self._last + timedelta(microseconds=1))
        return f"{self._last.strftime(_ID_TIME)}-{self._ids.uuid().hex}"


def _received(mail_id: str) -> datetime:
    return datetime.strptime(mail_id.partition("-")[0], _ID_TIME).replace(tzinfo=UTC)


def _envelope(first_line: bytes) -> dict[str, Any]:
    envelope: dict[str, Any] = json.loads(first_line.removeprefix(_ENVELOPE))
    return envelope


def _parse(mail_id: str, content: bytes) -> ReceivedMail:
    first_line, _, sent = content.partition(b"\r\n")
    envelope = _envelope(first_line)
    message = message_from_bytes(sent, policy=parsing_policy)
    text, html = _part(message, "plain"), _part(message, "html")
    return ReceivedMail(
        id=mail_id,
        to=tuple(envelope["to"]),
        sender=_header(message, "From") or envelope["from"],
        subject=_header(message, "Subject"),
        date=_date(_header(message, "Date")),
        received=_received(mail_id),
        text=text,
        html=html,
        links=_links(text, html),
    )


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, ""))
    except (
        ValueError,
        LookupError,
        AttributeError,
        TypeError,
        MessageError,
    ):  # the standard parser trips over some broken headers
        return ""


def _part(message: EmailMessage, subtype: str) -> str:
    body = message.get_body((subtype,))
    if body is None:
        return ""
    try:
        content = str(body.get_content())
    except (LookupError, UnicodeError):  # an unknown or wrong charset
        payload = body.get_payload(decode=True)
        content = payload.decode("latin-1") if isinstance(payload, bytes) else ""
    return content.replace("\r\n", "\n")


def _date(header: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _links(text: str, html: str) -> tuple[str, ...]:
    """Web addresses in order, each once; from the HTML part when it has any, else from the text."""
    parser = _LinkParser()
    parser.feed(html)
    return tuple(dict.fromkeys(parser.links or _URL_IN_TEXT.findall(text)))


class _LinkParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.links += [
                value for name, value in attrs if name == "href" and value and value.startswith(_WEB_SCHEMES)
            ]
