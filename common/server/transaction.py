"""The database session, and the one place where a transaction begins and ends.

A request is one transaction: it begins with the first statement, is saved when the answer is good and taken back when
it is a refusal (common/server/app.py). GET and HEAD only read: SQLite takes no write lock for them, and a statement
that changes something raises. Where a use case needs more than that, one of the names below says so.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar, cast
from uuid import UUID
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy.orm import Mapper, Session
from sqlalchemy.orm import scoped_session as scoped

from common.server.database import Base, Reader, has_changed, tune_engines

AnySession = Session | scoped[FlaskSession] | scoped[Session]

View = TypeVar("View", bound=Callable[..., Any])

_READS_ONLY = "transactions only read"
_IRREVOCABLE = "something cannot be taken back"
_CONNECTION = "connection of the transaction"
_readers: WeakKeyDictionary[sa.Engine, Reader] = WeakKeyDictionary()


class RequestSession(FlaskSession):
    """A session whose transactions only read while it is told so."""

    _engine: Any = None

    def get_bind(self, *args: Any, **kwargs: Any) -> Any:
        """An app has one database, so which one is found out once."""
        if kwargs.get("bind") is not None:
            return engine_for(self, super().get_bind(*args, **kwargs))
        if self._engine is None:
            self._engine = super().get_bind()
        return engine_for(self, self._engine)

    def get(self, entity: Any, ident: Any, **options: Any) -> Any:
        """As SQLAlchemy's, which puts the statement together anew each time: that took a sixth of a small request."""
        if isinstance(ident, UUID) and not any(options.values()):
            mapper, by_id = _lookup_of(entity)
            if mapper.identity_key_from_primary_key((ident,)) not in self.identity_map:
                return self.scalars(by_id, {"id": ident}).one_or_none()
        return super().get(entity, ident, **options)


@cache
def _lookup_of(entity: type[Base]) -> tuple[Mapper[Any], sa.Select[Any]]:
    mapper = sa.inspect(entity)
    return mapper, sa.select(entity).where(mapper.primary_key[0] == sa.bindparam("id"))


def engine_for(session: Session, engine: Any) -> Any:
    """The engine as the session uses it for now: one whose transactions only read, or the engine itself."""
    if not session.info.get(_READS_ONLY) or not isinstance(engine, sa.Engine):
        return engine
    return reader_of(engine)


def reader_of(engine: sa.Engine) -> Reader:
    """The engine for what only reads from the same database."""
    found = _readers.get(engine)
    return _readers.setdefault(engine, Reader(engine)) if found is None else found


@sa.event.listens_for(RequestSession, "after_begin")
def _remember_connection(session: AnySession, _transaction: object, connection: sa.Connection) -> None:
    session.info[_CONNECTION] = connection


db = SQLAlchemy(model_class=Base, disable_autonaming=True, session_options={"class_": RequestSession})


def connect(app: Flask, database_url: str) -> None:
    """Bind the app to its database. Connections are made on first use.

    There are as many as threads want one: by itself the sixteenth would wait for half a minute, and fail.
    """
    app.config["SQLALCHEMY_DATABASE_URI"] = database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"max_overflow": -1}
    db.init_app(app)
    with app.app_context():
        tune_engines(db.engines.values())


def scoped_session() -> Session:
    """The session of whichever app context is current when it is used."""
    return cast(Session, db.session)


def reads(view: View) -> View:
    """Mark a view that changes nothing, whatever its method, or says itself where it begins to (`start_writing`)."""
    view.reads = True  # type: ignore[attr-defined]
    return view


def begin_request(session: AnySession) -> None:
    """Before the first statement: what is looked at before the view runs is only looked at."""
    session.info[_READS_ONLY] = True
    session.info[_IRREVOCABLE] = False


def is_reading(session: AnySession) -> bool:
    """Whether transactions only read for now."""
    return bool(session.info.get(_READS_ONLY))


def finish_request(session: AnySession) -> None:
    """Save what a request has changed that was not refused.

    One that still only reads has nothing to save, and its transaction ends with its session; what it was about to
    change all the same raises WriteWhileReading.
    """
    if is_reading(session):
        session.flush()
    else:
        session.commit()


def note_irrevocable(session: AnySession) -> None:
    """Something was done that no rollback takes back (a mail was sent): the request is not begun anew."""
    session.info[_IRREVOCABLE] = True


def begin_anew(session: AnySession, *, reading: bool) -> bool:
    """Take back what the view did so far, so that it can be run again; whether it may. reading: as it began."""
    session.rollback()
    session.info[_READS_ONLY] = reading
    return not session.info.get(_IRREVOCABLE)


def refused(session: AnySession) -> None:
    """Take back what was changed so far: the request is refused, and whoever words the refusal only looks."""
    session.rollback()
    session.info[_READS_ONLY] = True


def let_write(session: AnySession) -> None:
    """The request may write from here on. What was read to let it through (who is signed in, the time) stays read."""
    actual = _actual(session)
    expiring, actual.expire_on_commit = actual.expire_on_commit, False
    try:
        start_writing(actual)
    finally:
        actual.expire_on_commit = expiring


def start_writing(session: AnySession) -> None:
    """The part that only looked is over. What it saw is read anew by whoever uses it from now on."""
    if session.info.get(_READS_ONLY):
        session.commit()
        session.info[_READS_ONLY] = False


@contextmanager
def reading(session: AnySession) -> Iterator[None]:
    """The block only looks, in a transaction of its own; where everything only looks, it changes nothing."""
    if session.info.get(_READS_ONLY):
        yield
        return
    session.commit()
    session.info[_READS_ONLY] = True
    try:
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info[_READS_ONLY] = False


@contextmanager
def own_transaction(session: AnySession) -> Iterator[None]:
    """What the block changes is saved at its end, whatever becomes of the request; what was changed before is, too."""
    before = session.info.get(_READS_ONLY, False)
    _save(session)
    session.info[_READS_ONLY] = False
    try:
        yield
        _save(session)
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info[_READS_ONLY] = before


def _save(session: AnySession) -> None:
    if _has_changes(session):
        note_irrevocable(session)
    session.commit()


@contextmanager
def outside_transaction(session: AnySession) -> Iterator[None]:
    """No transaction is open in the block: it takes long (a server that is asked, a hash), and nobody else is to wait.

    Nothing may wait to be saved: half a request must not stay when the rest is refused. What was read before is read
    anew afterwards. Raises RuntimeError.
    """
    if _has_changes(session):
        raise RuntimeError(
            "something was changed before a long wait: save it in a transaction of its own, or do it later"
        )
    session.commit()
    try:
        yield
    finally:
        if _actual(session).in_transaction():  # looking at the clock begins one
            session.rollback()


@contextmanager
def glance(session: AnySession) -> Iterator[None]:
    """The block looks something up, maybe outside of a transaction, and leaves none open that was not."""
    actual = _actual(session)
    before = actual.in_transaction()
    yield
    if not before and actual.in_transaction():
        actual.rollback()


@contextmanager
def rehearsal(session: AnySession) -> Iterator[None]:
    """What the block changes is taken back at its end: it finds out whether it could be done. Raises RuntimeError."""
    if _has_changes(session):
        raise RuntimeError("a rehearsal takes back everything, so it comes first")
    try:
        yield
    finally:
        session.rollback()


def _actual(session: AnySession) -> Session:
    """The session behind the one that changes with the app context, which passes on less than all of it."""
    return session() if isinstance(session, scoped) else session


def _has_changes(session: AnySession) -> bool:
    session = _actual(session)
    if session.new or session.dirty or session.deleted:
        return True
    connection: sa.Connection | None = session.info.get(_CONNECTION)
    return session.in_transaction() and connection is not None and not connection.closed and has_changed(connection)
