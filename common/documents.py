"""The steps of the two documents, once: the guided run performs them, the start page's checklist and the walkthrough
lead through them, the browser tests follow them. The words are in documents.json."""

import json
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

LICENSES, SPONSORSHIPS = "002", "000"
"""The documents, by the numbers of their files."""

Place = Literal["cloud", "selfhost", "portal", "files"]
"""Where a step is done: in a web vault, in the System Administrator Portal, or in the instance's files and terminal."""


class Step(NamedTuple):
    """One step. anchor: section of the document, and the numbers there. en, zh: what the document says.

    task: key of the few words on the checklist; None for what the checklist passes over.
    """

    name: str
    anchor: str
    place: Place
    en: str
    zh: str
    task: str | None = None


class Chapter(NamedTuple):
    """Steps under one heading. key: of its text."""

    key: str
    steps: tuple[Step, ...]

    @property
    def tasks(self) -> tuple[Step, ...]:
        """The steps on the checklist."""
        return tuple(step for step in self.steps if step.task)


class Document(NamedTuple):
    """One document. number: its file's. key: of its title."""

    number: str
    key: str
    chapters: tuple[Chapter, ...]

    @property
    def steps(self) -> dict[str, Step]:
        """All steps by name."""
        return {step.name: step for chapter in self.chapters for step in chapter.steps}


@cache
def documents() -> dict[str, Document]:
    """Both documents by number."""
    read = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
    return {each["number"]: _document(**each) for each in read}


def _document(number: str, key: str, chapters: list[dict[str, object]]) -> Document:
    return Document(number, key, tuple(_chapter(**each) for each in chapters))  # type: ignore[arg-type]  # our own file


def _chapter(key: str, steps: list[dict[str, object]]) -> Chapter:
    return Chapter(key, tuple(Step(**each) for each in steps))  # type: ignore[arg-type]  # our own file
