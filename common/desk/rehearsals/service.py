"""The engine: one step after the other, what was seen in each, kept until the next rehearsal begins."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from threading import Lock
from typing import Any, NamedTuple

from common.clock import SystemClock
from common.desk.rehearsals.causes import advice_on, newest_refusal
from common.desk.rehearsals.stage import MOMENT, Seen, Stage, day
from common.desk.rehearsals.stories import STORIES, Problem, Step
from common.desk.stories.scene import StoryFailed
from common.errors import conflict
from common.files import PRIVATE, read_json, write_json
from common.server.locale.texts import Texts

RECORD = "rehearsal.json"
_MENUS = {"awaiting": "x.awaitingSync", "manuallySync": "admin.manuallySync", "portal": "x.systemPortal"}
"""Names of placeholders whose key is another."""


_ONE_AT_A_TIME = Lock()


class UnknownRehearsal(ValueError):
    """No rehearsal, step or problem of this name; the text says which there are."""


class Words(NamedTuple):
    """A step in words. problems: what can go wrong there, by name."""

    do: str
    see: str
    problems: Mapping[str, str]


def find_step(story: str, step: str, problems: Sequence[str] = ()) -> Step:
    """Errors: UnknownRehearsal."""
    found = next((each for each in steps_of(story) if each.name == step), None)
    if found is None:
        raise UnknownRehearsal(f"No step {step!r}. There are: {', '.join(each.name for each in steps_of(story))}.")
    if unknown := [each for each in problems if each not in found.problems]:
        raise UnknownRehearsal(f"No problem {unknown[0]!r} here. There are: {', '.join(found.problems) or 'none'}.")
    return found


def steps_of(story: str) -> tuple[Step, ...]:
    """Errors: UnknownRehearsal."""
    if story not in STORIES:
        raise UnknownRehearsal(f"There is no rehearsal {story!r}. There are: {', '.join(STORIES)}.")
    return STORIES[story]


def words_of(story: str, step: Step, texts: Texts) -> Words:
    """With the words of the real menus."""
    base = f"x.rehearse.{story}.{step.name}"
    problems = {each: worded(f"x.rehearse.problem.{each}", texts) for each in step.problems}
    return Words(worded(f"{base}.do", texts), worded(f"{base}.see", texts), problems)


def worded(key: str, texts: Texts) -> str:
    """A text whose placeholders are keys of the web vault's own words."""
    raw = texts(key)
    named = {name for _, name, _, _ in Formatter().parse(raw) if name}
    return texts(key, **{name: texts(_MENUS.get(name, name)) for name in named}) if named else raw


def perform(stage: Stage, story: str, step: Step, problems: Sequence[str], home: Path) -> dict[str, Any]:
    """Do the step, after having had it go wrong as asked; what came of it is kept.

    Raises StoryFailed. Errors: 409 another one is being done: two would each see what the other one broke.
    """
    if not _ONE_AT_A_TIME.acquire(blocking=False):
        raise conflict("A step of a rehearsal is being done. Wait for its end.", rule="sim.rehearsal")
    try:
        return _performed(stage, story, step, problems, home)
    finally:
        _ONE_AT_A_TIME.release()


def _performed(stage: Stage, story: str, step: Step, problems: Sequence[str], home: Path) -> dict[str, Any]:
    wrong = [_staged(stage, name, step.problems[name]) for name in problems]
    since = SystemClock().now()
    try:
        found: Seen = step.perform(stage)
    except StoryFailed as failed:
        failed.why = newest_refusal(stage.apps(), since) if failed.refused else None
        raise
    outcome = {
        "step": step.name,
        "text": found.text,
        "asExpected": found.ok,
        "at": day(stage.now()),
        "why": None if found.ok else newest_refusal(stage.apps(), since),
        "problems": wrong,
    }
    _keep(home, story, step, outcome)
    return outcome


def _staged(stage: Stage, name: str, problem: Problem) -> dict[str, Any]:
    """One text has many causes: what was staged must be why it is read. Where no journal is kept, the text counts."""
    since = SystemClock().now()
    try:
        answer = problem.stage(stage)
    except StoryFailed as failed:  # not with this organization; the step itself may go well
        told = str(failed)
        return {"name": name, "text": told, "asExpected": False, "otherCause": False, "why": None}
    why = newest_refusal(stage.apps(), since)
    seen = not answer.ok and answer.text.startswith(problem.seen)
    caused = why is None or problem.cause in why["names"]
    return {
        "name": name,
        "text": answer.text,
        "asExpected": seen and caused,
        "otherCause": seen and not caused,
        "why": why,
    }


def told(outcome: Mapping[str, Any], texts: Texts) -> dict[str, Any]:
    """An outcome as it is answered: the reasons in words."""
    problems = [each | {"why": advice_on(each.get("why"), texts)} for each in outcome["problems"]]
    return {**outcome, "why": advice_on(outcome.get("why"), texts), "problems": problems}


def said(text: str, texts: Texts) -> str:
    """What was seen in a step: of a moment, what ends then; else as an app says it."""
    try:
        moment = datetime.strptime(text, MOMENT).replace(tzinfo=UTC)
    except ValueError:
        return text
    return texts("x.rehearse.until", moment=texts.moment(moment))


def worded_failure(failed: StoryFailed, texts: Texts) -> str:
    """Why a step could not be done, with what the journal says of it."""
    return "\n".join(filter(None, (failed.told(texts), advice_on(failed.why, texts))))


def record_of(home: Path) -> dict[str, Any] | None:
    """`{"story", "steps": {name: outcome}}` of the present rehearsal."""
    found = read_json(home / "desk" / RECORD)
    return found if found and found.get("story") in STORIES else None


def forget(home: Path) -> None:
    """Begin anew."""
    (home / "desk" / RECORD).unlink(missing_ok=True)


def _keep(home: Path, story: str, step: Step, outcome: Mapping[str, Any]) -> None:
    known = record_of(home)
    if known is None or known["story"] != story or step is STORIES[story][0]:
        known = {"story": story, "steps": {}}
    known["steps"][step.name] = dict(outcome)
    known["made"] = day(SystemClock().now())
    write_json(home / "desk" / RECORD, known, PRIVATE)
