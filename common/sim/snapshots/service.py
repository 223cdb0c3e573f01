"""Taking a snapshot of a stack, and bringing it back: while it runs, atomically, whatever dies in between.

A snapshot is a description (`NAME.json`) and the folder that it names. It comes into being when the description is
put in place, in one step. While one is brought back, `loading.json` says which and what was there before: whoever
finds it (`up`, the next snapshot) brings it to an end; until then the gates of the apps stay closed.
"""

import fcntl
import json
import logging
import shutil
import sqlite3
import time
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from common.clock import Clock
from common.errors import Refusal
from common.files import PRIVATE, read_json, write_blocks, write_file, write_json
from common.ids import Ids
from common.server import gate
from common.settings import variables_in
from common.sim.snapshots import databases, rules
from common.sim.snapshots.databases import Database, schema_of_copy
from common.sim.snapshots.folders import (
    APPS,
    Layout,
    belongs,
    bring_back,
    bring_mails_back,
    copy_out,
    link_all,
    mails_in,
    may_be_made,
)
from common.sim.snapshots.rewinding import Rewinder

PATIENCE = 15.0
"""Seconds that requests and jobs get to come to their end."""

_FORMAT = 1
_BLOCK = 1 << 20
_ROOM = 4 * 1024 * 1024
_INSTANCE_SECONDS = 60.0
_POLL = 0.03
log = logging.getLogger(__name__)

_LOADING = "loading.json"
_MAIL_FAULTS = "mail-faults.copy"
_DESCRIPTION_BYTES = 1024 * 1024
_LEAST_ROOM = 4096
"""Of a file on the disk, whatever little is in it."""

_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Those that give out no more at a time than they are asked for."""

_PROBLEMS = (OSError, sqlite3.Error, sa.exc.SQLAlchemyError, ValueError, KeyError)
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
"""RuntimeError: encrypted, packed in a way that is not known here, nested too deeply."""


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


class Tools(NamedTuple):
    """The parts that are handed over. clock: real time. rewinder: of a home that is this process's own, and goes with
    it."""

    clock: Clock
    ids: Ids
    rewinder: Rewinder | None = None


def listed(layout: Layout) -> list[Snapshot]:
    """All of them, by name."""
    found = (_read(path) for path in sorted(layout.shelf.glob("*.json")) if path.name != _LOADING)
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


def save(layout: Layout, name: str, tools: Tools) -> Snapshot:
    """Take a snapshot of everything at one moment; one of the same name is replaced. Errors: 400, 409, 500, 507."""
    rules.checked_name(name)
    with _alone(layout), _held(layout):
        return _described(layout, _take(layout, name, tools))


def load(layout: Layout, name: str, tools: Tools) -> Snapshot:
    """Make everything be what it was then. Errors: 400, 404, 409, 500, 507; nothing is changed then."""
    with _alone(layout):
        snapshot, rewinder = find(layout, name), tools.rewinder
        if rewinder is not None and rewinder.knows(snapshot.data) and _is_instance_same(layout, snapshot):
            with _held(layout) as gates:
                _rewind(layout, snapshot, gates, rewinder)
            return snapshot
        _require_whole(layout, snapshot)
        with _held(layout) as gates:
            _replace(layout, snapshot, gates, tools)
        _await_instance(layout)
        if rewinder is not None and _may_be_rewound(layout, snapshot):
            rewinder.learn(layout.shelf / snapshot.data)
    return snapshot


def remove(layout: Layout, name: str) -> None:
    """Forget one. Errors: 400, 404."""
    with _alone(layout):
        snapshot = find(layout, name)
        (layout.shelf / f"{snapshot.name}.json").unlink()
        _sweep(layout)


def recover(layout: Layout) -> None:
    """Bring to an end what a killed process began to bring back. Errors: 409, OSError."""
    if layout.shelf.is_dir():
        with _alone(layout), _held(layout):
            pass


def settle(layout: Layout, snapshot: Snapshot, source: Layout) -> None:
    """Make a new home hold what a snapshot of another one holds, under its own addresses. Nothing runs in it."""
    _require_whole(source, snapshot)
    for app in APPS:
        if layout.database(app).path is None or _copy_of(source.shelf / snapshot.data, app).is_dir():
            raise rules.shared_database(app)
    _bring(layout, snapshot, source.shelf)


# --- as one file


def export(layout: Layout, name: str, target: Path) -> Snapshot:
    """Write one as a file. It holds the keys and passwords of the world. Errors: 400, 404, 409, OSError."""
    with _alone(layout):
        snapshot = find(layout, name)
        _require_whole(layout, snapshot)
        data = layout.shelf / snapshot.data
        target.touch(PRIVATE)
        target.chmod(PRIVATE)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr("snapshot.json", (layout.shelf / f"{name}.json").read_bytes())
            for path in sorted(data.rglob("*")):
                if path.is_file():
                    archive.write(path, f"data/{path.relative_to(data)}")
    return snapshot


def take_in(layout: Layout, source: Path, name: str | None, tools: Tools) -> Snapshot:
    """Keep what `export` wrote. name: instead of its own. Errors: 400 no such file, 409, 507."""
    with _alone(layout):
        try:
            with zipfile.ZipFile(source) as archive:
                return _unpacked(layout, archive, name, tools)
        except (*_UNREADABLE, *_PROBLEMS) as error:
            raise Refusal(400, f"{source.name} is no snapshot: {error}", rule=rules.RULE) from error


def _unpacked(layout: Layout, archive: zipfile.ZipFile, name: str | None, tools: Tools) -> Snapshot:
    if archive.getinfo("snapshot.json").file_size > _DESCRIPTION_BYTES:
        raise ValueError("its description is too long")
    found = _of(json.loads(b"".join(_unpacking(archive, archive.getinfo("snapshot.json")))))
    own = rules.own_name(name or found.name)
    parts = [each for each in archive.infolist() if each.filename.startswith("data/") and not each.is_dir()]
    if (size := sum(each.file_size for each in parts)) != found.size:
        raise ValueError(f"its parts have {size} bytes and not the {found.size} that its description says")
    _require_room(layout, sum(max(each.file_size, _LEAST_ROOM) for each in parts))
    snapshot = found._replace(name=own, data=_fresh(tools))
    folder = layout.shelf / snapshot.data
    try:
        for member in parts:
            path = member.filename.removeprefix("data/")
            if not _is_part(path):
                raise ValueError(f"{member.filename} does not belong there")
            mode = member.external_attr >> 16 & 0o777 or PRIVATE
            write_blocks(folder / path, _unpacking(archive, member), mode | 0o400)
        return _described(layout, snapshot)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _unpacking(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """What a member holds, a block at a time, and exactly as much as it is said to. Errors: _UNREADABLE, ValueError."""
    if member.compress_type not in _PACKED:
        raise ValueError(f"{member.filename} is packed in a way that is not known here")
    left = member.file_size
    with archive.open(member) as content:
        while left and (block := content.read(min(left, _BLOCK))):
            left -= len(block)
            yield block
        if left or content.read(1):
            raise ValueError(f"{member.filename} has another size than it is said to have")


def _is_part(path: str) -> bool:
    room, _, rest = path.partition("/")
    if room == "files":
        return belongs(rest)
    return room in ("databases", "mail") and ".." not in Path(rest).parts and not Path(rest).is_absolute()


# --- what is there


def _read(path: Path) -> Snapshot | None:
    document = read_json(path)
    with suppress(KeyError, ValueError):
        return _of(document) if document is not None and document.get("format") == _FORMAT else None
    return None


def _of(document: Any) -> Snapshot:
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


def _described(layout: Layout, snapshot: Snapshot) -> Snapshot:
    document = {"format": _FORMAT, **snapshot._asdict()}
    content = json.dumps(document, indent=2)
    write_file(layout.shelf / f"{snapshot.name}.json", content, PRIVATE, durable=True)
    _sweep(layout)
    return snapshot


def _sweep(layout: Layout) -> None:
    """Remove the folders that no description names."""
    loading = read_json(layout.shelf / _LOADING) or {}
    known = {each.data for each in listed(layout)} | {each["data"] for each in loading.values()}
    for folder in layout.shelf.iterdir():
        if folder.is_dir() and folder.name not in known:
            shutil.rmtree(folder, ignore_errors=True)


def _fresh(tools: Tools) -> str:
    return f"data-{tools.ids.uuid().hex}"


def _copy_of(folder: Path, app: str) -> Path:
    return folder / "databases" / f"{app}.copy"


def _require_room(layout: Layout, needed: int) -> None:
    free = shutil.disk_usage(layout.root).free
    if needed + _ROOM > free:
        raise rules.no_room(needed + _ROOM, free)


def _require_whole(layout: Layout, snapshot: Snapshot) -> None:
    """Find out before anything is changed whether it can be brought back. Errors: 409, 507."""
    data = layout.shelf / snapshot.data
    for app, schema in snapshot.schemas.items():
        copy = _copy_of(data, app)
        if schema is None:
            continue
        try:
            found = schema_of_copy(copy) if copy.exists() else None
        except _PROBLEMS as error:
            raise rules.broken(snapshot.name, f"the database of {app} cannot be read ({error})") from error
        if found is None:
            raise rules.broken(snapshot.name, f"the database of {app} is missing")
        if found != schema:
            raise rules.broken(snapshot.name, f"the database of {app} is another one")
    if _scheme(snapshot.addresses) != _scheme(layout.addresses()):
        raise rules.other_scheme()
    if not (data / "files").is_dir() or not (data / "mail").is_dir():
        raise rules.broken(snapshot.name, "its files are missing")
    if (size := _bytes_below(data)) != snapshot.size:
        raise rules.broken(snapshot.name, f"it has {size} bytes and not {snapshot.size}")
    _require_room(layout, snapshot.size)


def _scheme(addresses: Mapping[str, str]) -> str:
    return addresses.get("cloud_us", "").partition(":")[0]


def _require_same_schema(layout: Layout, snapshot: Snapshot) -> None:
    for app, schema in snapshot.schemas.items():
        here = layout.database(app)
        copy = _copy_of(layout.shelf / snapshot.data, app)
        if schema is not None and (here.path is None) != copy.is_dir():
            raise rules.broken(snapshot.name, f"{app} has a database of another kind now")
        found = here.schema() if here.is_there else None
        if schema is not None and found is not None and schema != found:
            raise rules.other_schema(app, schema, found)


# --- taking and bringing


def _take(layout: Layout, name: str, tools: Tools) -> Snapshot:
    """Copy everything; the gates are closed. Nothing is left of it when that fails. Errors: 500, 507."""
    snapshot = Snapshot(name, tools.clock.now().isoformat(), 0, _fresh(tools), layout.addresses(), {}, {}, ())
    folder = layout.shelf / snapshot.data
    try:
        _require_room(layout, _size_of(layout))
        (folder / "databases").mkdir(mode=0o700, parents=True)
        (folder / "files").mkdir(mode=0o700)
        schemas = {app: _copied(layout.database(app), _copy_of(folder, app)) for app in APPS}
        copy_out(layout, folder / "files")
        link_all(mails_in(layout.mails), folder / "mail")
        if layout.mail_faults.exists():
            databases.copy_out(layout.mail_faults, folder / "databases" / _MAIL_FAULTS)
        instance = layout.instance()
        told = {"up": instance.up, "effective": instance.effective}
        return snapshot._replace(
            size=_bytes_below(folder), schemas=schemas, instance=told, folders=list(layout.folders())
        )
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, _PROBLEMS):
            raise rules.failed(error) from error
        raise


def _copied(database: Database, target: Path) -> str | None:
    if not database.is_there:
        return None
    database.save(target)
    return database.schema()


def _size_of(layout: Layout) -> int:
    """About what a snapshot takes: databases and files. Mails need none, being linked."""
    paths_of_databases = (layout.database(app).path for app in APPS)
    paths = (*filter(None, paths_of_databases), *(layout.root / path for path in layout.files()))
    return sum(path.stat().st_size for path in paths if path.exists())


def _bytes_below(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _replace(layout: Layout, snapshot: Snapshot, gates: list[gate.Held], tools: Tools) -> None:
    """Bring it back, or what was there before. Errors: 409, 500."""
    _require_same_schema(layout, snapshot)
    before = _take(layout, "before", tools)
    document = {"to": {"format": _FORMAT, **snapshot._asdict()}, "back": {"format": _FORMAT, **before._asdict()}}
    write_file(layout.shelf / _LOADING, json.dumps(document), PRIVATE, durable=True)
    for each in gates:
        each.begin_replacing()
    try:
        _bring(layout, snapshot)
    except _PROBLEMS as error:
        _bring(layout, before)  # a second failure leaves the gates closed, and `up` tries again
        _end_replacing(layout, gates)
        raise rules.failed(error) from error
    _end_replacing(layout, gates)


def _may_be_rewound(layout: Layout, snapshot: Snapshot) -> bool:
    """Whether it lies where it was taken, and all its databases are SQLite's."""
    is_here = not rules.moves(snapshot.addresses, layout.addresses())
    return is_here and all(layout.database(app).path is not None for app in APPS)


def _is_instance_same(layout: Layout, snapshot: Snapshot) -> bool:
    here = layout.instance()
    return here.same(here._replace(up=snapshot.instance["up"], effective=snapshot.instance["effective"]))


def _rewind(layout: Layout, snapshot: Snapshot, gates: list[gate.Held], rewinder: Rewinder) -> None:
    """Bring back one that is known. Errors: 500; then the apps wait until one is brought back."""
    data = layout.shelf / snapshot.data
    for each in gates:
        each.begin_replacing()
    try:
        rewinder.bring_files(snapshot.data, layout)
        for app in APPS:
            if snapshot.schemas[app] is None:
                layout.database(app).remove()
            else:
                rewinder.bring_database(layout.database(app), _copy_of(data, app))
        bring_mails_back(data / "mail", layout.mails, lambda blocks: iter(blocks), changed=False)
        if (copy := data / "databases" / _MAIL_FAULTS).exists():
            rewinder.bring_plain(layout.mail_faults, copy)
    except _PROBLEMS as error:
        raise rules.failed(error) from error
    _open(gates)


def _end_replacing(layout: Layout, gates: list[gate.Held]) -> None:
    (layout.shelf / _LOADING).unlink()
    _open(gates)
    _sweep(layout)


def _open(gates: list[gate.Held]) -> None:
    for each in gates:
        each.end_replacing()


def _bring(layout: Layout, snapshot: Snapshot, shelf: Path | None = None) -> None:
    """Make everything be what it was; may be done again where it broke off. shelf: where the snapshot lies."""
    data = (shelf or layout.shelf) / snapshot.data
    changed = rules.moves(snapshot.addresses, layout.addresses())
    change = partial(rules.moved, changed=changed)
    _stop_instance_unless_same(layout, snapshot, change)
    for folder in filter(may_be_made, snapshot.folders):
        (layout.root / folder).mkdir(parents=True, exist_ok=True)
    bring_back(data / "files", layout.root, list(layout.files()), change)
    _configure_instance(layout, snapshot, change)
    for app in APPS:
        if snapshot.schemas[app] is None:
            layout.database(app).remove()
        else:
            layout.database(app).load(_copy_of(data, app))
    if "bwdata" not in snapshot.folders:  # nothing was installed, so that it can be
        shutil.rmtree(layout.root / "bwdata", ignore_errors=True)
    bring_mails_back(data / "mail", layout.mails, change, changed=bool(changed))
    if (data / "databases" / _MAIL_FAULTS).exists():
        layout.mail_faults.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        databases.bring_back(data / "databases" / _MAIL_FAULTS, layout.mail_faults)
    _start_instance(layout, snapshot)


# --- the instance, which is brought up by its runners


def _instance_of(snapshot: Snapshot, change: Any) -> Mapping[str, Any]:
    written = json.dumps(snapshot.instance, ensure_ascii=False).encode()
    found: Mapping[str, Any] = json.loads(b"".join(change([written])))
    return found


def _stop_instance_unless_same(layout: Layout, snapshot: Snapshot, change: Any) -> None:
    here, told = layout.instance(), _instance_of(snapshot, change)
    if here.same(here._replace(up=told["up"], effective=told["effective"])):
        return
    _tell_instance(layout, up=False, generation=here.generation + 1)
    _until(layout, here.generation + 1, {"down"})


def _configure_instance(layout: Layout, snapshot: Snapshot, change: Any) -> None:
    """Put the configuration in place that was in effect, before its database, whose address it has, is looked for."""
    here, effective = layout.instance(), _instance_of(snapshot, change)["effective"]
    if here.same(here._replace(effective=effective)):
        return
    if effective is None:
        (layout.root / "selfhost" / "effective.json").unlink(missing_ok=True)
    else:
        _write_effective(layout, effective)


def _start_instance(layout: Layout, snapshot: Snapshot) -> None:
    here = layout.instance()
    if snapshot.instance["up"] and not here.up:
        _write_effective(layout, {**(here.effective or {}), "generation": here.generation + 1})
        _tell_instance(layout, up=True, generation=here.generation + 1)


def _write_effective(layout: Layout, effective: Mapping[str, Any]) -> None:
    write_json(layout.root / "selfhost" / "effective.json", effective, PRIVATE)


def _tell_instance(layout: Layout, *, up: bool, generation: int) -> None:
    state = "up" if up else "down"
    write_json(layout.root / "selfhost" / "desired.json", {"generation": generation, "state": state})


def _await_instance(layout: Layout) -> None:
    """Where it was started anew: until it serves, or has said why it cannot."""
    here = layout.instance()
    if here.up:
        _until(layout, here.generation, {"healthy", "crashed"})


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


# --- one at a time, everything at rest


@contextmanager
def _alone(layout: Layout) -> Iterator[None]:
    """Nobody else takes, brings or removes one, and no command of the instance runs. Errors: 409."""
    layout.shelf.mkdir(mode=0o700, parents=True, exist_ok=True)
    (layout.root / "selfhost").mkdir(mode=0o700, exist_ok=True)
    with ExitStack() as stack:
        for path, who in (
            (layout.shelf / ".lock", "Another snapshot"),
            (layout.root / "selfhost" / "control.lock", "A command of the instance"),
        ):
            path.touch(PRIVATE)
            file = stack.enter_context(path.open("a"))
            deadline = time.monotonic() + PATIENCE
            while not _locks(file.fileno()):
                if time.monotonic() > deadline:
                    raise rules.busy(who)
                time.sleep(_POLL)
        yield


def _locks(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _held(layout: Layout) -> Iterator[list[gate.Held]]:
    """Every app at rest: the instance first, so that what it asks the clouds is still answered. Errors: 409."""
    with ExitStack() as stack:
        gates = []
        for app in APPS:
            try:
                gates.append(stack.enter_context(gate.closed(layout.gate(app), PATIENCE)))
            except gate.StillBusy as problem:
                raise rules.busy(app) from problem
        _finish_what_was_begun(layout, gates)
        yield gates


def _finish_what_was_begun(layout: Layout, gates: list[gate.Held]) -> None:
    """What a killed process wanted, where that is possible; else what was there before it; else what is there."""
    note = layout.shelf / _LOADING
    if note.exists():
        loading = read_json(note) or {}
        if not any(_is_brought(layout, loading.get(which)) for which in ("to", "back")):
            log.error("Neither a snapshot that was being loaded nor what was there before can be brought back.")
        _end_replacing(layout, gates)
    elif any(each.is_replacing for each in gates):
        _open(gates)


def _is_brought(layout: Layout, document: Any) -> bool:
    try:
        _bring(layout, _of(document))
    except (Refusal, *_PROBLEMS) as problem:
        log.warning("A load that was begun cannot be brought to its end: %s", problem)
        return False
    return True
