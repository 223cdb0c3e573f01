"""One database of an app, copied to a file and brought back: SQLite's backup API, or all rows in one transaction.

Neither needs more rights than the app has: its tables are read, emptied and filled again.
Browsers that are signed in stay signed in where their account is the same.
"""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from common.clock import SystemClock
from common.files import PRIVATE
from common.server.database import UtcDateTime
from common.sim.models import ClockShift

NO_SCHEMA = "none"
"""Of a database without the table that says it (it was not made by migrations)."""

_PAUSE = 0.005
_VERSION = "alembic_version"
_sessions = sa.table(
    "browser_sessions",
    sa.column("token_hash", sa.String()),
    sa.column("user_id", sa.Uuid()),
    sa.column("security_stamp", sa.String()),
    sa.column("expires_at", UtcDateTime()),
)
_users = sa.table("users", sa.column("id", sa.Uuid()), sa.column("security_stamp", sa.String()))


class Database(NamedTuple):
    """Where an app keeps its rows. url: SQLAlchemy's."""

    url: str

    @property
    def path(self) -> Path | None:
        """Of the file; None for a server's."""
        url = sa.engine.make_url(self.url)
        return Path(url.database or "") if url.get_backend_name() == "sqlite" else None

    @property
    def is_there(self) -> bool:
        """Whether there is one. A server's is taken to be."""
        return self.path is None or self.path.exists()

    def schema(self) -> str:
        """Number of its newest revision."""
        engine = sa.create_engine(self.url)
        try:
            return _schema_of(engine)
        finally:
            engine.dispose()

    def save(self, target: Path) -> None:
        """Write all of it to `target`."""
        if self.path is not None:
            copy_out(self.path, target)
            return
        _save_rows(self.url, target)

    def load(self, source: Path) -> None:
        """Make it be what `save` wrote, in one step; who has it open sees a transaction of somebody else.

        Who is signed in now is signed in afterwards, where that account exists then.
        """
        before = self._people() if self.is_there else None
        if self.path is None:
            _load_rows(self.url, source)
        else:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            bring_back(source, self.path)
        if before is not None:
            self._welcome(before)

    def remove(self) -> None:
        """There is none any more: its app must be down."""
        if self.path is not None:
            for suffix in ("-wal", "-shm", "-journal", ""):
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    def _people(self) -> "_People":
        engine = sa.create_engine(self.url)
        try:
            with engine.connect() as connection:
                if not sa.inspect(connection).has_table(_sessions.name):
                    return _People([], timedelta())
                rows = [dict(row._mapping) for row in connection.execute(sa.select(_sessions))]
                return _People(rows, _shift(connection))
        finally:
            engine.dispose()

    def _welcome(self, before: "_People") -> None:
        """Have sessions live on that are not among those that were brought back."""
        engine = sa.create_engine(self.url)
        try:
            with engine.begin() as connection:
                known = set(connection.scalars(sa.select(_sessions.c.token_hash)))
                stamps = {row.id: row.security_stamp for row in connection.execute(sa.select(_users))}
                moved = _shift(connection) - before.shift
                rows = [
                    row | {"expires_at": row["expires_at"] + moved}
                    for row in before.sessions
                    if row["token_hash"] not in known and stamps.get(row["user_id"]) == row["security_stamp"]
                ]
                if rows:
                    connection.execute(sa.insert(_sessions), rows)
        finally:
            engine.dispose()


class _People(NamedTuple):
    """Who is signed in, and how far simulated time is from real time."""

    sessions: list[dict[str, Any]]
    shift: timedelta


def copy_out(database: Path, target: Path) -> None:
    """Write a database of SQLite that others use to a file."""
    with closing(sqlite3.connect(database)) as live, closing(_private(target)) as copy:
        copy.execute("PRAGMA synchronous=OFF")  # what is not whole is not described, or found out
        live.backup(copy, sleep=_PAUSE)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, that can be read where nothing can be written


def bring_back(source: Path, database: Path) -> None:
    """Make a database be what `copy_out` wrote; who has it open sees a transaction of somebody else."""
    with closing(sqlite3.connect(source)) as copy, closing(_private(database)) as live:
        live.execute("PRAGMA busy_timeout=30000")
        live.execute("PRAGMA journal_mode=WAL")
        live.execute("PRAGMA synchronous=NORMAL")
        copy.backup(live, sleep=_PAUSE)


def schema_of_copy(source: Path) -> str:
    """Number of the newest revision in what `save` wrote. Raises ValueError, sqlite3.Error, OSError."""
    if source.is_dir():
        return str(json.loads((source / "tables.json").read_bytes())["schema"])
    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as copy:
        damage = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
        if damage != "ok":
            raise ValueError(damage)
        if not copy.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (_VERSION,)).fetchone():
            return NO_SCHEMA
        return str(copy.execute(f"SELECT version_num FROM {_VERSION}").fetchone()[0])  # noqa: S608 - our own name


def _private(path: Path) -> sqlite3.Connection:
    path.touch(PRIVATE)
    path.chmod(PRIVATE)
    return sqlite3.connect(path)


def _schema_of(engine: sa.Engine) -> str:
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table(_VERSION):
            return NO_SCHEMA
        return str(connection.scalar(sa.text(f"SELECT version_num FROM {_VERSION}")))  # noqa: S608


def _shift(connection: sa.Connection) -> timedelta:
    row = connection.execute(sa.select(ClockShift.offset_microseconds, ClockShift.frozen_at)).first()
    if row is None:
        return timedelta()
    if row.frozen_at is not None:
        frozen: datetime = row.frozen_at
        return frozen - SystemClock().now()
    return timedelta(microseconds=row.offset_microseconds)


def _tables(connection: sa.Connection) -> list[sa.Table]:
    """The app's, in the order in which they can be filled."""
    metadata = sa.MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != _VERSION]


def _save_rows(url: str, target: Path) -> None:
    target.mkdir(mode=0o700, parents=True)
    engine = sa.create_engine(url, isolation_level="REPEATABLE READ")
    try:
        schema = _schema_of(engine)
        with engine.connect() as connection:
            told = {}
            for table in _tables(connection):
                columns = told[table.name] = [column.name for column in table.columns]
                (target / f"{table.name}.rows").touch(PRIVATE)
                with (
                    (target / f"{table.name}.rows").open("wb") as file,
                    _cursor(connection) as cursor,
                    cursor.copy(f"COPY {_listed(table.name, columns)} TO STDOUT") as rows,
                ):
                    for block in rows:
                        file.write(block)
        document = json.dumps({"schema": schema, "tables": told})
        (target / "tables.json").touch(PRIVATE)
        (target / "tables.json").write_text(document, "utf-8")
    finally:
        engine.dispose()


def _load_rows(url: str, source: Path) -> None:
    told: dict[str, list[str]] = json.loads((source / "tables.json").read_bytes())["tables"]
    engine = sa.create_engine(url)
    try:
        with engine.begin() as connection:
            tables = _tables(connection)
            for table in reversed(tables):
                connection.execute(sa.delete(table))
            for table in tables:
                if table.name in told:
                    _fill(connection, table, told[table.name], source / f"{table.name}.rows")
    finally:
        engine.dispose()


def _fill(connection: sa.Connection, table: sa.Table, columns: Sequence[str], rows: Path) -> None:
    with (
        rows.open("rb") as file,
        _cursor(connection) as cursor,
        cursor.copy(f"COPY {_listed(table.name, columns)} FROM STDIN") as copy,
    ):
        while block := file.read(1 << 16):
            copy.write(block)
    for column in table.primary_key.columns:
        if isinstance(column.type, sa.Integer) and (column.server_default is not None or column.identity is not None):
            most = sa.select(sa.func.coalesce(sa.func.max(column), 0) + 1).scalar_subquery()
            sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
            connection.execute(sa.select(sa.func.setval(sequence, most, False)))


def _cursor(connection: sa.Connection) -> Any:
    return connection.connection.driver_connection.cursor()  # type: ignore[union-attr]


def _listed(table: str, columns: Sequence[str]) -> str:
    return f"{_quoted(table)} ({', '.join(map(_quoted, columns))})"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
