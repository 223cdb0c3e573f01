"""Where the entries lie: a file of their own beside the app's keys; on PostgreSQL a schema of their own.

Nothing of it is the app's state: it may be deleted at any time, and it is made when it is not there.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

SCHEMA = "wardenloop_journal"
_BUSY_SECONDS = 30
_TRIM_EVERY = 200
_LOCK = 0x77617264  # of PostgreSQL: numbers become visible in their order

_metadata = sa.MetaData()
_entries = sa.Table(
    "entries",
    _metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("id", sa.String(16), index=True, nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("operation", sa.Text, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("caller", sa.Text),
    sa.Column("real_at", sa.String(32), nullable=False),
    sa.Column("content", sa.Text, nullable=False),
    sqlite_autoincrement=True,  # a number is never given twice, so that who follows can go on after any
)
_COLUMNS = ("id", "kind", "operation", "status", "caller", "real_at")

Entry = dict[str, Any]
"""As it is answered; `number` is added when it is read."""


class Store:
    """The entries of one app, the oldest of which go when there are more than `most`. Safe for several processes."""

    def __init__(self, url: str, most: int, unpack: Callable[[Entry], Entry]) -> None:
        """url: of the app's PostgreSQL, or `sqlite:///FILE`. unpack: makes what is answered of what is written."""
        self._url, self._most, self._unpack = url, most, unpack
        self._engine: sa.Engine | None = None
        self._untrimmed = 0

    @property
    def engine(self) -> sa.Engine:
        """Connected, with its table there."""
        if self._engine is None:
            self._engine = _made(self._url)
        return self._engine

    def forget_connections(self) -> None:
        """This process was forked: what its parent has open is its parent's."""
        if self._engine is not None:
            self._engine.dispose(close=False)
            self._engine = None

    def close(self) -> None:
        """Close what is open; it is opened again when somebody asks."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def add(self, entries: Sequence[Entry]) -> None:
        """Write these, in one transaction."""
        from pydantic_core import to_json  # noqa: PLC0415 - by the first entry

        rows = [
            {**{name: _sound(each[_MEMBERS[name]]) for name in _COLUMNS}, "content": to_json(each).decode()}
            for each in entries
        ]
        with self._begin() as connection:
            connection.execute(_INSERT, rows)
            self._untrimmed += len(rows)
            if self._untrimmed >= min(_TRIM_EVERY, self._most):
                self._untrimmed = 0
                newest = connection.scalar(sa.select(sa.func.max(_entries.c.number))) or 0
                connection.execute(sa.delete(_entries).where(_entries.c.number <= newest - self._most))

    def clear(self) -> None:
        """Forget all of them."""
        with self._begin() as connection:
            connection.execute(sa.delete(_entries))

    def count(self) -> int:
        """How many there are, the oldest that are about to go not counted."""
        with self.engine.connect() as connection:
            return min(connection.scalar(sa.select(sa.func.count()).select_from(_entries)) or 0, self._most)

    def newest_number(self) -> int:
        """Of the entry that was written last; 0 when there is none."""
        with self.engine.connect() as connection:
            return connection.scalar(sa.select(sa.func.max(_entries.c.number))) or 0

    def find(self, entry_id: str) -> Entry | None:
        """One entry, by its id or its number."""
        wanted = _entries.c.id == _sound(entry_id)
        if entry_id.isdecimal() and len(entry_id) < 10:
            wanted = sa.or_(wanted, _entries.c.number == int(entry_id))
        found = self._read(sa.select(_entries).where(wanted).order_by(_entries.c.number.desc()).limit(1))
        return found[0] if found else None

    def of_ids(self, ids: Sequence[str]) -> list[Entry]:
        """Those of these ids, in order."""
        return self._read(sa.select(_entries).where(_entries.c.id.in_(ids)).order_by(_entries.c.number))

    def newest(self, limit: int, since: str | None = None, kind: str | None = None) -> list[Entry]:
        """The newest ones, in order. since: real time, from which on."""
        wanted = sa.select(_entries).order_by(_entries.c.number.desc()).limit(min(limit, self._most))
        if since is not None:
            wanted = wanted.where(_entries.c.real_at >= since)
        if kind is not None:
            wanted = wanted.where(_entries.c.kind == _sound(kind))
        return self._read(wanted)[::-1]

    def after(self, number: int, limit: int) -> list[Entry]:
        """Those that were written later than the one of this number, in order."""
        return self._read(
            sa.select(_entries).where(_entries.c.number > number).order_by(_entries.c.number).limit(limit)
        )

    def _read(self, wanted: sa.Select[Any]) -> list[Entry]:
        with self.engine.connect() as connection:
            return [self._read_row(row.content, row.number) for row in connection.execute(wanted)]

    def _read_row(self, content: str, number: int) -> Entry:
        return self._unpack({**json.loads(content), "number": number})

    @contextmanager
    def _begin(self) -> Iterator[sa.Connection]:
        with self.engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            yield connection


def _sound(value: Any) -> Any:
    """As a database takes it: PostgreSQL has no NUL in a text, and one entry must not lose the others of its batch."""
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode() if isinstance(value, str) else value


_MEMBERS: Mapping[str, str] = {name: "realAt" if name == "real_at" else name for name in _COLUMNS}
_INSERT = sa.insert(_entries)


def url_beside(database_url: str, state_dir: Path) -> str:
    """Where the journal of an app with this database and this state folder is."""
    if database_url.startswith("sqlite"):
        return f"sqlite:///{(state_dir / 'journal.db').absolute()}"
    return database_url


def _made(url: str) -> sa.Engine:
    if not url.startswith("sqlite"):
        engine = sa.create_engine(url, pool_size=1, max_overflow=2, pool_pre_ping=True)
        with engine.begin() as connection:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            connection.execute(sa.schema.CreateSchema(SCHEMA, if_not_exists=True))
            _make(connection.execution_options(schema_translate_map={None: SCHEMA}))
        return engine.execution_options(schema_translate_map={None: SCHEMA})
    path = Path(url.removeprefix("sqlite:///"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(0o600)
    engine = sa.create_engine(url, connect_args={"timeout": _BUSY_SECONDS})
    sa.event.listen(engine, "connect", _tune)
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    with engine.begin() as connection:
        _make(connection)
    return engine


def _make(connection: sa.Connection) -> None:
    """The table, by whichever process comes first."""
    connection.execute(sa.schema.CreateTable(_entries, if_not_exists=True))
    for index in sorted(_entries.indexes, key=lambda index: str(index.name)):
        connection.execute(sa.schema.CreateIndex(index, if_not_exists=True))


def _tune(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=OFF")  # a power failure may take it: it is no state
