"""Every screen of the table: axe finds nothing grave, it fits on a phone, and the browser does not complain."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support import accessibility
from tests.support.furnished import furnish
from tests.support.shared import run_folder
from tests.support.stack import Stack, stack_for_browsers
from tests.ui.screens import SCREENS, Photographer, Screen

VARIANTS = (("en", "light", "wide"), ("zh-CN", "dark", "phone"))


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Stack]:
    """One of their own, where nobody moves the time, so that another worker can do the rest meanwhile."""
    with stack_for_browsers(run_folder(tmp_path_factory) / "screens", worker_id) as started:
        yield started


@pytest.fixture(scope="module")
def photographer(stack: Stack, browser: Browser) -> Photographer:
    """Somebody who can show every screen of a furnished stack."""
    return Photographer(browser, furnish(stack))


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_screen(photographer: Photographer, screen: Screen) -> None:
    for language, theme, size in VARIANTS:
        with photographer.facing(screen, language, theme, size) as person:
            accessibility.check(person.tab, only_look=(language, theme, size) != VARIANTS[0])
            widths = person.tab.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
            assert widths[0] <= widths[1], f"{language} {theme} {size}: scrolls sideways, {widths}"
            person.witness.verify()
