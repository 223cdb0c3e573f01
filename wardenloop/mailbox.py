"""The mails that all three servers sent."""

import time
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote_plus, urlsplit

from wardenloop.errors import WardenloopError
from wardenloop.http import Http

_POLL = 0.03


class Message(NamedTuple):
    """One mail. links: addresses in it, in order. raw: all that the mailbox says of it."""

    id: str
    sender: str
    to: tuple[str, ...]
    subject: str
    text: str
    links: tuple[str, ...]
    raw: dict[str, Any]

    @classmethod
    def of(cls, told: dict[str, Any]) -> "Message":
        """As the mailbox answers it."""
        sender = str(told.get("from") or told.get("sender") or "")
        return cls(
            str(told["id"]),
            sender,
            tuple(told.get("to", ())),
            str(told["subject"]),
            str(told.get("text") or ""),
            tuple(told["links"]),
            told,
        )

    def parameter(self, name: str) -> str:
        """A parameter of the first link that has it, also behind a hash. LookupError when none has."""
        return self.parameters(name)[name]

    def parameters(self, name: str) -> dict[str, str]:
        """All parameters of the first link that has `name`. LookupError when none has."""
        for link in self.links:
            parts = urlsplit(link)
            found = parse_qs(parts.fragment.partition("?")[2] or parts.query)
            if name in found:
                return {key: values[0] for key, values in found.items()}
        raise LookupError(f"the mail {self.subject!r} has no link with {name}")


class NoMail(WardenloopError, AssertionError):
    """No such mail came; the text lists those that did."""


class Mailbox:
    """The mailbox of the stack."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self.url = http.url

    def messages(self, *, to: str = "", subject: str = "") -> list[Message]:
        """Newest first. to: an exact address. subject: a part of it."""
        told = self._http.get("/api/messages", to=to, subject=subject)
        return [Message.of(each) for each in told["data"]]

    def wait_for(self, *, to: str = "", subject: str = "", link: str = "", timeout: float = 20.0) -> Message:
        """The newest such mail, as soon as there is one. link: a part of one of its links. Raises NoMail."""
        end = time.monotonic() + timeout
        while True:
            for message in self.messages(to=to, subject=subject):
                if not link or any(link in unquote_plus(each) for each in message.links):
                    return message
            if time.monotonic() > end:
                there = "; ".join(f"{', '.join(each.to)}: {each.subject}" for each in self.messages()) or "none at all"
                raise NoMail(f"no mail to {to or 'anybody'} with {subject or link or 'any subject'!r}. There: {there}")
            time.sleep(_POLL)

    def clear(self) -> None:
        """Empty it."""
        self._http.delete("/api/messages")
