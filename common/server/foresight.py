"""What time has brought and nobody has saved yet, as one session sees it: rows changed or gone, never written.

For requests that only read: what the rules make of a row today lies over what was loaded, out of reach of a flush.
"""

from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, ORMExecuteState, Session, object_session, with_loader_criteria
from sqlalchemy.orm.attributes import set_committed_value

from common.server.database import Base

_SEEN = "foresight"


class Hand(Protocol):
    """How a change of rows is carried out. saves: whether it is written with the transaction."""

    saves: bool

    def put(self, row: Base, **values: Any) -> None:
        """Give a loaded row other values."""

    def remove(self, row: Base) -> None:
        """Have a loaded row be there no more."""


class Saving:
    """With the transaction."""

    saves = True

    def put(self, row: Base, **values: Any) -> None:
        for name, value in values.items():
            setattr(row, name, value)

    def remove(self, row: Base) -> None:
        session = _session_of(row)
        session.delete(row)
        session.flush()


class Foreseeing:
    """For this session's eyes only. A row that is gone stays as it is for whoever holds it."""

    saves = False

    def put(self, row: Base, **values: Any) -> None:
        seen = _seen_by(row)
        for name, value in values.items():
            set_committed_value(row, name, value)
            seen.values.setdefault((type(row), name), {})[_id(row)] = value

    def remove(self, row: Base) -> None:
        _seen_by(row).gone.setdefault(type(row), set()).add(_id(row))


SAVING: Hand = Saving()
FORESEEING: Hand = Foreseeing()


def as_seen(session: Session, column: InstrumentedAttribute[Any]) -> sa.SQLColumnExpression[Any]:
    """A column for the conditions of a query: its values as the session sees them."""
    row: Any = column.class_
    seen: _Seen | None = session.info.get(_SEEN)
    values = seen.values.get((row, column.key)) if seen else None
    if not values:
        return column
    whens = {row_id: sa.literal(value, column.type) for row_id, value in values.items()}
    return sa.case(whens, value=row.id, else_=column)


class _Seen:
    """Values by column and id, and the rows that are gone by table. rows: held, because a session holds none itself."""

    def __init__(self) -> None:
        self.values: dict[tuple[type[Base], str], dict[Any, Any]] = {}
        self.gone: dict[type[Base], set[Any]] = {}
        self.rows: set[Base] = set()


def _seen_by(row: Base) -> _Seen:
    session = _session_of(row)
    if _SEEN not in session.info:
        session.info[_SEEN] = _Seen()
        sa.event.listen(session, "do_orm_execute", _leave_out)
    seen: _Seen = session.info[_SEEN]
    seen.rows.add(row)
    return seen


def _session_of(row: Base) -> Session:
    session = object_session(row)
    if session is None:
        raise ValueError("the row is of no session")
    return session


def _id(row: Any) -> Any:
    return row.id


def _leave_out(state: ORMExecuteState) -> None:
    """Rows that are gone appear in nothing that is selected, wherever their table stands in the statement."""
    seen: _Seen = state.session.info[_SEEN]
    if state.is_select:
        for table, ids in seen.gone.items():
            left: Any = table
            kept = with_loader_criteria(table, left.id.not_in(ids), include_aliases=True)
            state.statement = state.statement.options(kept)
