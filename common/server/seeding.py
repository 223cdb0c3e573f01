"""Ids, secrets and nonces of a process: by chance, or out of a seed, so that the same calls bring the same.

Each process draws from a row of its own: that of its app, of what it is for, and of how many processes for that there
were before it in this world. So several workers, and a process after a restart, never draw the same. Each request has a
row of its own within that (`Part`), by what was asked and how often: what others ask at the same time (a push relay, a
page that looks whether something is new) moves nothing there.
"""

import fcntl
import hashlib
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from common.files import PRIVATE, read_json, write_json
from common.ids import Ids, SeededIds, SystemIds
from common.settings import CommonSettings

WsgiApp = Callable[..., Iterable[bytes]]

_DRAWS, _LOCK = "seed-draws.json", "seed.lock"
_FROM = "from"
"""In that file, beside the purposes: which number the first process for any other one has."""

BLANK, PLANTED, READY = 1_000, 2_000, 3_000
"""Where the numbers begin of processes that build on a blank stack, start with a world that was built before, serve one
that is ready."""
_NAMES = 100_000
"""Parts that are counted at a time."""


@dataclass(eq=False, slots=True)
class Part:
    """Something that is done once, such as a request. name: what; those of one name are told apart by their order."""

    name: str
    rows: "dict[ProcessIds, SeededIds]" = field(default_factory=dict)


_current: ContextVar[Part | None] = ContextVar("part", default=None)


def part_of(name: str) -> AbstractContextManager[None]:
    """What is drawn in the block belongs to something of this name that a process does by itself."""
    return drawing_for(Part(name))


@contextmanager
def drawing_for(part: Part) -> Iterator[None]:
    """What is drawn in the block comes out of rows of this part. It may be entered again for its rest."""
    token = _current.set(part)
    try:
        yield
    finally:
        _current.reset(token)


class ProcessIds(SeededIds):
    """Out of a seed, for one process: a fork begins a row of its own with its first draw."""

    def __init__(self, seed: int, purpose: str, folder: Path) -> None:
        super().__init__(seed)
        self._seed, self._purpose, self._folder = seed, purpose, folder
        self._process = self._number = self._rounds = 0
        self._parts: Counter[str] = Counter()
        self._apart: dict[str, ProcessIds] = {}
        self._lock = threading.Lock()

    def bits(self) -> int:
        with self._lock:
            process, part = os.getpid(), _current.get()
            if process != self._process:
                self._number = _ticket(self._folder, self._purpose)
                self.begin(self._row())
                self._process = process
            if part is None:
                return super().bits()
            if self not in part.rows:
                part.rows[self] = SeededIds(self._row(self._next(part.name)))
            return part.rows[self].bits()

    def apart(self, purpose: str) -> "ProcessIds":
        """Of the same seed, for something else in this process: drawing there moves nothing here."""
        found = self._apart.get(purpose)
        if found is None:
            new = ProcessIds(self._seed, f"{self._purpose}/{purpose}", self._folder)
            found = self._apart.setdefault(purpose, new)
        return found

    def for_all(self, purpose: str) -> SeededIds:
        """Of the same seed, the same row in whichever process of an app: for what is drawn once in a world's life."""
        app = self._purpose.partition("/")[0]
        return SeededIds(_number_of(f"{self._seed}/{app}/{purpose}"))

    def _row(self, *within: object) -> int:
        return _number_of("/".join(map(str, (self._seed, self._purpose, self._number, *within))))

    def _next(self, name: str) -> str:
        """This name, and how often it has come; too many names are counted anew, as others."""
        if len(self._parts) >= _NAMES:
            self._parts.clear()
            self._rounds += 1
        self._parts[name] += 1
        return f"{self._rounds} {name} {self._parts[name]}"


def _number_of(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest())


def ids_of(settings: CommonSettings, purpose: str) -> Ids:
    """Where a process gets its ids from. purpose: of which app, and what for."""
    if settings.seed is None:
        return SystemIds()
    return ProcessIds(settings.seed, purpose, settings.state_dir)


def ids_apart(ids: Ids, purpose: str) -> Ids:
    """For something that is not to move the row of others: the journal of a process."""
    return ids.apart(purpose) if isinstance(ids, ProcessIds) else SystemIds()


def drawn_once(ids: Ids, purpose: str) -> Ids:
    """For what whoever comes first draws for all processes of a world."""
    return ids.for_all(purpose) if isinstance(ids, ProcessIds) else ids


def nonces_of(ids: Ids) -> Callable[[int], bytes] | None:
    """Makes so many bytes out of the seed; None where there is none."""
    return ids.octets if isinstance(ids, SeededIds) else None


def by_request(ids: Callable[[], Ids], wsgi_app: WsgiApp) -> WsgiApp:
    """The same app, each request a part of its own in a world with a seed. ids: where it draws from now."""
    return partial(_in_parts, ids, wsgi_app)


def _in_parts(
    ids: Callable[[], Ids], wsgi_app: WsgiApp, environ: dict[str, Any], start_response: Any
) -> Iterable[bytes]:
    if not isinstance(ids(), ProcessIds):
        return wsgi_app(environ, start_response)
    part = Part(_name_of(environ))
    with drawing_for(part):
        return _Answer(wsgi_app(environ, start_response), part)


def _name_of(environ: dict[str, Any]) -> str:
    """What was asked. Calls from server to server say themselves which one they are."""
    asked = (environ.get(name, "") for name in ("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "HTTP_TRACEPARENT"))
    return " ".join(asked)


class _Answer:
    """The pieces of an answer, and what is done when it is on its way: of the same part."""

    __slots__ = ("_pieces", "close")

    def __init__(self, pieces: Iterable[bytes], part: Part) -> None:
        self._pieces = pieces
        self.close = partial(self._close, part)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pieces)

    def _close(self, part: Part) -> None:
        close = getattr(self._pieces, "close", None)
        if close is not None:
            with drawing_for(part):
                close()


def number_from(folder: Path, number: int) -> None:
    """Have processes count from this number on, whatever they were. Those that are there take another one when they
    begin anew with the state in this folder."""
    with _draws_of(folder):
        write_json(folder / _DRAWS, {_FROM: number}, PRIVATE)


def _ticket(folder: Path, purpose: str) -> int:
    """How many processes have asked for one for this purpose in this world."""
    with _draws_of(folder) as draws:
        number = int(draws.get(purpose, draws.get(_FROM, 0)))
        write_json(folder / _DRAWS, {**draws, purpose: number + 1}, PRIVATE)
    return number


@contextmanager
def _draws_of(folder: Path) -> Iterator[dict[str, Any]]:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _LOCK).touch(PRIVATE)
    with (folder / _LOCK).open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield read_json(folder / _DRAWS) or {}
