"""Work that only one process or thread does at a time although it takes long and has no transaction open meanwhile.

Whoever does it holds a lock of the database server (PostgreSQL), or of a file beside the database (SQLite, so that all
of its users are on one machine). Both are let go when the process dies.
"""

import fcntl
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from common.server.transaction import outside_transaction

LONGEST_WAIT = 120.0
"""Seconds; as long as a slow request to the cloud and a little more."""

_POLL = 0.05


class Busy(Exception):
    """Somebody else has been at it for longer than one waits."""


@contextmanager
def alone(session: Session, name: str, longest_wait: float = LONGEST_WAIT) -> Iterator[None]:
    """The block runs while nobody else is in a block of this name; waits for the others. No transaction is open before.

    Raises Busy.
    """
    engine = session.get_bind().engine
    lock = _server_lock if engine.dialect.name == "postgresql" else _file_lock
    with lock(engine, name) as take:
        with outside_transaction(session):
            taken = _patiently(take, longest_wait)
        if not taken:
            raise Busy(name)
        yield


@contextmanager
def _server_lock(engine: sa.Engine, name: str) -> Iterator[Callable[[], bool]]:
    key = {"key": int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        take, give_back = (sa.text(f"SELECT pg_{what}(:key)") for what in ("try_advisory_lock", "advisory_unlock"))
        taken = False

        def try_to() -> bool:
            nonlocal taken
            taken = bool(connection.scalar(take, key))
            return taken

        try:
            yield try_to
        finally:
            if taken:
                connection.execute(give_back, key)


@contextmanager
def _file_lock(engine: sa.Engine, name: str) -> Iterator[Callable[[], bool]]:
    database = Path(engine.url.database or "")
    with database.with_name(f"{database.name}.{name}.lock").open("ab") as file:
        yield lambda: _flocked(file.fileno())


def _flocked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _patiently(take: Callable[[], bool], longest_wait: float) -> bool:
    deadline = time.monotonic() + longest_wait
    while not (taken := take()) and time.monotonic() < deadline:
        time.sleep(_POLL)
    return taken
