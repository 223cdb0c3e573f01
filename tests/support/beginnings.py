"""What tests begin with, done over HTTP once in a process and laid out again for later tests.

A side knows what was done to it since its database was new. Where the same was done before, at the same time and to an
app with the same settings, the database and the mails that came of it are put in place. Whatever else touches the
database or the app's parts ends that: from then on everything is done anew.

A step that two sides take part in is kept with what both have become, and with the files that it left.
"""

import zlib
from collections.abc import Callable, Hashable, Sequence
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
    """What a step led to: of each side the database afterwards (packed) and the mails that it sent; what it returned.

    files: that lie in the folder of the step then, by their places in it.
    """

    databases: list[bytes]
    mails: list[list[Mail]]
    files: dict[Path, bytes]
    told: Any


class Beginning:
    """How one side has begun. kept: the steps of this process. so_far: what tells it from other beginnings."""

    def __init__(self, kept: dict[Hashable, Any], app: KeptApp, database: Path, so_far: Hashable) -> None:
        self.kept = kept
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
        return once([self], step, make, [mails])

    @property
    def so_far(self) -> Hashable | None:
        """What tells it from other beginnings; None once it has ended."""
        if self._so_far is not None and not self._is_as_it_was_left():
            self.end()
        return self._so_far

    def has_come_to(self, so_far: Hashable) -> None:
        """A step further."""
        self._so_far, self._left = so_far, self._state()

    def packed(self) -> bytes:
        """The database as it is."""
        return zlib.compress(snapshot(self._database), 1)

    def _is_as_it_was_left(self) -> bool:
        parts = self._app.app.extensions["wardenloop"]
        return parts is self._parts and self._left == self._state() and not has_app_context()

    def lay_out(self, content: bytes) -> None:
        """Put a packed database in place."""
        self._app.disconnect()
        for file in _beside(self._database):
            file.unlink(missing_ok=True)
        self._database.write_bytes(zlib.decompress(content))
        self._app.app.test_client().get("/api/alive")  # what an app does at its first request is done, as it was then

    def _state(self) -> list[tuple[int, int] | None]:
        """Changes when somebody writes into the database: the journal is empty after each step."""
        return [_told(path) for path in (self._database, *_beside(self._database)[:1])]


def once(
    begun: Sequence[Beginning],
    step: Hashable,
    make: Callable[[], T],
    mails: Sequence[list[Mail]],
    folder: Path | None = None,
) -> T:
    """What `make` returns, which a step of this name does always alike with these sides. mails: of each of them.

    folder: where it may leave licence files; none may be there yet.
    """
    known_as = [each.so_far for each in begun]
    before = [len(sent) for sent in mails]
    if None in known_as or _files(folder):
        return make()
    so_far = (*known_as, step)
    known = begun[0].kept.get(so_far)
    if known is None:
        for each in begun:
            each.end()  # should it fail
        told = make()
        sent = [deepcopy(all_of_them[first:]) for all_of_them, first in zip(mails, before, strict=True)]
        begun[0].kept[so_far] = _Known([each.packed() for each in begun], sent, _files(folder), deepcopy(told))
    else:
        told = deepcopy(known.told)
        for each, database, all_of_them, more in zip(begun, known.databases, mails, known.mails, strict=True):
            each.lay_out(database)
            all_of_them.extend(deepcopy(more))
        for name, content in known.files.items():
            assert folder is not None
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    for number, each in enumerate(begun):
        each.has_come_to((number, so_far))  # what one of them does next is not what another does
    return told


def _files(folder: Path | None) -> dict[Path, bytes]:
    if folder is None:
        return {}
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _beside(database: Path) -> list[Path]:
    return [database.with_name(f"{database.name}-{kind}") for kind in ("wal", "shm")]


def _told(path: Path) -> tuple[int, int] | None:
    if not path.exists():
        return None
    found = path.stat()
    return found.st_size, found.st_mtime_ns
