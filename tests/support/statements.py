"""What a call asks of the database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import sqlalchemy as sa

from common.server.transaction import db, reader_of
from tests.support.harness import Side


class Statement(NamedTuple):
    """One call of the driver, for one row or for many."""

    text: str
    parameters: Any


@contextmanager
def statements(side: Side) -> Iterator[list[Statement]]:
    """What a side's database is given meanwhile, without the beginnings of transactions."""
    found: list[Statement] = []

    def note(_connection: object, _cursor: object, text: str, parameters: object, *_more: object) -> None:
        if not text.startswith("BEGIN"):
            found.append(Statement(text, parameters))

    with side.app.app_context():
        engines = (db.engine, reader_of(db.engine))
    for engine in engines:
        sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        for engine in engines:
            sa.event.remove(engine, "before_cursor_execute", note)


def statements_of(side: Side, call: Callable[[], object]) -> int:
    """How many statements `call` takes."""
    with statements(side) as found:
        call()
    return len(found)
