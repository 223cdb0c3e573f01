"""Rows that are about to be changed: locked before they are looked at, so that no change rests on an old value.

Whoever reads something and writes what follows from it locks the row first, or the organization or account that it
belongs to. Several are locked in the one order of docs/architecture.md: providers, organizations, items of vaults,
accounts, then what belongs to them; of one table by id. On SQLite transactions that write exclude each other anyway;
there a lock only reads the row anew.
"""

from collections.abc import Iterable
from typing import TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from common.server.bulk import among
from common.server.database import Base

AnyRow = TypeVar("AnyRow", bound=Base)

_GIVEN_UP = frozenset({"40001", "40P01"})
"""SQLSTATE of serialization failures and deadlocks. Source: PostgreSQL's documentation, appendix A."""


def lock_row(session: Session, table: type[AnyRow], row_id: UUID) -> AnyRow | None:
    """The row of this id as it is now, or None; nobody else changes it before this transaction is over."""
    return lock_rows(session, table, [row_id]).get(row_id)


def lock_rows(session: Session, table: type[AnyRow], ids: Iterable[UUID]) -> dict[UUID, AnyRow]:
    """The rows of these ids as they are now, by id (one statement at most); locked in the order of their ids.

    Others may still refer to them by a foreign key.
    """
    wanted = set(ids)
    if not wanted:
        return {}
    column = table.__table__.c.id
    which = column == next(iter(wanted)) if len(wanted) == 1 else among(session, column, wanted)
    query = sa.select(table).where(which).order_by(column)
    rows = session.scalars(query.with_for_update(key_share=True).execution_options(populate_existing=True))
    return {row.id: row for row in rows.all()}  # type: ignore[attr-defined]


def was_given_up(error: BaseException) -> bool:
    """Whether the database gave the transaction up because of another one."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _GIVEN_UP


def was_overtaken(error: BaseException) -> bool:
    """Whether another transaction may have got in the way: done again the same may well succeed, or be refused with a
    reason."""
    return isinstance(error, IntegrityError | StaleDataError) or was_given_up(error)
