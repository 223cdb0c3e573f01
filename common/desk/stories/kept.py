"""Incidents under way, in the home: what a desk that begins anew must know of what stands broken."""

import base64
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from common.desk.stories.home import INSTANCE, HttpCaller
from common.desk.stories.incidents import INCIDENTS
from common.desk.stories.scene import Scene, StoryFailed, knows
from common.desk.stories.service import Step, Telling
from common.files import PRIVATE, read_json, write_json
from common.wire.base import iso

RECORD = "incidents.json"
_lock = Lock()


def keep(home: Path, telling: Telling) -> None:
    """Write down how far it has come; nothing of one that has not begun, or has come to its end."""
    under_way = telling.steps and telling.upcoming is not None
    _put(home, telling.incident.name, _state_of(telling) if under_way else None)


def drop(home: Path, name: str) -> None:
    """Forget it."""
    _put(home, name, None)


def kept(home: Path) -> dict[str, Any]:
    """What is under way: name -> how far it has come."""
    found = read_json(home / "desk" / RECORD) or {}
    return {name: state for name, state in found.items() if name in INCIDENTS}


def standing_broken(home: Path) -> list[str]:
    """Names of those that wait to be repaired, in a world that is still there."""
    stack = read_json(home / "stack.json") or {}
    return [name for name, state in kept(home).items() if state["broken"] and not _is_gone(stack, state)]


def told_so_far(state: Mapping[str, Any], name: str, scene: Scene, language: str) -> Telling:
    """As it was when it was written down. scene: as a new one is."""
    there = state["scene"]
    scene.name, scene.cloud_id, scene.id = there["name"], there["cloudId"], there["id"]
    scene.token, scene.good = there["token"], base64.b64decode(there["good"])
    scene.client_shows = there["clientShows"]
    scene.faults = [(scene.cloud if app == "cloud" else scene.instance, fault) for app, fault in there["faults"]]
    telling = Telling(INCIDENTS[name], scene, language)
    telling.steps = [
        Step(step, text, as_expected, rule, tuple(entries)) for step, text, as_expected, rule, entries in state["steps"]
    ]
    telling.since, telling.older = datetime.fromisoformat(state["since"]), state["older"]
    return telling


def _put(home: Path, name: str, state: Mapping[str, Any] | None) -> None:
    with _lock:
        known = kept(home)
        if state is None and name not in known:
            return
        rest = {each: value for each, value in known.items() if each != name}
        write_json(home / "desk" / RECORD, rest if state is None else {**rest, name: state}, PRIVATE)


def _state_of(telling: Telling) -> dict[str, Any]:
    scene = telling.scene
    return {
        "broken": telling.is_broken,
        "steps": [list(each) for each in telling.steps],
        "since": iso(telling.since),
        "older": telling.older,
        "scene": {
            "name": scene.name,
            "cloudId": scene.cloud_id,
            "id": scene.id,
            "token": scene.token,
            "good": base64.b64encode(scene.good).decode(),
            "clientShows": scene.client_shows,
            "faults": [["cloud" if app is scene.cloud else "instance", fault] for app, fault in scene.faults],
        },
    }


def _is_gone(stack: Mapping[str, Any], state: Mapping[str, Any]) -> bool:
    """An instance that is down says nothing."""
    with suppress(StoryFailed, KeyError):
        return not knows(HttpCaller(stack[INSTANCE], stack.get("ca")), state["scene"]["id"])
    return False
