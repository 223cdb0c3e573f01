"""Debian's Chromium under Playwright, the people who use it, and a witness of everything their pages do.

What a person does is written in the words of the screen: labels come from the catalogue, in the person's language.
"""

import base64
import json
import re
import shutil
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote, quote_plus, unquote, urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
    WebError,
    expect,
)

LOCALES = {"en": "en-US", "zh-CN": "zh-CN"}
CATALOGUE_LANGUAGE = {"en": "en", "zh-CN": "zh-Hans"}
_PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first is the same browser without windows, extensions and profiles, which cost more than the pages."""

PATIENCE_MS = 60_000
_QUIET_ADDRESS = "/api/alive"
_CLOCK = "/_sim"
"""Asked again and again by the clock of the bar; a server that is down answers the next time."""

_OWN_SCHEMES = ("data", "blob", "about")
_FAILED_LOAD = "Failed to load resource"  # what an answer of 4xx or 5xx leaves in the console; answers are judged below

expect.set_options(timeout=PATIENCE_MS)


def launch_settings() -> dict[str, Any]:
    """How to start the browser. It reaches this machine only; tests skip without it, and fail in CI."""
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if program is None:
        _missing("Chromium is not installed. On Debian: apt-get install chromium-headless-shell")
    arguments = ["--no-sandbox", "--disable-background-networking", "--disable-dev-shm-usage"]
    arguments.append("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost")
    # most of the time goes into new processes: a tab shares the one beside it, and none is started ahead
    arguments += ["--process-per-site", "--renderer-process-limit=1"]
    # without a screen to paint for; pictures come out the same
    arguments += ["--disable-gpu", "--in-process-gpu", "--num-raster-threads=1"]
    return {"executable_path": program, "args": arguments}


def _missing(reason: str) -> NoReturn:
    warnings.warn(pytest.PytestWarning(f"NOT TESTED IN A BROWSER: {reason}"), stacklevel=2)
    pytest.skip(reason)


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """key -> language -> text, read from the files (not through the code under test)."""
    folder = Path(__file__).parents[2] / "common" / "server" / "locale" / "catalogue"
    texts: dict[str, dict[str, str]] = {}
    for path in folder.glob("*.json"):
        texts |= json.loads(path.read_text("utf-8"))
    return texts


def label(language: str, key: str, **values: object) -> str:
    """A text of the screen. language: en, zh-CN."""
    return catalogue()[key][CATALOGUE_LANGUAGE[language]].format(**values)


@dataclass
class Witness:
    """Sees what happens in all pages of a browser context, and keeps what must not happen.

    hosts: `host:port` of our own apps. secrets: texts that must never leave the browser.
    """

    hosts: frozenset[str]
    secrets: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    _forgiven: list[re.Pattern[str]] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        """From now on."""
        context.on("console", self._hear)
        context.on("weberror", self._note_error)
        context.on("request", self._read)
        context.on("response", self._judge)
        context.on("requestfailed", self._note_failure)

    def leave(self, context: BrowserContext) -> None:
        """Sees no more of it."""
        context.remove_listener("console", self._hear)
        context.remove_listener("weberror", self._note_error)
        context.remove_listener("request", self._read)
        context.remove_listener("response", self._judge)
        context.remove_listener("requestfailed", self._note_failure)

    def forgive(self, pattern: str) -> None:
        """Problems that this test is about: a regular expression found in their text."""
        self._forgiven.append(re.compile(pattern))

    def verify(self) -> None:
        """AssertionError when something happened that must not."""
        found = [each for each in self.problems if not any(pattern.search(each) for pattern in self._forgiven)]
        assert not found, "The browser saw:\n  " + "\n  ".join(dict.fromkeys(found))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_FAILED_LOAD):
            self.problems.append(f"console {message.type}: {message.text} ({message.location.get('url', '')})")

    def _note_error(self, error: WebError) -> None:
        where = error.page.url if error.page else "?"
        self.problems.append(f"page error at {where}: {error.error}")

    def _read(self, request: Request) -> None:
        self.requests.append(f"{request.method} {request.url}")
        parts = urlsplit(request.url)
        if parts.scheme not in _OWN_SCHEMES and parts.netloc not in self.hosts:
            self.problems.append(f"request to a foreign host: {request.method} {request.url}")
        sent = _body(request)
        told = (request.url, unquote(request.url), sent, json.dumps(request.headers))
        if any(form in text for secret in self.secrets for form in _spellings(secret) for text in told):
            self.problems.append(f"a secret left the browser: {request.method} {parts.path}")

    def _judge(self, response: Response) -> None:
        kind = response.request.resource_type
        limit = 500 if kind in ("document", "fetch", "xhr") else 400
        if response.status >= limit:
            self.problems.append(f"answer {response.status}: {response.request.method} {response.url} ({kind})")

    def _note_failure(self, request: Request) -> None:
        asked_again = urlsplit(request.url).path == _CLOCK
        # aborted: a download, or somebody who goes on before the page is there
        if request.failure != "net::ERR_ABORTED" and not asked_again:
            self.problems.append(f"no answer, {request.failure}: {request.method} {request.url}")


def _body(request: Request) -> str:
    content = request.post_data_buffer
    return content.decode("utf-8", "replace") if content else ""


def _spellings(secret: str) -> tuple[str, ...]:
    encoded = base64.b64encode(secret.encode()).decode().rstrip("=")
    return (secret, quote(secret), quote_plus(secret), json.dumps(secret)[1:-1], encoded)


@dataclass
class Benches:
    """Contexts of a browser that are used again: a fresh one costs more than most of what is done in it.

    Whoever comes next finds nothing of the one before but what was loaded already: no cookies, permissions or stored
    data, and a tab of one's own. origins: whose data there may be.
    """

    browser: Browser
    origins: Sequence[str]
    _free: dict[str, list[BrowserContext]] = field(default_factory=lambda: defaultdict(list))

    @contextmanager
    def sit_down(self, language: str) -> Iterator[BrowserContext]:
        """One that nobody else uses meanwhile. language: en, zh-CN."""
        free = self._free[language]
        context = free.pop() if free else self._new(language)
        yield context
        self._clear(context)
        free.append(context)  # after no fault only

    def _new(self, language: str) -> BrowserContext:
        context = self.browser.new_context(locale=LOCALES[language], accept_downloads=True)
        context.set_default_timeout(PATIENCE_MS)
        context.new_page().goto(self.origins[0] + _QUIET_ADDRESS)  # keeps the process and what it loaded
        return context

    def _clear(self, context: BrowserContext) -> None:
        kept, *tabs = context.pages
        for tab in tabs:
            tab.close()
        context.unroute_all()
        context.clear_cookies()
        context.clear_permissions()
        console = context.new_cdp_session(kept)
        for origin in self.origins:
            console.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
        console.detach()


@dataclass
class Person:
    """Somebody at a browser, who reads and presses what is on the screen.

    language: en, zh-CN. tab: the page in front.
    """

    name: str
    email: str
    password: str
    language: str
    context: BrowserContext
    witness: Witness
    tab: Page

    def t(self, key: str, **values: object) -> str:
        """A text in this person's language."""
        return label(self.language, key, **values)

    # --- looking

    @property
    def front(self) -> Locator:
        """The open dialog, else the page, once it is all there: without its scripts its forms would be plain ones."""
        self.tab.wait_for_load_state()
        dialog = self.tab.locator("dialog[open]").last
        return dialog if dialog.count() else self.tab.locator("body")

    def sees(self, key: str, **values: object) -> None:
        """This text stands somewhere on the screen."""
        expect(self.tab.get_by_text(self.t(key, **values)).filter(visible=True).first).to_be_visible()

    def sees_not(self, key: str, **values: object) -> None:
        """This text stands nowhere on the screen."""
        expect(self.tab.get_by_text(self.t(key, **values)).filter(visible=True)).to_have_count(0)

    def reads(self, text: str) -> None:
        """Data, or a literal server message, stands somewhere on the screen."""
        expect(self.tab.get_by_text(text).filter(visible=True).first).to_be_visible()

    def is_on(self, key: str, **values: object) -> None:
        """The page with this heading is in front."""
        expect(self.tab.get_by_role("heading", level=1).filter(visible=True).first).to_contain_text(
            self.t(key, **values)
        )

    def is_told(self, key: str, **values: object) -> None:
        """A toast with this text is there, and may stay for a while."""
        toast = self.tab.locator("#toasts > *").filter(has_text=self.t(key, **values)).last
        expect(toast).to_be_visible()

    def is_refused(self, wire: str) -> None:
        """An alert shows this literal server message; the Chinese page marks it as English."""
        alert = self.tab.locator("#toasts").get_by_role("alert").filter(has_text=wire).last
        expect(alert).to_be_visible()
        if self.language != "en":
            expect(alert.locator('[lang="en"]').filter(has_text=wire).first).to_be_visible()

    # --- doing

    def goes_to(self, url: str) -> None:
        """Types an address."""
        self.tab.goto(url)

    def presses(self, key: str, **values: object) -> None:
        """A button."""
        self.front.get_by_role("button", name=self.t(key, **values), exact=True).filter(visible=True).first.click()

    def follows(self, key: str, **values: object) -> None:
        """A link."""
        self.front.get_by_role("link", name=self.t(key, **values), exact=True).filter(visible=True).first.click()

    def fills(self, key: str, value: str) -> None:
        """A field, found by its label."""
        self.field(key).fill(value)

    def field(self, key: str) -> Locator:
        """The field with this label, whether or not the label says that it is required."""
        wanted = re.compile(rf"^\s*{re.escape(self.t(key))}\s*([*(（:：].*)?\s*$", re.DOTALL)
        return self.front.get_by_label(wanted).filter(visible=True).first

    def chooses(self, key: str) -> None:
        """A radio button or a box to tick."""
        self.field(key).check()

    def selects(self, key: str, option: str) -> None:
        """An option of a list, by the words on the screen."""
        self.field(key).select_option(label=option)

    def attaches(self, path: Path) -> None:
        """A file, by the button that asks for one."""
        with self.tab.expect_file_chooser() as chooser:
            self.presses("chooseFile")
        chooser.value.set_files(path)
        self.reads(path.name)

    def saves(self, folder: Path, key: str, **values: object) -> Path:
        """Presses what gives a file; where it was saved, under the name that the page gave it."""
        with self.tab.expect_download() as download:
            self.presses(key, **values)
        saved = folder / download.value.suggested_filename
        download.value.save_as(saved)
        return saved

    def opens_in_new_tab(self, link: Locator) -> None:
        """Follows a link that opens a new tab, which is in front from then on."""
        with self.context.expect_page() as opened:
            link.click()
        self.tab = opened.value
        self.tab.wait_for_load_state()
