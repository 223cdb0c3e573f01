"""The gate of an app: whoever takes a picture of the whole stack closes it, waits until nobody is inside, and opens it.

All processes of an app that are on one machine share the gate, two files in its state folder. It is made of locks, so
a holder that dies leaves nothing closed. What comes meanwhile waits outside.
"""

import fcntl
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from common.files import PRIVATE

DOOR, ROOM = "gate-door", "gate-room"
"""Files of the gate. The door is passed within a moment, the room is shared by all who work."""

BELL = "gate-bell"
"""One more: taken for as long as somebody wants those out who only wait for what does not come."""

_POLL = 0.002
_LISTEN = 0.2

log = logging.getLogger(__name__)


class StillBusy(Exception):
    """Somebody was inside for longer than one waits."""


class Gate:
    """One process's side of a gate. folder: the app's state.

    renew: called before the first one enters after the state was replaced (nobody of this process is inside then).
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._inside = 0
        self._files: tuple[int, int] | None = None
        self._seen = 0
        self.renew: Callable[[], None] = lambda: None

    @property
    def generation(self) -> int:
        """How often the state was replaced, times two, as far as this process knows."""
        return self._seen

    @property
    def is_rung(self) -> bool:
        """Whether somebody rings."""
        return is_rung(self.folder)

    def enter(self) -> bool:
        """Begin to work, unless the gate is closed. Then `leave` must follow."""
        with self._lock:
            if self._files is None and not self._open():
                self._inside += 1
                return True
            door, room = self._files  # type: ignore[misc]
            if not _taken(door, fcntl.LOCK_SH):
                return False
            try:
                generation = _read(door)
                if generation % 2 or not (self._inside or _taken(room, fcntl.LOCK_SH)):
                    return False
                if generation != self._seen:
                    self._seen = generation
                    self._tell_renewed()
                self._inside += 1
            finally:
                fcntl.flock(door, fcntl.LOCK_UN)
            return True

    def close(self) -> None:
        """Let go of the files; the next one who enters opens what is there then."""
        with self._lock:
            for descriptor in self._files or ():
                os.close(descriptor)
            self._files, self._seen = None, 0

    def _open(self) -> bool:
        """A state folder that cannot be written has no gate: nobody brings another state there."""
        with suppress(OSError):
            self._files = _opened(self.folder)
        return self._files is not None

    def _tell_renewed(self) -> None:
        try:
            self.renew()
        except Exception:
            log.exception("What was kept in mind of the former state cannot be renewed")

    def leave(self) -> None:
        """The work is done."""
        with self._lock:
            self._inside -= 1
            if not self._inside and self._files is not None:
                fcntl.flock(self._files[1], fcntl.LOCK_UN)


class Held:
    """A gate that is closed, with nobody inside."""

    def __init__(self, door: int) -> None:
        self._door = door

    @property
    def is_replacing(self) -> bool:
        """Whether somebody began and did not come to an end."""
        return _read(self._door) % 2 == 1

    def begin_replacing(self) -> None:
        """From now on it stays closed whatever happens to us, until `end_replacing`."""
        self._write(_read(self._door) // 2 * 2 + 1)

    def end_replacing(self) -> None:
        """The state is whole, and another one: every process drops what it remembers."""
        self._write(_read(self._door) // 2 * 2 + 2)

    def _write(self, generation: int) -> None:
        os.pwrite(self._door, f"{generation:020}".encode(), 0)


@contextmanager
def closed(folder: Path, patience: float) -> Iterator[Held]:
    """Close the gate of an app, and let who is inside come to an end. Raises StillBusy after `patience` seconds."""
    door, room = _opened(folder)
    try:
        deadline = time.monotonic() + patience
        for descriptor in (door, room):
            while not _taken(descriptor, fcntl.LOCK_EX):
                if time.monotonic() > deadline:
                    raise StillBusy(folder.name)
                time.sleep(_POLL)
        yield Held(door)
    finally:
        os.close(room)
        os.close(door)


@contextmanager
def rung(folders: Iterable[Path]) -> Iterator[None]:
    """Ring at these gates: a dropped packet, a late answer and one that never comes are over at once meanwhile."""
    with ExitStack() as stack:
        for folder in folders:
            bell = _file(folder, BELL)
            stack.callback(os.close, bell)
            fcntl.flock(bell, fcntl.LOCK_EX)
        yield


def is_rung(folder: Path) -> bool:
    """Whether somebody rings at this gate."""
    try:
        bell = os.open(folder / BELL, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not _taken(bell, fcntl.LOCK_SH)
    finally:
        os.close(bell)


def wait_inside(folder: Path, seconds: float) -> None:
    """Wait for what does not come: for so long, or until somebody rings."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0 and not is_rung(folder):
        time.sleep(min(left, _LISTEN))


def _opened(folder: Path) -> tuple[int, int]:
    return _file(folder, DOOR), _file(folder, ROOM)


def _file(folder: Path, name: str) -> int:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)


def _taken(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(door: int) -> int:
    with suppress(ValueError):
        return int(os.pread(door, 20, 0) or b"0")
    return 0
