"""Rows that a session changes, told to who observes once they are saved: each as it was and as it is.

What is changed by statements over many rows at once is counted in common/server/database.py.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from common.server.observed import Change, observed
from common.server.transaction import RequestSession

_KEY = "rows changed"


@sa.event.listens_for(RequestSession, "after_flush")
def _collect(session: Session, _context: object) -> None:
    told = observed()
    if told is None or not told.most_changes:
        return
    rows: list[Change] = session.info.setdefault(_KEY, [])
    if len(rows) + len(told.changes) < told.most_changes:
        rows.extend(_rows(session))


@sa.event.listens_for(RequestSession, "after_commit")
def _tell(session: Session) -> None:
    rows, told = session.info.pop(_KEY, None), observed()
    if rows and told is not None:
        told.changes.extend(rows)


@sa.event.listens_for(RequestSession, "after_soft_rollback")
def _forget(session: Session, _previous: object) -> None:
    session.info.pop(_KEY, None)


def _rows(session: Session) -> Iterator[Change]:
    for made in session.new:
        yield Change(_table(made), None, _columns(made))
    for gone in _in_order(session.deleted):
        yield Change(_table(gone), _columns(gone), None)
    for changed in _in_order(session.dirty):
        state = sa.inspect(changed)
        names = [name for name in state.committed_state if name in state.mapper.column_attrs]
        after = {name: state.dict.get(name) for name in names}
        before = {name: _known(state.committed_state[name]) for name in names}
        if after != before:
            yield Change(_table(changed), _identity(state) | before, _identity(state) | after)


def _in_order(rows: Iterable[Any]) -> list[Any]:
    """As a session has them they lie in no order."""
    return sorted(rows, key=lambda row: (_table(row), str(sa.inspect(row).identity)))


def _table(row: Any) -> str:
    return str(row.__table__.name)


def _columns(row: Any) -> dict[str, object]:
    state = sa.inspect(row)
    return {name: value for name, value in state.dict.items() if name in state.mapper.column_attrs}


def _identity(state: Any) -> dict[str, object]:
    return {column.key: state.dict.get(column.key) for column in state.mapper.primary_key}


def _known(value: object) -> object:
    """Nobody looked at it before it was changed: then it is not known."""
    return None if isinstance(value, sa.orm.base.LoaderCallableStatus) else value
