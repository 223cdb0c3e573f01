"""The server that is asked: where its services are, and one request to it. Official hosts are refused."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests

OFFICIAL = ("bitwarden.com", "bitwarden.eu")
TIMEOUT_SECONDS = 30.0
_SERVICES = ("api", "identity", "push")


class OfficialHost(ValueError):
    """A real server of Bitwarden, which is nobody's to test."""


class NoAnswer(Exception):
    """The server did not answer; the message says why."""


@dataclass(frozen=True)
class Sent:
    """A request as it goes out. content: the keyword arguments of `requests` that make its body."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    content: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """A status, headers (names in lower case), and the bytes of the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str | None:
        """`application/json`, without its parameters; None where nothing is said."""
        found = self.headers.get("content-type")
        return found.partition(";")[0].strip().lower() if found else None

    @property
    def charset(self) -> str | None:
        """`utf-8`; None where nothing is said."""
        found = re.search(r'charset="?([^";\s]+)', self.headers.get("content-type", ""), re.IGNORECASE)
        return found[1].lower() if found else None

    def json(self) -> Any:
        """The decoded body. Raises ValueError, also for what is not UTF-8 and for a member that is there twice.

        Source: RFC 8259, sections 4 and 8.1.
        """
        return json.loads(self.body.decode("utf-8"), object_pairs_hook=_members)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member is there twice")
    return members


class Target:
    """One server: an address below which `/api`, `/identity` and `/push` are, or an address for each of them."""

    def __init__(
        self,
        base: str,
        *,
        api: str | None = None,
        identity: str | None = None,
        push: str | None = None,
        session: requests.Session | None = None,
        dangerously_real: bool = False,
    ) -> None:
        base = base.rstrip("/")
        given = {"api": api, "identity": identity, "push": push}
        self.base = base
        self.services = {name: (given[name] or f"{base}/{name}").rstrip("/") for name in _SERVICES}
        if not dangerously_real:
            for address in (base, *self.services.values()):
                refuse_official(address)
        self._session = session or requests.Session()
        self._session.trust_env = False

    def url(self, path: str) -> str:
        """The address of a path that begins with its service."""
        service, slash, rest = path.removeprefix("/").partition("/")
        if service not in self.services:
            return f"{self.base}{path}"
        return f"{self.services[service]}{slash}{rest}"

    def ask(self, sent: Sent) -> Answer:
        """Its answer; redirects are answers. Raises NoAnswer."""
        try:
            response = self._session.request(
                sent.method,
                self.url(sent.path),
                headers=dict(sent.headers),
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
                **sent.content,
            )
        except requests.RequestException as error:
            raise NoAnswer(f"{sent.method} {self.url(sent.path)}: {error}") from error
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, headers, response.content)


def refuse_official(address: str) -> None:
    """Raises OfficialHost for an address of Bitwarden's own, also of a name below it."""
    host = (urlsplit(address).hostname or "").rstrip(".").lower()
    if any(host == official or host.endswith(f".{official}") for official in OFFICIAL):
        raise OfficialHost(
            f"{host} is a server of Bitwarden. The contract is for servers of your own; --dangerously-real asks it all"
            " the same, and only what reads."
        )
