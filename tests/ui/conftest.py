"""Browsers for the tests of the pages: Debian's Chromium, a running stack, and people at it.

pytest-playwright brings `--headed`, `--tracing retain-on-failure` and `--screenshot only-on-failure`.
"""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from common.ids import SystemIds
from tests.support import browser as browsers
from tests.support.browser import LOCALES, PATIENCE_MS, Person, Witness
from tests.support.shared import run_folder, shared
from tests.support.stack import TYPED_PASSWORD, Stack, Wardenloop, free_base_port

MakePerson = Callable[..., Person]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium instead of one that Playwright would have to download."""
    return browser_type_launch_args | browsers.launch_settings()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Stack]:
    """One stack, started when a test first asks. Tests share it, so each brings its own people."""
    folder = run_folder(tmp_path_factory) / "browsers"

    def start(folder: Path) -> int:
        command = Wardenloop(folder / "home", free_base_port(worker_id))
        command.done("up", "--detach", "--base-port", str(command.base_port))
        return command.base_port

    with shared(folder, start) as base_port:
        yield Stack.running(Wardenloop(folder / "home", base_port), password=TYPED_PASSWORD)


@pytest.fixture(params=LOCALES)
def language(request: pytest.FixtureRequest) -> str:
    """Both languages, one after the other: en, zh-CN."""
    return str(request.param)


@pytest.fixture
def witness() -> Iterator[Witness]:
    """Sees everything that the pages of a test do; what must not happen fails the test."""
    seen = Witness(frozenset(), {TYPED_PASSWORD})
    yield seen
    seen.verify()


@pytest.fixture
def person(stack: Stack, witness: Witness, new_context: Callable[..., BrowserContext]) -> Callable[..., Person]:
    """person("Ada", language="zh-CN"): somebody new at a browser of their own, with a fresh address."""
    witness.hosts = stack.hosts
    tag, number = SystemIds().digits(6), count(1)

    def sit_down(name: str, language: str = "en", email: str | None = None, **settings: Any) -> Person:
        context = new_context(locale=LOCALES[language], accept_downloads=True, **settings)
        context.set_default_timeout(PATIENCE_MS)
        witness.watch(context)
        address = email or f"{name.split()[0].lower()}-{tag}-{next(number)}@ui.example"
        return Person(name, address, TYPED_PASSWORD, language, context, witness, context.new_page())

    return sit_down
