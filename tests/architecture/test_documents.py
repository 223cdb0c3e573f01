"""The documents' steps exist once (common/documents.json); whatever leads through them leads through all of them."""

import re
from pathlib import Path

import pytest

from common.cli.loop import script
from common.desk.rules import checklist
from common.documents import LICENSES, Chapter, documents
from common.server.locale.texts import catalogue

ROOT = Path(__file__).parents[2]
CHAPTERS = [chapter for document in documents().values() for chapter in document.chapters]
TASKS = {(number, step.name) for number, each in documents().items() for step in each.steps.values() if step.task}

IN_THE_WALKTHROUGH = [chapter for chapter in CHAPTERS if chapter.key != "x.chapterBillingSync"]
"""Its steps are those of automatic sync, which stands in front of it."""


def test_the_guided_run_performs_every_step() -> None:
    performed = {(chapter.document, step.name) for chapter in script.chapters() for step in chapter.steps}
    without_region = {(document, re.sub("^(us|eu)-", "", name)) for document, name in performed}
    told = {(number, name) for number, document in documents().items() for name in document.steps}
    assert told - without_region == {(LICENSES, "premium")}  # part of download-individual-license


def test_the_checklist_is_made_of_steps() -> None:
    shown = [[step.key for chapter in each.chapters for step in chapter.steps] for each in checklist({}, {})]
    assert shown == [[step.task for step in each.steps.values() if step.task] for each in documents().values()]


def test_a_browser_follows_every_task() -> None:
    followed = set()
    for number in documents():
        source = (ROOT / "tests" / "ui" / f"test_document_{number}.py").read_text()
        followed |= {(number, name) for name in documents()[number].steps if f'"{name}"' in source}
    assert followed >= TASKS


@pytest.mark.parametrize(("page", "language"), [("walkthrough.en.md", "en"), ("walkthrough.zh-CN.md", "zh-Hans")])
def test_the_walkthrough_has_every_chapter_with_its_tasks(page: str, language: str) -> None:
    written = re.findall(r"^## \d\. (.+)\n\n<!-- steps: (.+) -->$", (ROOT / "docs" / page).read_text(), re.MULTILINE)
    assert written == [(catalogue()[chapter.key][language], _names(chapter)) for chapter in IN_THE_WALKTHROUGH]


def _names(chapter: Chapter) -> str:
    return " ".join(step.name for step in chapter.tasks)
