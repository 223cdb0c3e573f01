"""A browser without JavaScript, in process: keeps cookies, knows the forms of the page it last saw."""

from collections.abc import Mapping
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, cast

from werkzeug.test import TestResponse

from common.ui.visit import cookie_name
from tests.support.harness import Person, Side

SCRIPT = {"X-Wardenloop-Form": "1"}
"""Header of a form that a script of ours sends: the answer is JSON."""


if TYPE_CHECKING:

    class Answer(TestResponse):
        """What a test expects to be JSON is JSON."""

        json: Any
else:
    Answer = TestResponse


class Visitor:
    """language: what the browser asks for."""

    def __init__(self, side: Side, language: str = "en") -> None:
        self.side = side
        self.client: Any = side.app.test_client()
        self._headers = {"Accept-Language": language}

    @staticmethod
    def cookie(side: Side, name: str) -> str:
        """What an app calls one of its cookies."""
        with side.app.test_request_context():
            return cookie_name(name)

    def get(self, path: str) -> Answer:
        """A page, redirects not followed."""
        return cast(Answer, self.client.get(path, headers=self._headers, buffered=True))

    def submit(
        self, page: str, fields: Mapping[str, Any], action: str | None = None, *, script: bool = False
    ) -> Answer:
        """Fill in the form of `page` that goes to `action` (default: to the page itself) and send it.

        What the form holds already is sent too. script: as our scripts send it.
        """
        target = action or page.partition("?")[0]
        forms = _Forms()
        forms.feed(self.get(page).text)
        if target not in forms.found:
            raise AssertionError(f"{page} has no form for {target}, only for {sorted(forms.found)}")
        headers = self._headers | (SCRIPT if script else {})
        sent = {**forms.found[target], **fields}
        return cast(Answer, self.client.post(target, data=sent, headers=headers, buffered=True))

    def log_in(self, person: Person) -> "Visitor":
        """Sign in with the hash that a script would derive."""
        answer = self.submit("/login", {"email": person.email, "masterPasswordHash": person.password_hash})
        if answer.status_code != 303:
            raise AssertionError(f"login failed: {answer.status_code} {answer.text}")
        return self


class _Forms(HTMLParser):
    """action -> names and values of the form's inputs (buttons left out)."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str]] = {}
        self._open: dict[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._open = self.found.setdefault(given.get("action") or "", {})
        elif tag == "input" and self._open is not None and given.get("name") and _is_sent(given):
            self._open[str(given["name"])] = given.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None


def _is_sent(given: Mapping[str, str | None]) -> bool:
    """Whether a browser would send this input as it stands."""
    ticked = given.get("type") not in ("checkbox", "radio") or "checked" in given
    return ticked and given.get("type") != "file"
