"""What one test process makes once and uses again: keys, empty databases, and apps, which are slow to make.

An app is handed out to one workshop at a time, with the parts and the extensions of a new one, on the workshop's
bench: a folder that is emptied between two workshops, so that its paths, and with them an app's settings, stay.
"""

import shutil
import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy.util import LRUCache

import tests.support.models  # noqa: F401 - what there are tables of
from common.server.app import App, gate_of
from common.server.database import create_tables, tune_engines
from common.server.transaction import db, reader_of
from common.sim.journal import recorder as journal

MOST_APPS = 16
"""How many apps are kept for later; the longest unused one goes first."""


@dataclass
class Shelf:
    """certificate_dir: holds the licence certificate. kept: whatever else is worth keeping. benches: unused folders."""

    directory: Path
    certificate_dir: Path
    benches: list[Path] = field(default_factory=list)
    kept: dict[Hashable, Any] = field(default_factory=dict)
    _benches_made: int = 0
    _apps: OrderedDict[Hashable, "KeptApp"] = field(default_factory=OrderedDict)

    def take_bench(self) -> Path:
        """An empty folder for one workshop."""
        if not self.benches:
            self.benches.append(self.directory / f"bench{self._benches_made}")
            self._benches_made += 1
        bench = self.benches.pop()
        bench.mkdir(parents=True)
        return bench

    def return_bench(self, bench: Path) -> None:
        """Remove everything that lies there."""
        shutil.rmtree(bench)
        self.benches.append(bench)

    def app(self, key: Hashable, make: Callable[[], Flask]) -> "KeptApp":
        """An app with these settings that nobody uses now."""
        return self._apps.pop(key, None) or KeptApp(key, make())

    def return_app(self, kept: "KeptApp") -> None:
        """Keep an app for the next one who wants such settings."""
        kept.disconnect()
        self._apps[kept.key] = kept
        while len(self._apps) > MOST_APPS:
            self._apps.popitem(last=False)

    def fill_state(self, name: str, state: Path) -> None:
        """A state folder with the keys of such an app, as far as one was made already."""
        if self._keys(name).exists():
            shutil.copytree(self._keys(name), state, dirs_exist_ok=True)
        state.mkdir(parents=True, exist_ok=True)

    def keep_state(self, name: str, state: Path) -> None:
        """Remember the keys of a new app."""
        if not self._keys(name).exists():
            shutil.copytree(state, self._keys(name))

    def lay_out_database(self, package: str, path: Path) -> None:
        """An empty database at `path`, unless there is one."""
        if not path.exists():
            template = self.directory / f"{package}.db"
            if not template.exists():
                _make_template(package, template)
            shutil.copy(template, path)

    def _keys(self, name: str) -> Path:
        return self.directory / "keys" / name


class _Templates(BytecodeCache):
    """Templates that were compiled for one app, for the others, the desk too."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._compiled.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key, bucket.checksum] = bucket.code


Flask.jinja_options = {"bytecode_cache": _Templates()}


class KeptApp:
    """An app and what it was like when it was new."""

    def __init__(self, key: Hashable, app: Flask) -> None:
        self.key = key
        self.app = app
        cast(App, self.app).url_map.load_all()  # what sections bring belongs to it
        self._extensions = dict(app.extensions)
        with app.app_context():
            _stop_syncing(db.engine)
            _share_statements(db.engine)

    def renew(self, parts: Any) -> Flask:
        """The app as if it was made a moment ago with these parts."""
        self.app.extensions.clear()
        self.app.extensions.update(self._extensions, wardenloop=parts)
        return self.app

    @property
    def parts(self) -> Any:
        """The parts that it was made with."""
        return self._extensions["wardenloop"]

    def disconnect(self) -> None:
        """Close its connections, its gate and its journal: database and folder will be others."""
        journal.close(self.app)
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        gate_of(self.app).close()


def _make_template(package: str, path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{path}")
    tune_engines([engine])
    create_tables(engine, package)
    engine.dispose()


def snapshot(database: Path) -> bytes:
    """The content of an SQLite database, as a file would hold it."""
    with closing(sqlite3.connect(database)) as live:
        live.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return database.read_bytes()


_compiled: dict[type, tuple[Any, LRUCache[Any, Any]]] = {}


def _share_statements(engine: sa.Engine) -> None:
    """Have all apps use what one of them has compiled, which SQLAlchemy keeps by dialect: of each there is one then."""
    if engine.dialect.name == "sqlite":
        for each in (engine, reader_of(engine)):
            known = _compiled.setdefault(type(each), (each.dialect, LRUCache(10_000)))
            each.dialect, each._compiled_cache = known


def _stop_syncing(engine: sa.Engine) -> None:
    """No test outlives the machine, so SQLite need not wait for the disk."""
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
