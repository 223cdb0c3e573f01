"""Reading the journals of all apps. Each app keeps its own, and waits for what it has answered before."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

from common.desk.faults.service import Transport
from common.desk.journal.rules import Entry, call_behind, in_order, with_beginners, with_causes, with_regions
from common.desk.time.apps import AppRefused
from common.desk.time.http import NotThere, segment
from common.errors import Refusal, not_found
from common.sim.journal.advice import with_advice

PATH = "/_sim/journal"
RULE = "sim.journal"
OFF, UNKNOWN, BAD_REQUEST = 409, 404, 400
MOST_NEAR_MISSES = 10
_MOST_BEHIND = 200
"""Other ends that are looked up for one answer, the newest."""


@dataclass
class Told:
    """What the apps said, by name. silent: those that did not answer. off: those that keep no journal."""

    answers: dict[str, Any] = field(default_factory=dict)
    silent: list[str] = field(default_factory=list)
    off: list[str] = field(default_factory=list)


def entries(
    apps: Mapping[str, Transport], query: Mapping[str, str], limit: int, language: str
) -> tuple[list[Entry], Told]:
    """The newest that are meant, of all apps, in order."""
    told = _ask_all(apps, lambda app: app.get(PATH, **query, limit=str(limit))["data"])
    found = in_order(each for those in told.answers.values() for each in those)
    return _joined(apps, found[-limit:], language), told


def after(
    apps: Mapping[str, Transport], numbers: Mapping[str, int], language: str
) -> tuple[list[Entry], dict[str, int]]:
    """What was written later than these numbers of each app, and the numbers to go on from. No number: from now on."""
    found: list[Entry] = []
    known = dict(numbers)
    for name, app in apps.items():
        try:
            if name in known:
                found += app.get(PATH, after=str(known[name]))["data"]
            else:
                newest = app.get(PATH, limit="1")["data"]
                known[name] = newest[-1]["number"] if newest else 0
        except (NotThere, AppRefused):
            continue
    for each in found:
        known[each["app"]] = max(known[each["app"]], each["number"])
    return _joined(apps, in_order(found), language), known


def show(apps: Mapping[str, Transport], entry_id: str, language: str) -> Entry:
    """One entry, wherever it is. Errors: 404."""
    told = _ask_all(apps, lambda app: app.get(f"{PATH}/{segment(entry_id)}"), passed_over=(UNKNOWN,))
    found = list(told.answers.values())
    if not found:
        raise not_found(RULE)
    return _joined(apps, found[:1], language)[0]


def note(apps: Mapping[str, Transport], what: str, name: str, outcome: str) -> bool:
    """Have it written down, by the first app that keeps a journal; whether there is one."""
    for app in apps.values():
        try:
            app.post(PATH, {"what": what, "name": name, "outcome": outcome})
        except (NotThere, AppRefused):
            continue
        return True
    return False


def find(apps: Mapping[str, Transport], pattern: Mapping[str, Any], language: str) -> dict[str, Any]:
    """`matches` and `nearMisses` of all apps. Errors: 400 what no app understands."""
    refused: list[AppRefused] = []
    answers = []
    for app in apps.values():
        try:
            answers.append(app.post(f"{PATH}/find", pattern))
        except NotThere:
            continue
        except AppRefused as error:
            if error.status != OFF:
                refused.append(error)
    if refused and not answers:
        raise Refusal(refused[0].status, str(refused[0]), rule=RULE)
    matches = in_order(each for answer in answers for each in answer["matches"])
    near = [each for answer in answers for each in answer["nearMisses"]]
    near.sort(key=lambda miss: (len(miss["reasons"]), _backwards(miss["entry"]["realAt"])))
    return {"matches": _joined(apps, matches, language), "nearMisses": near[:MOST_NEAR_MISSES]}


def clear(apps: Mapping[str, Transport]) -> Told:
    """Forget all, everywhere."""
    return _ask_all(apps, lambda app: app.delete(PATH))


def _backwards(text: str) -> list[int]:
    return [-ord(character) for character in text]


def _joined(apps: Mapping[str, Transport], found: Sequence[Entry], language: str) -> list[Entry]:
    """With what only all apps together know."""

    @cache
    def is_known_elsewhere(identifier: str, here: str) -> bool:
        clouds = [app for name, app in apps.items() if name.startswith("cloud") and name != here]
        return any(_answers(partial(app.get, f"/_sim/installations/{identifier}")) for app in clouds)

    known = with_regions([*found, *_behind(apps, found)], is_known_elsewhere)
    others = {each["id"]: each for each in known}
    asked = [others[each["id"]] for each in found]
    return with_advice(with_causes(with_beginners(asked), others), language)


def _behind(apps: Mapping[str, Transport], found: Sequence[Entry]) -> list[Entry]:
    """The entries at the other ends of the calls that these come of, as far as they are not among them."""
    here = {each["id"] for each in found}
    wanted = sorted({number for each in found if (number := call_behind(each))} - here)[-_MOST_BEHIND:]
    if not wanted:
        return []
    told = _ask_all(apps, lambda app: app.get(PATH, id=",".join(wanted))["data"], passed_over=(BAD_REQUEST,))
    return [each for those in told.answers.values() for each in those]


def _answers(question: Callable[[], Any]) -> bool:
    try:
        question()
    except (AppRefused, NotThere):
        return False
    return True


def _ask_all(
    apps: Mapping[str, Transport], question: Callable[[Transport], Any], passed_over: tuple[int, ...] = ()
) -> Told:
    told = Told()
    for name, app in apps.items():
        try:
            told.answers[name] = question(app)
        except NotThere:
            told.silent.append(name)
        except AppRefused as refused:
            if refused.status == OFF:
                told.off.append(name)
            elif refused.status not in passed_over:
                raise Refusal(refused.status, str(refused), rule=RULE) from refused
    return told
