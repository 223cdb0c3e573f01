"""Thousands of rows in one statement: their values travel as one JSON text.

SQLite takes 32,766 parameters at most, and on either engine preparing one by one takes longer than using them.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session


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
    values = list(rows)
    if _on_postgresql(session):
        row: sa.ColumnElement[Any] = sa.func.json_array_elements(sa.literal(values, sa.JSON)).column_valued("value")
    else:
        row = sa.func.json_each(json.dumps(values)).table_valued("value").c.value
    varying = [sa.cast(row.op("->>")(position), table.c[name].type) for position, name in enumerate(columns)]
    constant = [sa.literal(value, table.c[name].type) for name, value in same.items()]
    source = sa.select(*varying, *constant)
    session.execute(sa.insert(table).from_select([*columns, *same], source, include_defaults=False))


def _on_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
