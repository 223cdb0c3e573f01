"""The handbook's pages are in step with the code, and quote what the product really says."""

import json

import pytest

from tests.architecture.sources import ROOT, paths, text
from tests.support import handbook
from tests.support.troubles import TROUBLES


@pytest.mark.parametrize("name", handbook.PAGES)
def test_page_is_in_step_with_the_code(name: str) -> None:
    """`python -m tests.support.handbook` writes it anew."""
    assert (ROOT / "docs" / name).read_text("utf-8") == handbook.PAGES[name]()


def test_no_chinese_of_the_settings_is_left_over() -> None:
    page = (ROOT / "docs/settings.md").read_text("utf-8")
    words = json.loads(handbook.SETTINGS_IN_CHINESE.read_text("utf-8"))
    assert [english for english in words if english not in page] == []


def test_every_text_in_troubleshooting_is_one_that_the_product_says() -> None:
    code = "".join(text(path) for path in paths(".py") if "tests" not in path.relative_to(ROOT).parts)
    wire = (ROOT / "common/server/locale/catalogue/wire.json").read_text("utf-8")
    unsaid = [each.text for each in TROUBLES if each.text not in code and each.text not in wire]
    assert unsaid == []


def test_every_command_that_the_pages_name_is_there() -> None:
    known = handbook.commands("en")
    named = {each.command for each in TROUBLES if each.command}
    unknown = [
        each for each in named if " ".join(each.split()[:2]) not in known and f"### `{each.split()[1]}`" not in known
    ]
    assert unknown == []
