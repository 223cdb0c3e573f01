"""Watches in every test that a request or a job locks what it changes before it reads it, and in the one order.

Enabled in tests/conftest.py. A row counts as locked by a `SELECT ... FOR UPDATE` of this transaction, or with the
organization or account that it belongs to, if it was read after that lock. Statements that change rows without reading
them are not looked at: they cannot rest on an old value.
"""

from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import pytest
import sqlalchemy as sa
from flask import has_request_context
from sqlalchemy.orm import Session, object_session
from sqlalchemy.orm.context import QueryContext

from common.server.database import Base
from common.server.jobs import service
from common.server.jobs.service import Outcome

ORDER = {"providers": 0, "organizations": 1, "folders": 2, "ciphers": 2, "users": 3}
"""Tables in the order of docs/architecture.md; rows of the others come last."""

OWNERS = (
    ("organizations", ("organization_id", "sponsoring_organization_id")),
    ("users", ("user_id",)),
    ("providers", ("provider_id",)),
)
"""What a row belongs to, by the columns that say so: the first one that is not null."""

APPENDED = {"ciphers", "folders", "events", "sponsorship_sync_runs", "devices", "refresh_grants"}
"""Tables whose new rows depend on nothing that is there."""

OTHERWISE = {"staged_licenses"}
"""Tables that a lock of their own guards: `selfhost.license_files.service.lock`."""

_LOCKED, _READ, _NEW, _COUNT, _RANK = "locked at", "read at", "new in it", "reads so far", "rank of the last lock"
_found: list[str] = []
_in_job: ContextVar[bool] = ContextVar("in job", default=False)

Key = tuple[str, Any]


@pytest.fixture(autouse=True)
def changes_are_locked() -> Iterator[None]:
    """Fails the test in which a request or a job changed something that it had not locked."""
    _found.clear()
    yield
    found = sorted(set(_found))
    _found.clear()
    assert found == [], "see `Who locks what` in docs/architecture.md"


def _noted(do: Callable[..., Outcome]) -> Callable[..., Outcome]:
    def noted(*arguments: Any) -> Outcome:
        before = _in_job.set(True)
        try:
            return do(*arguments)
        finally:
            _in_job.reset(before)

    return noted


service._do = _noted(service._do)


def _is_at_work() -> bool:
    """Not so while a test looks at the database or puts something into it."""
    return has_request_context() or _in_job.get()


def _key(row: Any) -> Key:
    state = sa.inspect(row)
    return row.__tablename__, state.identity or state.mapper.primary_key_from_instance(row)


@sa.event.listens_for(Base, "load", propagate=True)
def _loaded(row: Base, context: QueryContext) -> None:
    _note_read(row, context)


@sa.event.listens_for(Base, "refresh", propagate=True)
def _refreshed(row: Base, context: QueryContext, _attributes: object) -> None:
    _note_read(row, context)


def _note_read(row: Any, context: Any) -> None:
    session = object_session(row) or getattr(context, "session", None)
    if session is None:
        return
    info, key = session.info, _key(row)
    info[_COUNT] = info.get(_COUNT, 0) + 1
    info.setdefault(_READ, {})[key] = info[_COUNT]
    lock = getattr(getattr(context, "query", None), "_for_update_arg", None)
    if lock is None or lock.read or (lock.of and not any(_is_of(row, each) for each in lock.of)):
        return
    if key in info.setdefault(_LOCKED, {}):
        return
    info[_LOCKED][key] = info[_COUNT]
    rank = ORDER.get(row.__tablename__, len(ORDER))
    if rank < info.get(_RANK, 0) and _is_at_work():
        _found.append(f"{row.__tablename__} locked too late: something that comes later is locked already")
    info[_RANK] = max(rank, info.get(_RANK, 0))


def _is_of(row: Any, table: Any) -> bool:
    return (
        getattr(table, "name", None) == row.__tablename__ or getattr(table, "__tablename__", None) == row.__tablename__
    )


@sa.event.listens_for(Session, "after_transaction_end")
def _ended(session: Session, transaction: Any) -> None:
    if transaction.parent is None:
        for name in (_LOCKED, _READ, _NEW, _RANK):
            session.info.pop(name, None)


@sa.event.listens_for(Session, "before_flush")
def _look(session: Session, _context: object, _instances: object) -> None:
    if not _is_at_work():
        return
    new = session.info.setdefault(_NEW, set())
    for row in session.new:
        if (
            row.__tablename__ not in APPENDED | OTHERWISE
            and _owner(row) is not None
            and not _is_held(session, row, read=False)
        ):
            _found.append(f"{row.__tablename__}: a row is added while nobody holds what it belongs to")
        new.add(_key(row))
    changed = [row for row in session.dirty if session.is_modified(row)]
    for row in (*changed, *session.deleted):
        if row.__tablename__ not in OTHERWISE and _key(row) not in new and not _is_held(session, row, read=True):
            _found.append(f"{row.__tablename__}: a row is changed that was not locked before it was read")


def _is_held(session: Session, row: Any, *, read: bool) -> bool:
    locked, key = session.info.get(_LOCKED, {}), _key(row)
    if key in locked:
        return True
    owner = _owner(row)
    if owner in session.info.get(_NEW, set()):
        return True
    return owner in locked and (not read or session.info.get(_READ, {}).get(key, 0) > locked[owner])


def _owner(row: Any) -> Key | None:
    for table, columns in OWNERS:
        for column in columns:
            value = getattr(row, column, None)
            if value is not None:
                return table, (value,)
    return None
