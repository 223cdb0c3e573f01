"""Asking the apps of a stack over HTTP, as its home says where they are."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import requests

from common.desk.time.apps import AppRefused
from common.errors import not_found
from common.files import read_json
from common.server.destinations import Destinations
from common.server.http.session import create_session

APPS = {"cloud-us": "cloud_us", "cloud-eu": "cloud_eu", "selfhost": "selfhost"}
"""Names as people know them -> as the stack's file has them; the first one's time is the stack's."""

_PATIENCE = 60.0
"""Seconds that one moment may take: a sync of many sponsorships is one."""


class NotThere(OSError):
    """An app of the stack does not answer. The text names it, and what to do."""


def segment(name: str) -> str:
    """A name from outside as one part of a path. Errors: 404 it is none, or leads elsewhere (`..`, `a/b`)."""
    plain = unquote(name)
    if plain in {"", ".", ".."} or "/" in plain:
        raise not_found("sim.name")
    return quote(name, safe="")


class HttpTransport:
    """One app. Connections are kept while an advance lasts."""

    def __init__(self, name: str, url: str, authority: str | None) -> None:
        self._name, self._url = name, url
        bundle = Path(authority) if authority else None
        self._http = create_session(_PATIENCE, destinations=Destinations.to(url), ca_bundle=bundle)

    @property
    def url(self) -> str:
        """Where people reach it, no final slash."""
        return self._url

    def get(self, path: str, **query: Any) -> Any:
        return self._ask("GET", path, params=query)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._ask("POST", path, json=dict(body))

    def delete(self, path: str) -> Any:
        return self._ask("DELETE", path)

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._ask("PUT", path, json=dict(body))

    def _ask(self, method: str, path: str, **content: Any) -> Any:
        try:
            answer = self._http.request(method, self._url + path, **content)
        except requests.RequestException as error:
            hint = (
                "Start it with `wardenloop selfhost start`." if self._name == "selfhost" else "See `wardenloop logs`."
            )
            raise NotThere(f"{self._name} does not answer. {hint}") from error
        if answer.status_code != 200:
            raise AppRefused(f"{self._name}: {message_of(answer)}", answer.status_code)
        return answer.json() if answer.content else None


def message_of(answer: requests.Response) -> str:
    """What an app refuses in a sentence: its message, and of a body that does not fit what does not."""
    try:
        told = answer.json()
        unfit = [text for texts in (told.get("validationErrors") or {}).values() for text in texts]
        message = " ".join([told["message"], *unfit]) if unfit and told["message"] not in unfit else told["message"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"answers {answer.status_code} to {answer.request.method} {answer.request.path_url}"
    return str(message)


def transports_of(home: Path) -> dict[str, HttpTransport]:
    """All apps of the stack with this home."""
    stack = read_json(home / "stack.json") or {}
    return {name: HttpTransport(name, str(stack[key]), stack.get("ca")) for name, key in APPS.items() if key in stack}
