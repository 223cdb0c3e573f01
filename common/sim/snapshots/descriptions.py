"""What a snapshot says of itself: `NAME.json` on the shelf, and the folder that it names."""

import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from common.files import PRIVATE, read_json, write_file
from common.settings import variables_in
from common.sim.snapshots import rules
from common.sim.snapshots.folders import APPS, Layout

FORMAT = 1
LOADING = "loading.json"


class Snapshot(NamedTuple):
    """What a description says. data: the folder. schemas: by app, None without a database. instance: up or not, and
    the configuration in effect. addresses: of the home that it was taken in. folders: that its files lie in, and empty
    ones."""

    name: str
    saved_at: str
    size: int
    data: str
    addresses: Mapping[str, str]
    schemas: Mapping[str, str | None]
    instance: Mapping[str, Any]
    folders: Sequence[str]


def told(snapshot: Snapshot) -> dict[str, Any]:
    """As every door tells it: `{"name", "savedAt", "bytes", "seed"}`. savedAt: real time."""
    return {
        "name": snapshot.name,
        "savedAt": snapshot.saved_at.replace("+00:00", "Z"),
        "bytes": snapshot.size,
        "seed": snapshot.name == rules.SEED,
    }


def listed(layout: Layout) -> list[Snapshot]:
    """All of them, by name."""
    found = (_read(path) for path in sorted(layout.shelf.glob("*.json")) if path.name != LOADING)
    return [each for each in found if each is not None]


def shown(layout: Layout) -> list[Snapshot]:
    """Those that people may bring back: without what worlds are built on."""
    return [each for each in listed(layout) if each.name not in (rules.BLANK, rules.BACK)]


def find(layout: Layout, name: str) -> Snapshot:
    """One by its name. Errors: 400, 404; 409 there is none of the seed."""
    found = _read(layout.shelf / f"{rules.checked_name(name)}.json")
    if found is None:
        own = {rules.SEED: rules.no_seed, rules.BLANK: rules.no_blank}
        raise own[name]() if name in own else rules.unknown(name, [each.name for each in shown(layout)])
    return found


def write_description(layout: Layout, snapshot: Snapshot) -> Snapshot:
    document = {"format": FORMAT, **snapshot._asdict()}
    content = json.dumps(document, indent=2)
    write_file(layout.shelf / f"{snapshot.name}.json", content, PRIVATE, durable=True)
    sweep(layout)
    return snapshot


def sweep(layout: Layout) -> None:
    """Remove the folders that no description names."""
    loading = read_json(layout.shelf / LOADING) or {}
    known = {each.data for each in listed(layout)} | {each["data"] for each in loading.values()}
    for folder in layout.shelf.iterdir():
        if folder.is_dir() and folder.name not in known:
            shutil.rmtree(folder, ignore_errors=True)


def copy_of(folder: Path, app: str) -> Path:
    return folder / "databases" / f"{app}.copy"


def _read(path: Path) -> Snapshot | None:
    document = read_json(path)
    with suppress(KeyError, ValueError):
        return description_of(document) if document is not None and document.get("format") == FORMAT else None
    return None


def description_of(document: Any) -> Snapshot:
    """What a description says, which may be somebody else's. Errors: KeyError, ValueError."""
    if not isinstance(document, dict):
        raise ValueError("its description is no object")
    found = Snapshot(*(document[field] for field in Snapshot._fields))
    instance = found.instance if isinstance(found.instance, dict) else {}
    fits = {
        "name": isinstance(found.name, str),
        "saved_at": isinstance(found.saved_at, str),
        "size": type(found.size) is int,
        "data": isinstance(found.data, str),
        "addresses": isinstance(found.addresses, dict) and all(map(_is_text, found.addresses.values())),
        "schemas": isinstance(found.schemas, dict)
        and all(app in APPS and (schema is None or _is_text(schema)) for app, schema in found.schemas.items()),
        "instance": isinstance(instance.get("up"), bool) and _is_configuration(instance.get("effective")),
        "folders": isinstance(found.folders, list) and all(map(_is_text, found.folders)),
    }
    for field, fine in fits.items():
        if not fine:
            raise ValueError(f"its {field} cannot be read")
    return found


def _is_configuration(effective: object) -> bool:
    """None: it never ran."""
    if effective is None:
        return True
    with suppress(ValueError):
        variables_in(effective)
        return True
    return False


def _is_text(value: object) -> bool:
    return isinstance(value, str)
