"""What a mail says: the bytes of an `.eml` file -> its fields, and those as the JSON that tools read."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import default as parsing_policy
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from typing import Any

_URL_IN_TEXT = re.compile(r"https?://[^\s<>\"]+")
_CODE = re.compile(r"(?<![\w-])\d{6,8}(?![\w-])")
_NOT_READ = re.compile(r"<style.*?</style>|<[^>]*>", re.DOTALL)
_WEB_SCHEMES = ("http://", "https://")


_SERVERS = {"cloud_us": "us", "cloud_eu": "eu", "selfhost": "selfhost"}


def server_of(links: Iterable[str], stack: Mapping[str, Any]) -> str | None:
    """Whose links these are: `us`, `eu` or `selfhost`; None = nobody's of this stack. stack: app -> address."""
    for link in links:
        for app, name in _SERVERS.items():
            address = str(stack.get(app) or "")
            if address and (link == address or link.startswith((f"{address}/", f"{address}#"))):
                return name
    return None


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

    @property
    def has_code(self) -> bool:
        """Whether a one-time code stands in it, for people who type it."""
        read = _URL_IN_TEXT.sub("", self.text) + _NOT_READ.sub(" ", self.html)
        return _CODE.search(read) is not None

    def to_json(self) -> str:
        """As tools read it; moments in ISO 8601, UTC."""
        fields = {
            "id": self.id,
            "to": self.to,
            "from": self.sender,
            "subject": self.subject,
            "date": _iso(self.date) if self.date else None,
            "received": _iso(self.received),
            "text": self.text,
            "html": self.html,
            "links": self.links,
        }
        return json.dumps(fields, separators=(",", ":"), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "ReceivedMail":
        """The inverse of `to_json`."""
        fields: dict[str, Any] = json.loads(text)
        return cls(
            id=fields["id"],
            to=tuple(fields["to"]),
            sender=fields["from"],
            subject=fields["subject"],
            date=datetime.fromisoformat(fields["date"]) if fields["date"] else None,
            received=datetime.fromisoformat(fields["received"]),
            text=fields["text"],
            html=fields["html"],
            links=tuple(fields["links"]),
        )


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def parse(mail_id: str, received: datetime, envelope: dict[str, Any], sent: bytes) -> ReceivedMail:
    """Read a mail as far as it goes. envelope: the SMTP addresses, `from` and `to`. sent: what came after DATA."""
    message = message_from_bytes(sent, policy=parsing_policy)
    text, html = _part(message, "plain"), _part(message, "html")
    return ReceivedMail(
        id=mail_id,
        to=tuple(envelope["to"]),
        sender=_header(message, "From") or envelope["from"],
        subject=_header(message, "Subject"),
        date=_date(_header(message, "Date")),
        received=received,
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
