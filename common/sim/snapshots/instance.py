"""The instance, which is brought up and down by its runners: told what to be, and waited for."""

import fcntl
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from common.files import PRIVATE, write_json
from common.sim.snapshots.descriptions import Snapshot
from common.sim.snapshots.folders import Layout

_INSTANCE_SECONDS = 60.0
_POLL = 0.03


def stop_unless_same(layout: Layout, snapshot: Snapshot, change: Any) -> None:
    here, told = layout.instance(), _instance_of(snapshot, change)
    if here.same(here._replace(up=told["up"], effective=told["effective"])):
        return
    _tell_instance(layout, up=False, generation=here.generation + 1)
    _until(layout, here.generation + 1, {"down"})


def configure(layout: Layout, snapshot: Snapshot, change: Any) -> None:
    """Put the configuration in place that was in effect, before its database, whose address it has, is looked for."""
    here, effective = layout.instance(), _instance_of(snapshot, change)["effective"]
    if here.same(here._replace(effective=effective)):
        return
    if effective is None:
        (layout.root / "selfhost" / "effective.json").unlink(missing_ok=True)
    else:
        _write_effective(layout, effective)


def start(layout: Layout, snapshot: Snapshot) -> None:
    here = layout.instance()
    if snapshot.instance["up"] and not here.up:
        _write_effective(layout, {**(here.effective or {}), "generation": here.generation + 1})
        _tell_instance(layout, up=True, generation=here.generation + 1)


def await_started(layout: Layout) -> None:
    """Where it was started anew: until it serves, or has said why it cannot."""
    here = layout.instance()
    if here.up:
        _until(layout, here.generation, {"healthy", "crashed"})


def _instance_of(snapshot: Snapshot, change: Any) -> Mapping[str, Any]:
    written = json.dumps(snapshot.instance, ensure_ascii=False).encode()
    found: Mapping[str, Any] = json.loads(b"".join(change([written])))
    return found


def _write_effective(layout: Layout, effective: Mapping[str, Any]) -> None:
    write_json(layout.root / "selfhost" / "effective.json", effective, PRIVATE)


def _tell_instance(layout: Layout, *, up: bool, generation: int) -> None:
    state = "up" if up else "down"
    write_json(layout.root / "selfhost" / "desired.json", {"generation": generation, "state": state})


def _until(layout: Layout, generation: int, states: set[str]) -> None:
    wanted = {f"{generation} {state}" for state in states}
    deadline = time.monotonic() + _INSTANCE_SECONDS
    while _runners_live(layout) and not layout.states() <= wanted and time.monotonic() < deadline:
        time.sleep(_POLL)


def _runners_live(layout: Layout) -> bool:
    return any(_is_locked(layout.root / "selfhost" / f"runner-{service}.lock") for service in ("api", "jobs"))


def _is_locked(path: Path) -> bool:
    with suppress(FileNotFoundError), path.open("r") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
