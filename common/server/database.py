"""Tables of both apps: one declarative base, one time type, and who owns which table.

A table belongs to the top-level package that its model lives in; `common` tables exist in both databases.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Dialect, Engine
from sqlalchemy.orm import DeclarativeBase, Session, configure_mappers, registry
from sqlalchemy.types import TypeDecorator

from common.server.observed import observed

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

SQLITE_BUSY_MS = 30_000
SQLITE_CACHE_KIB = 8 * 1024
"""At most, for each connection. SQLite's own 2 MB do not hold what a batch of a sync changes: it is written twice."""

_CHANGED = "wardenloop_changed"
_TURN = "wardenloop_turn"
_COUNTS = "wardenloop_counts"

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime: naive UTC text in SQLite, `timestamptz` in PostgreSQL."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(sa.DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment if dialect.name == "postgresql" else moment.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Every model of the project."""

    # One registry, because Flask-SQLAlchemy copies this class and a type map of its own would not survive that.
    registry = registry(
        metadata=sa.MetaData(naming_convention=NAMING), type_annotation_map={datetime: UtcDateTime, UUID: sa.Uuid}
    )

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__table__" in cls.__dict__:
            table: Any = cls.__table__
            table.info["owner"] = cls.__module__.partition(".")[0]


def prepare() -> None:
    """What every process does before its first query: a parent does it once for all that it forks."""
    configure_mappers()
    sa.create_engine("sqlite://").dispose()


def tables_of(app_package: str) -> list[sa.Table]:
    """The tables in the database of one app, in creation order."""
    return [table for table in Base.metadata.sorted_tables if table.info["owner"] in ("common", app_package)]


def create_tables(engine: Engine, app_package: str) -> None:
    """Make all tables at once (tests; a served app is migrated instead)."""
    Base.metadata.create_all(engine, tables=tables_of(app_package))


def inserting(session: Session, table: type[Base]) -> "sqlite.Insert | postgresql.Insert":
    """An insert that knows `on_conflict_do_update` and `on_conflict_do_nothing`: both engines spell them alike."""
    if session.get_bind().dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - 0.05 s that SQLite need not spend

        return postgresql.insert(table)
    return sqlite.insert(table)


def insert_rows(
    connection: sa.Connection, table: sa.Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert what the driver of SQLite takes as it is. SQLAlchemy takes longer to prepare a row than it to
    store it, and a single statement for all of them keeps a copy of each page in case it has to be taken back."""
    quote = connection.dialect.identifier_preparer.quote
    names, places = ", ".join(map(quote, columns)), ", ".join("?" * len(columns))
    statement = f"INSERT INTO {quote(table.name)} ({names}) VALUES ({places})"  # noqa: S608 - names of ours
    if isinstance(connection.engine, Reader):
        raise WriteWhileReading(statement)
    connection.exec_driver_sql(statement, list(rows))
    connection.info[_CHANGED] = True
    if observed() is not None:
        connection.info.setdefault(_COUNTS, []).append((table.name, "insert", len(rows), None))


def tune_engines(engines: Iterable[Engine]) -> None:
    """Have each transaction say whether it only reads, and give SQLite what a server needs.

    That is WAL, waiting instead of failing, and writers that queue from their first read: the driver's own transaction
    handling is switched off, because it opens deferred transactions, which fail at once ("database is locked") when two
    of them want to write after reading. Those that only read are deferred: nobody waits for them, nor they for anybody.
    """
    for engine in engines:
        if engine.dialect.name == "sqlite":
            sa.event.listen(engine, "connect", _connect_sqlite)
            _begin_in_turn(engine)
        sa.event.listen(engine, "begin", _forget_changes)
        sa.event.listen(engine, "before_cursor_execute", _note_change)
        sa.event.listen(engine, "commit", _tell_changes)


class WriteWhileReading(RuntimeError):
    """Something was to be changed in a transaction that only reads."""


def has_changed(connection: sa.Connection) -> bool:
    """Whether the transaction of this connection has changed anything (or tried to)."""
    return bool(connection.info.get(_CHANGED))


def _connect_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={SQLITE_BUSY_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute(f"PRAGMA cache_size=-{SQLITE_CACHE_KIB}")
    cursor.execute("PRAGMA temp_store=MEMORY")  # what a statement over many rows may have to take back
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_in_turn(engine: Engine) -> None:
    """Have the transactions of SQLite begin, those of this process that write one after the other.

    Without a queue of ours they would look again and again whether they may, after longer and longer pauses and in no
    order: now and then one is left behind for seconds.
    """
    turn = threading.Lock()

    def begin(connection: sa.Connection) -> None:
        if not connection.info.get(_TURN):
            connection.info[_TURN] = turn.acquire(timeout=SQLITE_BUSY_MS / 1000)
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def give_back(_connection: Any, record: Any, _error: BaseException | None = None) -> None:
        if record.info.pop(_TURN, False):
            turn.release()

    sa.event.listen(engine, "begin", begin)
    sa.event.listen(engine, "checkin", give_back)
    sa.event.listen(engine, "invalidate", give_back)


def _forget_changes(connection: sa.Connection) -> None:
    connection.info[_CHANGED] = False
    connection.info.pop(_COUNTS, None)


def _note_change(
    connection: sa.Connection, _cursor: Any, _statement: str, parameters: Any, context: Any, many: bool
) -> None:
    told = observed()
    if told is not None:
        told.sql += 1
    if context is None or not (context.isinsert or context.isupdate or context.isdelete):
        return
    connection.info[_CHANGED] = True
    if told is not None and context.compiled is not None:
        kind = "insert" if context.isinsert else "update" if context.isupdate else "delete"
        counts = connection.info.setdefault(_COUNTS, [])
        counts.append((context.compiled.statement.table.name, kind, len(parameters) if many else None, context))


class Reader(Engine):
    """An engine over the connections of another one, whose transactions only read.

    What has to be known of its transactions its dialect sees to, not SQLAlchemy's events: those took a seventh of a
    small request, and reading is what is done most.
    """

    def __init__(self, engine: Engine) -> None:
        engine.connect().close()  # the dialect gets to know the database with the first connection
        dialect: Any = copy(engine.dialect)
        dialect.do_begin = _begin_sqlite if dialect.name == "sqlite" else _begin_elsewhere
        dialect.do_execute = _only_reading(dialect.do_execute)
        dialect.do_executemany = _only_reading(dialect.do_executemany)
        self._of = engine
        super().__init__(engine.pool, dialect, engine.url)

    @property
    def pool(self) -> sa.Pool:
        """That of the other engine, which gets a new one when it is disposed of."""
        return self._of.pool

    @pool.setter
    def pool(self, _pool: sa.Pool) -> None:
        pass


def _begin_sqlite(connection: Any) -> None:
    _begin_elsewhere(connection)
    connection.driver_connection.execute("BEGIN")


def _begin_elsewhere(connection: Any) -> None:
    connection.info[_CHANGED] = False
    connection.info.pop(_COUNTS, None)


def _only_reading(do: Callable[..., None]) -> Callable[..., None]:
    def checked(cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        told = observed()
        if told is not None:
            told.sql += 1
        if context is not None and (context.isinsert or context.isupdate or context.isdelete):
            raise WriteWhileReading(statement)
        do(cursor, statement, parameters, context)

    return checked


def _tell_changes(connection: sa.Connection) -> None:
    """They are saved now, and whoever observes is told how many rows of which table."""
    told = observed()
    for table, kind, count, context in connection.info.pop(_COUNTS, ()):
        if told is not None:
            rows = count if count is not None else max(context.rowcount or 0, 0)
            told.changed[table, kind] = told.changed.get((table, kind), 0) + rows
