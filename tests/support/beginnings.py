"""What tests begin with, done over HTTP once in a process and laid out again for later tests.

A side knows what was done to it since its database was new. Where the same was done before, at the same time and to an
app with the same settings, the database and the mails that came of it are put in place. Whatever else touches the
database or the app's parts ends that: from then on everything is done anew.
"""

import zlib
from collections.abc import Callable, Hashable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from flask import has_app_context

from common.server.mail.messages import Mail
from tests.support.shelf import KeptApp, snapshot

T = TypeVar("T")


@dataclass(frozen=True)
class _Known:
    """What a step led to: the database afterwards (packed), the mails that it sent, what it returned."""

    database: bytes
    mails: list[Mail]
    told: Any


class Beginning:
    """How one side has begun. kept: the steps of this process. so_far: what tells it from other beginnings."""

    def __init__(self, kept: dict[Hashable, Any], app: KeptApp, database: Path, so_far: Hashable) -> None:
        self._kept = kept
        self._app = app
        self._database = database
        self._so_far: Hashable | None = ("beginning", so_far)
        self._parts = app.app.extensions["wardenloop"]
        self._left = self._state()

    def end(self) -> None:
        """From now on everything is done anew."""
        self._so_far = None

    def once(self, step: Hashable, make: Callable[[], T], mails: list[Mail]) -> T:
        """What `make` returns, which a step of this name does always alike. mails: of the side."""
        if self._so_far is not None and not self._is_as_it_was_left():
            self.end()
        if self._so_far is None:
            return make()
        so_far = (self._so_far, step)
        known = self._kept.get(so_far)
        if known is None:
            self.end()  # should it fail
            before = len(mails)
            told = make()
            content = zlib.compress(snapshot(self._database), 1)
            self._kept[so_far] = known = _Known(content, deepcopy(mails[before:]), deepcopy(told))
        else:
            self._lay_out(known.database)
            mails.extend(deepcopy(known.mails))
            told = deepcopy(known.told)
        self._so_far, self._left = so_far, self._state()
        return told

    def _is_as_it_was_left(self) -> bool:
        parts = self._app.app.extensions["wardenloop"]
        return parts is self._parts and self._left == self._state() and not has_app_context()

    def _lay_out(self, content: bytes) -> None:
        self._app.disconnect()
        for file in _beside(self._database):
            file.unlink(missing_ok=True)
        self._database.write_bytes(zlib.decompress(content))
        self._app.app.test_client().get("/api/alive")  # what an app does at its first request is done, as it was then

    def _state(self) -> list[tuple[int, int] | None]:
        """Changes when somebody writes into the database: the journal is empty after each step."""
        return [_told(path) for path in (self._database, *_beside(self._database)[:1])]


def _beside(database: Path) -> list[Path]:
    return [database.with_name(f"{database.name}-{kind}") for kind in ("wal", "shm")]


def _told(path: Path) -> tuple[int, int] | None:
    if not path.exists():
        return None
    found = path.stat()
    return found.st_size, found.st_mtime_ns
