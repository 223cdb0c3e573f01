"""Taking a snapshot of a stack, and bringing it back: while it runs, atomically, whatever dies in between.

A snapshot is a description (`NAME.json`) and the folder that it names. It comes into being when the description is
put in place, in one step. While one is brought back, `loading.json` says which and what was there before: whoever
finds it (`up`, the next snapshot) brings it to an end; until then the gates of the apps stay closed.
"""

import json
import logging
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from common.errors import Refusal
from common.files import PRIVATE, read_json, write_file
from common.server import gate, seeding
from common.sim.snapshots import databases, instance, rules, turns
from common.sim.snapshots.checks import PROBLEMS, bytes_below, require_room, require_same_schema, require_whole
from common.sim.snapshots.databases import Database
from common.sim.snapshots.descriptions import (
    FORMAT,
    LOADING,
    Snapshot,
    copy_of,
    description_of,
    find,
    listed,
    sweep,
    write_description,
)
from common.sim.snapshots.folders import (
    APPS,
    CLIENTS,
    Layout,
    bring_back,
    bring_mails_back,
    copy_out,
    link_all,
    mails_in,
    may_be_made,
)
from common.sim.snapshots.rewinding import Rewinder
from common.sim.snapshots.turns import Tools, alone, fresh_folder

log = logging.getLogger(__name__)

_MAIL_FAULTS = "mail-faults.copy"


def save(layout: Layout, name: str, tools: Tools, *, drawing_from: int | None = None) -> Snapshot:
    """Take a snapshot of everything at one moment; one of the same name is replaced. Errors: 400, 409, 500, 507.

    drawing_from: of a world with a seed, the number of the rows out of which its ids are drawn from now on
    (`common.server.seeding`), as they will be whenever the snapshot is brought back.
    """
    rules.checked_name(name)
    with alone(layout), _held(layout) as gates:
        if drawing_from is None:
            return write_description(layout, _take(layout, name, tools))
        draw_from(layout, drawing_from)
        taken = write_description(layout, _take(layout, name, tools))
        _open(gates)
        return taken


def draw_from(layout: Layout, number: int) -> None:
    """Have all that draws out of the seed of a world do so from this number on, as soon as it begins anew."""
    for folder in (*APPS, CLIENTS):
        seeding.number_from(layout.root / folder, number)


def save_beside(layout: Layout, wanted: str, tools: Tools) -> str:
    """The same under this name, or with a number behind it where there is one: none is replaced. Returns the name.
    Errors: as `save`."""
    there = {each.name for each in listed(layout)}
    name = next(each for each in (wanted, *(f"{wanted}-{n}" for n in range(2, 10_000))) if each not in there)
    save(layout, name, tools)
    return name


def load(layout: Layout, name: str, tools: Tools) -> Snapshot:
    """Make everything be what it was then. Errors: 400, 404, 409, 500, 507; nothing is changed then."""
    with alone(layout):
        snapshot, rewinder = find(layout, name), tools.rewinder
        if rewinder is not None and rewinder.knows(snapshot.data) and _is_instance_same(layout, snapshot):
            with _held(layout) as gates:
                _rewind(layout, snapshot, gates, rewinder)
            return snapshot
        require_whole(layout, snapshot)
        with _held(layout) as gates:
            _replace(layout, snapshot, gates, tools)
        instance.await_started(layout)
        if rewinder is not None and _may_be_rewound(layout, snapshot):
            rewinder.learn(layout.shelf / snapshot.data)
    return snapshot


def load_named(layout: Layout, name: str, tools: Tools) -> Snapshot:
    """What a person asks for, also what a killed command has put aside; any other world ends the half-built one, and
    nothing leads back from there to what was before that. Errors: as `load`."""
    if name == rules.BACK:
        return put_back(layout, tools)
    snapshot = load(layout, name, tools)
    if (layout.shelf / f"{rules.BACK}.json").exists():
        remove(layout, rules.BACK)
    return snapshot


def put_back(layout: Layout, tools: Tools) -> Snapshot:
    """What was there before a world was begun that did not come to its end; it is kept no longer. Errors: as `load`."""
    snapshot = load(layout, rules.BACK, tools)
    remove(layout, rules.BACK)
    return snapshot


def remove(layout: Layout, name: str) -> None:
    """Forget one. Errors: 400, 404."""
    with alone(layout):
        snapshot = find(layout, name)
        (layout.shelf / f"{snapshot.name}.json").unlink()
        sweep(layout)


def recover(layout: Layout) -> None:
    """Bring to an end what a killed process began to bring back. Errors: 409, OSError."""
    if layout.shelf.is_dir():
        with alone(layout), _held(layout):
            pass


def settle(layout: Layout, snapshot: Snapshot, source: Layout) -> None:
    """Make a new home hold what a snapshot of another one holds, under its own addresses. Nothing runs in it."""
    require_whole(source, snapshot)
    for app in APPS:
        if layout.database(app).path is None or copy_of(source.shelf / snapshot.data, app).is_dir():
            raise rules.shared_database(app)
    _bring(layout, snapshot, source.shelf)


# --- taking and bringing


def _take(layout: Layout, name: str, tools: Tools) -> Snapshot:
    """Copy everything; the gates are closed. Nothing is left of it when that fails. Errors: 500, 507."""
    snapshot = Snapshot(name, tools.clock.now().isoformat(), 0, fresh_folder(tools), layout.addresses(), {}, {}, ())
    folder = layout.shelf / snapshot.data
    try:
        require_room(layout, _size_of(layout))
        (folder / "databases").mkdir(mode=0o700, parents=True)
        (folder / "files").mkdir(mode=0o700)
        schemas = {app: _copied(layout.database(app), copy_of(folder, app)) for app in APPS}
        copy_out(layout, folder / "files")
        link_all(mails_in(layout.mails), folder / "mail")
        if layout.mail_faults.exists():
            databases.copy_out(layout.mail_faults, folder / "databases" / _MAIL_FAULTS)
        here = layout.instance()
        configured = {"up": here.up, "effective": here.effective}
        return snapshot._replace(
            size=bytes_below(folder), schemas=schemas, instance=configured, folders=list(layout.folders())
        )
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, PROBLEMS):
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


def _replace(layout: Layout, snapshot: Snapshot, gates: list[gate.Held], tools: Tools) -> None:
    """Bring it back, or what was there before. Errors: 409, 500."""
    require_same_schema(layout, snapshot)
    before = _take(layout, "before", tools)
    document = {"to": {"format": FORMAT, **snapshot._asdict()}, "back": {"format": FORMAT, **before._asdict()}}
    write_file(layout.shelf / LOADING, json.dumps(document), PRIVATE, durable=True)
    for each in gates:
        each.begin_replacing()
    try:
        _bring(layout, snapshot)
    except PROBLEMS as error:
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
                rewinder.bring_database(layout.database(app), copy_of(data, app))
        bring_mails_back(data / "mail", layout.mails, lambda blocks: iter(blocks), changed=False)
        if (copy := data / "databases" / _MAIL_FAULTS).exists():
            rewinder.bring_plain(layout.mail_faults, copy)
    except PROBLEMS as error:
        raise rules.failed(error) from error
    _open(gates)


def _end_replacing(layout: Layout, gates: list[gate.Held]) -> None:
    (layout.shelf / LOADING).unlink()
    _open(gates)
    sweep(layout)


def _open(gates: list[gate.Held]) -> None:
    for each in gates:
        each.end_replacing()


def _bring(layout: Layout, snapshot: Snapshot, shelf: Path | None = None) -> None:
    """Make everything be what it was; may be done again where it broke off. shelf: where the snapshot lies."""
    data = (shelf or layout.shelf) / snapshot.data
    changed = rules.moves(snapshot.addresses, layout.addresses())
    change = partial(rules.moved, changed=changed)
    instance.stop_unless_same(layout, snapshot, change)
    for folder in filter(may_be_made, snapshot.folders):
        (layout.root / folder).mkdir(parents=True, exist_ok=True)
    bring_back(data / "files", layout.root, list(layout.files()), change)
    instance.configure(layout, snapshot, change)
    for app in APPS:
        if snapshot.schemas[app] is None:
            layout.database(app).remove()
        else:
            layout.database(app).load(copy_of(data, app))
    if "bwdata" not in snapshot.folders:  # nothing was installed, so that it can be
        shutil.rmtree(layout.root / "bwdata", ignore_errors=True)
    bring_mails_back(data / "mail", layout.mails, change, changed=bool(changed))
    if (data / "databases" / _MAIL_FAULTS).exists():
        layout.mail_faults.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        databases.bring_back(data / "databases" / _MAIL_FAULTS, layout.mail_faults)
    instance.start(layout, snapshot)


# --- one at a time, everything at rest


@contextmanager
def _held(layout: Layout) -> Iterator[list[gate.Held]]:
    """Every app at rest: the instance first, so that what it asks the clouds is still answered; who only waits for
    what does not come is sent away. Errors: 409."""
    with ExitStack() as stack:
        gates = []
        with gate.rung(map(layout.gate, APPS)):
            for app in APPS:
                try:
                    gates.append(stack.enter_context(gate.closed(layout.gate(app), turns.PATIENCE)))
                except gate.StillBusy as problem:
                    raise rules.busy(app) from problem
        _finish_what_was_begun(layout, gates)
        yield gates


def _finish_what_was_begun(layout: Layout, gates: list[gate.Held]) -> None:
    """What a killed process wanted, where that is possible; else what was there before it; else what is there."""
    note = layout.shelf / LOADING
    if note.exists():
        loading = read_json(note) or {}
        if not any(_is_brought(layout, loading.get(which)) for which in ("to", "back")):
            log.error("Neither a snapshot that was being loaded nor what was there before can be brought back.")
        _end_replacing(layout, gates)
    elif any(each.is_replacing for each in gates):
        _open(gates)


def _is_brought(layout: Layout, document: Any) -> bool:
    try:
        _bring(layout, description_of(document))
    except (Refusal, *PROBLEMS) as problem:
        log.warning("A load that was begun cannot be brought to its end: %s", problem)
        return False
    return True
