"""Running an incident: stage, break, see, explain, repair. Each step is told as it is done."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import Any, NamedTuple

from common.clock import SystemClock
from common.desk.journal.rules import call_behind, with_causes
from common.desk.stories.incident import Incident, is_seen
from common.desk.stories.incidents import INCIDENTS
from common.desk.stories.scene import Scene
from common.server.locale.texts import CHINESE, ENGLISH, Texts
from common.wire.base import iso

LANGUAGES = {"en": ENGLISH, "zh": CHINESE}


class UnknownIncident(ValueError):
    """No incident has this name; the text says which there are."""


class Step(NamedTuple):
    """What was done, and whether it came out as it should. entries: ids of the journal. rule: that refused."""

    step: str
    text: str
    as_expected: bool = True
    rule: str | None = None
    entries: tuple[str, ...] = ()


def listed(language: str) -> list[dict[str, Any]]:
    """Every incident in words."""
    texts = Texts(LANGUAGES[language])
    return [_words(name, texts) | {"seen": each.seen or None} for name, each in INCIDENTS.items()]


def find_incident(name: str) -> Incident:
    """Errors: UnknownIncident."""
    if name not in INCIDENTS:
        raise UnknownIncident(f"There is no incident {name!r}. There are: {', '.join(INCIDENTS)}.")
    return INCIDENTS[name]


ORDER = ("stage", "break", "see", "explain", "repair", "works")
"""The steps of an incident."""


class Telling:
    """An incident that is told step by step, each when it is asked for.

    steps: those that are done. since: when something was broken. older: the release that somebody had chosen before.
    """

    def __init__(self, incident: Incident, scene: Scene, language: str) -> None:
        self.incident, self.scene, self.steps = incident, scene, list[Step]()
        self._words = _words(incident.name, Texts(LANGUAGES[language]))
        self.since = SystemClock().now()
        self.older: str | None = None

    @property
    def upcoming(self) -> str | None:
        """The step that comes next; None at the end."""
        return ORDER[len(self.steps)] if len(self.steps) < len(ORDER) else None

    @property
    def is_broken(self) -> bool:
        """Whether something stands broken that waits to be repaired."""
        return self.upcoming in ("see", "explain", "repair")

    def go_on(self) -> Step:
        """Do the next step. Raises StoryFailed, and the step is not done."""
        step = {
            "stage": self._stage,
            "break": self._break,
            "see": self._see,
            "explain": self._explain,
            "repair": self._repair,
            "works": self._look_again,
        }[ORDER[len(self.steps)]]()
        self.steps.append(step)
        return step

    def put_right(self) -> None:
        """Repair what was broken, and be as if nothing had been told."""
        self.incident.repair(self.scene)
        self.steps.clear()

    def end(self) -> None:
        """Have the instance behave as the release again that somebody had chosen before."""
        if self.older is not None:
            self.scene.restart_as(self.older)
            self.older = None

    def _stage(self) -> Step:
        self.older = self.scene.to_newest() or self.older
        self.scene.stage()
        if self.incident.talks:
            self.scene.require_communication()
        return Step("stage", self._words["title"])

    def _break(self) -> Step:
        self.since = SystemClock().now()
        self.incident.break_(self.scene)
        return Step("break", self._words["title"])

    def _see(self) -> Step:
        seen = self.incident.see(self.scene)
        return Step("see", seen.text, is_seen(self.incident, seen))

    def _explain(self) -> Step:
        return _explained(self.incident, self.scene, self._words["cause"], self.since)

    def _repair(self) -> Step:
        self.incident.repair(self.scene)
        return Step("repair", self._words["repair"])

    def _look_again(self) -> Step:
        works = self.incident.works(self.scene)
        self.end()
        return Step("works", works.text, works.ok and not is_seen(self.incident, works))


def tell(
    incident: Incident, scene: Scene, language: str, keep: Callable[[Telling], None] = lambda _: None
) -> Iterator[Step]:
    """All steps but the breaking, one after the other; the next one is done when it is asked for. Raises StoryFailed.

    keep: is shown how far it has come. Incidents are those of the newest release. What was broken is put right again,
    and the release that was chosen comes back, also when the story ends early.
    """
    telling = Telling(incident, scene, language)

    def go_on() -> Step:
        step = telling.go_on()
        keep(telling)
        return step

    with ExitStack() as stack:
        stack.callback(telling.end)
        yield go_on()
        try:
            go_on()
            yield go_on()
            yield go_on()
        except BaseException:
            telling.put_right()
            keep(telling)
            raise
        yield go_on()
        yield go_on()


def _explained(incident: Incident, scene: Scene, cause: str, since: datetime) -> Step:
    """The cause in words, with the refusal that the journal has of it."""
    entry = _refusal(incident, scene, since)
    if entry is None:
        return Step("explain", cause, as_expected=incident.operation is None)
    because = _because(entry, scene)
    entries = (entry["id"], entry["peer"], because.get("entry"))
    return Step("explain", cause, rule=because.get("rule") or entry["rule"], entries=tuple(filter(None, entries)))


def _because(entry: dict[str, Any], scene: Scene) -> dict[str, Any]:
    """What the cloud says of the call that came to nothing; else what the instance says of it."""
    answered = scene.cloud.call("GET", f"/_sim/journal/{call_behind(entry)}")
    others = {answered.body["id"]: answered.body} if answered.ok else {}
    return with_causes([entry], others)[0]["because"] or {}


def _refusal(incident: Incident, scene: Scene, since: datetime) -> dict[str, Any] | None:
    if incident.operation is None:
        return None
    kind = "job" if incident.operation.startswith("job ") else "request"
    found = scene.instance.call(
        "POST", "/_sim/journal/find", json={"operation": incident.operation, "since": iso(since), "kind": kind}
    )
    matches = found.body["matches"] if found.ok else []
    refused = [each for each in matches if each["rule"] or each["fault"]]
    return refused[-1] if refused else None


def _words(name: str, texts: Texts) -> dict[str, str]:
    keys = ("title", "cause", "repair")
    return {"name": name} | {each: texts(f"x.incident.{name}.{each}") for each in keys}
