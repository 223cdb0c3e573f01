"""Thousands of rows in one statement: their values travel as one JSON text, or as SQLite's driver takes them.

SQLite takes 32,766 parameters at most, and on either engine preparing one by one takes longer than using them.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session

from common.server.database import insert_rows


def among(session: Session, column: sa.ColumnElement[Any], ids: Iterable[UUID]) -> sa.ColumnElement[bool]:
    """A condition: the column's uuid is one of these."""
    names = [each.hex for each in ids]
    if _on_postgresql(session):
        # Not "name" or the like: a column of the outer table would be taken for it.
        listed = sa.func.json_array_elements_text(sa.literal(names, sa.JSON)).column_valued("listed_uuid")
        return column.in_(sa.select(sa.cast(listed, sa.Uuid)))
    return column.in_(sa.select(sa.func.json_each(json.dumps(names)).table_valued("value").c.value))


def insert_all(
    session: Session, table: sa.Table, columns: Sequence[str], rows: Iterable[Sequence[str | None]], **same: Any
) -> None:
    """Insert rows: texts (uuids as hex) for `columns` by row, and what is the same in all of them."""
    if _on_postgresql(session):
        _insert_from_json(session, table, columns, list(rows), same)
        return
    connection = session.connection()
    fixed = [_bound(table.c[name].type, value, connection.dialect) for name, value in same.items()]
    insert_rows(connection, table, [*columns, *same], [(*row, *fixed) for row in rows])


def _insert_from_json(
    session: Session, table: sa.Table, columns: Sequence[str], rows: list[Sequence[str | None]], same: Mapping[str, Any]
) -> None:
    row: sa.ColumnElement[Any] = sa.func.json_array_elements(sa.literal(rows, sa.JSON)).column_valued("value")
    varying = [sa.cast(row.op("->>")(position), table.c[name].type) for position, name in enumerate(columns)]
    constant = [sa.literal(value, table.c[name].type) for name, value in same.items()]
    source = sa.select(*varying, *constant)
    statement = sa.insert(table).from_select([*columns, *same], source, include_defaults=False)
    session.execute(statement, execution_options={"preserve_rowcount": True})  # for who observes


def _bound(kind: sa.types.TypeEngine[Any], value: Any, dialect: Dialect) -> Any:
    """As the driver takes it."""
    process = kind.dialect_impl(dialect).bind_processor(dialect)
    return value if process is None else process(value)


def _on_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
