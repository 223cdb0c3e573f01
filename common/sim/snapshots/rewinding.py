"""Snapshots that are brought back again and again by the only process of a home, which is gone with it.

What was brought back once in the ordinary way is proven: its databases are whole and of the present schema, its files
are known. From then on only what has changed since is made what it was, nothing is kept for a crash, and nothing waits
for the disk. `common.serve` has such a home, unless one was named.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from common.files import PRIVATE, write_file
from common.sim.snapshots.databases import Database
from common.sim.snapshots.folders import Layout

_KEPT = 16
"""Snapshots of which the files are remembered."""


class _File(NamedTuple):
    content: bytes
    mode: int


class Rewinder:
    """What one process knows of the snapshots that it has brought back. Whoever calls holds their lock."""

    def __init__(self) -> None:
        self._files: dict[str, Mapping[str, _File]] = {}
        self._open: dict[Path, _Open] = {}

    def knows(self, data: str) -> bool:
        """Whether the snapshot whose folder has this name was brought back before."""
        return data in self._files

    def learn(self, data: Path) -> None:
        """It was brought back in the ordinary way, as it is, at its own addresses."""
        self._files[data.name] = dict(_files_below(data / "files"))
        while len(self._files) > _KEPT:
            del self._files[next(iter(self._files))]

    def bring_files(self, data: str, layout: Layout) -> None:
        """Make the files of a home be those of a snapshot that is known."""
        wanted, root = self._files[data], str(layout.root)
        for path, file in wanted.items():
            if _content(f"{root}/{path}") != file.content:
                write_file(layout.root / path, file.content, file.mode)
        for path in layout.files():
            if path not in wanted:
                (layout.root / path).unlink(missing_ok=True)

    def bring_database(self, database: Database, copy: Path) -> None:
        """Make one of SQLite be what was copied. Who is signed in there is signed in afterwards, as ever."""
        path = database.path
        if path is None:
            raise ValueError("only a database of SQLite is brought back in this way")
        found = self._opened(path)
        if found.is_still(copy):
            return
        if found.has_anybody_signed_in():
            database.load(copy)
            return
        found.bring_back(copy)

    def bring_plain(self, path: Path, copy: Path) -> None:
        """The same with one in which nobody is signed in."""
        found = self._opened(path)
        if not found.is_still(copy):
            found.bring_back(copy)

    def _opened(self, path: Path) -> "_Open":
        found = self._open.get(path)
        if found is None or not found.is_of(path):
            if found is not None:
                found.close()
            found = self._open[path] = _Open(path)
        return found

    def close(self) -> None:
        """Let go of all files."""
        for each in self._open.values():
            each.close()
        self._open.clear()


class _Open:
    """A database that is kept open, so that it says whether others have changed it."""

    def __init__(self, path: Path) -> None:
        path.touch(PRIVATE)
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        for pragma in ("busy_timeout=30000", "journal_mode=WAL", "synchronous=OFF"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._identity = _identity(path)
        self._holds: tuple[Path, int] | None = None

    def is_of(self, path: Path) -> bool:
        """Whether the file there is still the one that was opened."""
        return _identity(path) == self._identity

    def is_still(self, copy: Path) -> bool:
        """Whether nobody has changed it since this copy was brought back."""
        return self._holds == (copy, self._version())

    def has_anybody_signed_in(self) -> bool:
        return bool(self._connection.execute("SELECT EXISTS (SELECT 1 FROM browser_sessions)").fetchone()[0])

    def bring_back(self, copy: Path) -> None:
        self._holds = None
        with _copied(copy) as source:
            source.backup(self._connection)
        self._holds = copy, self._version()

    def _version(self) -> int:
        """Another number after each change by another connection."""
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        self._connection.close()


@contextmanager
def _copied(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as source:
        yield source


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - two dozen of them, at each reset
            return file.read()
    except OSError:
        return None


def _files_below(folder: Path) -> Iterator[tuple[str, _File]]:
    for here, _, names in os.walk(folder):
        for name in names:
            path = Path(here) / name
            yield str(path.relative_to(folder)), _File(path.read_bytes(), path.stat().st_mode & 0o777)
