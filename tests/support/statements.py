"""Counts what a call costs in SQL."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from tests.support.harness import Side


def statements_of(side: Side, call: Callable[[], object]) -> int:
    """How many statements a side's database is given while `call` runs. Many rows in one call of the driver are one."""
    from common.server.transaction import db

    statements: list[str] = []

    def note(*args: Any) -> None:
        statements.append(args[2])

    with side.app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        call()
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    return len(statements)
