"""Running an incident: stage, break, see, explain, repair. Each step is told as it is done."""

from collections.abc import Iterator
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


def tell(incident: Incident, scene: Scene, language: str) -> Iterator[Step]:
    """The steps, one after the other; the next one is done when it is asked for. Raises StoryFailed.

    What was broken is put right again, also when the story ends early.
    """
    words = _words(incident.name, Texts(LANGUAGES[language]))
    scene.stage()
    if incident.talks:
        scene.require_communication()
    yield Step("stage", words["title"])
    try:
        since = SystemClock().now()
        incident.break_(scene)
        seen = incident.see(scene)
        yield Step("see", seen.text, is_seen(incident, seen))
        yield _explained(incident, scene, words["cause"], since)
    finally:
        incident.repair(scene)
    yield Step("repair", words["repair"])
    works = incident.works(scene)
    yield Step("works", works.text, works.ok and not is_seen(incident, works))


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
    found = scene.instance.call(
        "POST", "/_sim/journal/find", json={"operation": incident.operation, "since": iso(since), "kind": "request"}
    )
    matches = found.body["matches"] if found.ok else []
    refused = [each for each in matches if each["rule"]]
    return refused[-1] if refused else None


def _words(name: str, texts: Texts) -> dict[str, str]:
    keys = ("title", "cause", "repair")
    return {"name": name} | {each: texts(f"x.incident.{name}.{each}") for each in keys}
