"""What both sides believed at some moment, kept under a name below the stack's home, and what has changed since."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from common.errors import not_found
from common.files import PRIVATE, read_json, write_file
from common.sim.snapshots.rules import own_name

_FOLDER = "inspector"
MOST = 50
"""So many are kept."""

NOW = ""
"""Stands for the state that has no name."""


class Difference(NamedTuple):
    """A value that is another one. path: where it is. None = it was, or is, not there."""

    path: str
    before: str | None
    after: str | None


def keep(home: Path, name: str, state: Mapping[str, Any]) -> None:
    """Keep a state; of more than MOST the oldest go. Errors: 400 that is no name."""
    folder = home / _FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    text = json.dumps(state, ensure_ascii=False)
    write_file(folder / f"{own_name(name)}.json", text.encode(), PRIVATE)
    for oldest in names(home)[MOST:]:
        forget(home, oldest)


def names(home: Path) -> list[str]:
    """Those that are kept, the newest first."""
    found = (home / _FOLDER).glob("*.json")
    return [path.stem for path in sorted(found, key=_written_at, reverse=True)]


def _written_at(path: Path) -> float:
    """The oldest of all where somebody throws it away meanwhile."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def find(home: Path, name: str) -> dict[str, Any]:
    """One that was kept. Errors: 404."""
    found = read_json(home / _FOLDER / f"{name}.json") if name in names(home) else None
    if not isinstance(found, dict):
        raise not_found("sim.inspector-state")
    return found


def forget(home: Path, name: str) -> None:
    """Throw one away."""
    if name in names(home):
        (home / _FOLDER / f"{name}.json").unlink(missing_ok=True)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Every value that differs, by where it is. What only says what time it is does not count."""
    old, new = dict(_values(before)), dict(_values(after))
    return [
        Difference(path, old.get(path), new.get(path))
        for path in sorted({*old, *new})
        if old.get(path) != new.get(path) and not path.endswith((".now", ".nextRun", ".refresh"))
    ]


def _values(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _values(part, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for at, part in enumerate(value):
            yield from _values(part, f"{path}[{_name_of(part, at)}]")
    else:
        yield path, json.dumps(value, ensure_ascii=False)


def _name_of(part: Any, at: int) -> str:
    """What a member of a list is told apart by; its place where it has no name."""
    known = part if isinstance(part, Mapping) else {}
    return str(next((known[key] for key in ("id", "name", "friendlyName", "installationId") if known.get(key)), at))
