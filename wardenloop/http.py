"""Talking to one server of the stack: set-up calls of the kit, which the journal can tell from those under test."""

import uuid
from collections.abc import Callable, Mapping
from itertools import count
from random import Random, SystemRandom
from typing import Any

import requests

from wardenloop.bodies import in_short, is_page
from wardenloop.errors import Refused

AGENT = "wardenloop-kit"
"""The user agent of the kit's own calls."""

SETUP = b"wardenlo".hex()
"""How the number of an action (`traceparent`) begins that the kit began: whatever a server does for it has the same."""

_PATIENCE = 180.0
_DEVICE_TYPE = "25"  # the Linux command line client
_HEADERS = {
    "Accept": "application/json",
    "Bitwarden-Client-Name": "cli",
    "Bitwarden-Client-Version": "2026.8.0",
    "Device-Type": _DEVICE_TYPE,
}
Explain = Callable[[str, str, int], Mapping[str, Any] | None]
"""Method, path and status of what was refused -> its entry of the journal."""


class Http:
    """One server. Refusals are raised as `Refused`."""

    def __init__(
        self, url: str, ca: str | None, explain: Explain | None = None, *, number: int = 0, seed: int | None = None
    ) -> None:
        """ca: PEM file to trust, for https. number: among the servers of a stack; the same in each, as ids of a seed
        depend on who asks. seed: what names are made up of; by chance without one."""
        self.url = url.rstrip("/")
        self.ca = ca
        self._explain = explain
        self._number, self._seed = number, seed
        self.begin_anew()
        self._session = self.session()
        self._session.headers["User-Agent"] = AGENT

    def begin_anew(self) -> None:
        """What comes is numbered as in a stack that nobody has asked yet."""
        self._calls = count(1)
        text = f"{self._seed}/{self._number}"
        self._chance = Random(text) if self._seed is not None else SystemRandom()  # noqa: S311 - names, no secrets

    def made_up(self) -> uuid.UUID:
        """A number that nobody has."""
        return uuid.UUID(int=self._chance.getrandbits(128), version=4)

    def somebody(self) -> str:
        """The address of somebody whom nobody knows."""
        return f"somebody-{self.made_up().hex[:8]}@example.com"

    def session(self, bearer: str | None = None) -> requests.Session:
        """A session for calls of one's own: trusts the stack, and sends what an official client sends."""
        session = requests.Session()
        session.trust_env = False
        session.verify = self.ca or True
        session.headers.update(_HEADERS)
        if bearer:
            session.headers["Authorization"] = f"Bearer {bearer}"
        return session

    def call(self, method: str, path: str, *, bearer: str | None = None, **body: Any) -> Any:
        """One call; the decoded answer. body: as requests takes it. Raises Refused."""
        call = f"{self._number:06x}{next(self._calls):010x}"
        headers = {"traceparent": f"00-{SETUP}{call}-{call}-00"}
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        answer = self._session.request(method, self.url + path, headers=headers, timeout=_PATIENCE, **body)
        if answer.ok:
            is_json = answer.content and "json" in answer.headers.get("Content-Type", "")
            return answer.json() if is_json else answer.text
        what = f"{method} {path.partition('?')[0]}"
        entry = self._explain(method, path, answer.status_code) if self._explain else None
        told = entry or {}
        raise Refused(
            what, answer.status_code, _message(answer), rule=told.get("rule"), advice=_text(told), body=answer.text
        )

    def get(self, path: str, **query: Any) -> Any:
        """GET with a query; None is left out."""
        return self.call("GET", path, params=query)

    def post(self, path: str, body: Any = None) -> Any:
        """POST of JSON."""
        return self.call("POST", path, json=body)

    def put(self, path: str, body: Any = None) -> Any:
        """PUT of JSON."""
        return self.call("PUT", path, json=body)

    def delete(self, path: str) -> Any:
        """DELETE."""
        return self.call("DELETE", path)


def _text(entry: Mapping[str, Any]) -> str | None:
    advice = entry.get("advice")
    return advice.get("text") if isinstance(advice, dict) else advice


def _message(answer: requests.Response) -> str:
    try:
        told = answer.json()
    except ValueError:
        return f"{in_short(answer.text)} (a page)" if is_page(answer.text) else answer.text.strip()
    if not isinstance(told, dict):
        return answer.text.strip()
    model = told.get("ErrorModel")
    inner = model.get("Message") if isinstance(model, dict) else None
    first = inner or told.get("message") or told.get("error_description") or told.get("error") or answer.text
    details = told.get("validationErrors")
    if isinstance(details, dict):
        texts = [text for those in details.values() for text in those]
        return f"{first} {' '.join(texts)}".strip()
    return str(first)
