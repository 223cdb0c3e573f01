"""Asking the desk, which knows all apps of the stack: a page talks to its own origin only, and its app passes it on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from common.server.destinations import Destinations

_PATIENCE = 600.0
"""Seconds that an advance may take: years of a full world are minutes."""

_GLANCE = 3.0


class DeskTrouble(Exception):
    """The desk does not do it. text: its own words; None = it does not answer."""

    def __init__(self, text: str | None) -> None:
        super().__init__(text)
        self.text = text


class Relay:
    """To one desk. url: no final slash. authority: PEM file that vouches for it, where it speaks https."""

    def __init__(self, url: str, authority: Path | None) -> None:
        self._url, self._authority = url, authority

    def look(self, step: Mapping[str, str]) -> dict[str, Any]:
        """What a step would bring. Raises DeskTrouble."""
        return self._post("/_sim/advance", {**step, "dryRun": True})

    def go(self, step: Mapping[str, str]) -> dict[str, Any]:
        """Go that far, and what happened on the way. Raises DeskTrouble."""
        return self._post("/_sim/advance?wait=true", step)

    def back(self) -> None:
        """All clocks back to real time. Raises DeskTrouble."""
        self._post("/_sim/clock", {"reset": True})

    def mails(self, address: str) -> dict[str, Any]:
        """`unread`: how many mails to an address nobody has opened; `newest`: the last one. Raises DeskTrouble."""
        return self._ask("GET", "/mailbox/api/unread", _GLANCE, params={"to": address})

    def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._ask("POST", path, _PATIENCE, json=dict(body))

    def _ask(self, method: str, path: str, patience: float, **content: Any) -> dict[str, Any]:
        import requests  # noqa: PLC0415 - a cloud asks nobody else, and most never ask the desk

        from common.server.http.session import create_session  # noqa: PLC0415

        here = Destinations.to(self._url)
        try:
            with create_session(patience, destinations=here, ca_bundle=self._authority) as http:
                answer = http.request(method, self._url + path, **content)
                told: dict[str, Any] = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise DeskTrouble(None) from error
        if answer.status_code >= requests.codes.bad_request:
            raise DeskTrouble(str(told.get("message", answer.status_code)))
        return told
