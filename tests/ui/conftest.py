"""Browsers for the tests of the pages: Debian's Chromium, a running stack, and people at it.

pytest-playwright brings `--headed`; its `--tracing` and `--screenshot` see its own `page`, not the people of `person`.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Browser, ViewportSize

from common.ids import SystemIds
from tests.support import browser as browsers
from tests.support.browser import Benches, Person, Witness
from tests.support.shared import run_folder
from tests.support.stack import TYPED_PASSWORD, Stack, stack_for_browsers

SCREEN: ViewportSize = {"width": 1280, "height": 720}


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium instead of one that Playwright would have to download."""
    return browser_type_launch_args | browsers.launch_settings()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Stack]:
    """One stack, started when a test first asks. Tests share it, so each brings its own people."""
    with stack_for_browsers(run_folder(tmp_path_factory) / "browsers", worker_id) as started:
        yield started


@pytest.fixture(scope="session")
def benches(browser: Browser, stack: Stack) -> Benches:
    """Where people sit down, one after the other."""
    return Benches(browser, [f"http://{stack.host(app)}" for app in ("cloud_us", "cloud_eu", "selfhost", "mailbox")])


@pytest.fixture
def witness() -> Iterator[Witness]:
    """Sees everything that the pages of a test do; what must not happen fails the test."""
    seen = Witness(frozenset(), {TYPED_PASSWORD})
    yield seen
    seen.verify()


@pytest.fixture
def person(stack: Stack, witness: Witness, benches: Benches) -> Iterator[Callable[..., Person]]:
    """person("Ada", language="zh-CN"): somebody new at a browser of their own, with a fresh address."""
    witness.hosts = stack.hosts
    tag, number = SystemIds().digits(6), count(1)
    with ExitStack() as all_of_them:

        def sit_down(
            name: str, language: str = "en", email: str | None = None, viewport: ViewportSize = SCREEN
        ) -> Person:
            context = all_of_them.enter_context(benches.sit_down(language))
            witness.watch(context)
            all_of_them.callback(witness.leave, context)
            tab = context.new_page()
            tab.set_viewport_size(viewport)
            address = email or f"{name.split()[0].lower()}-{tag}-{next(number)}@ui.example"
            return Person(name, address, TYPED_PASSWORD, language, context, witness, tab)

        yield sit_down
