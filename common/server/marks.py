"""Who belongs to a stack: every process group holds the lock of a file named by its id, for as long as it lives.

The lock proves whose process it is: somebody who was given the same id later does not hold it. It is inherited by what
the process forks, and an id is not given away while its group has a member. The same on every POSIX system.
"""

import fcntl
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from common.files import PRIVATE

_POLL = 0.02


def folder_of(home: Path) -> Path:
    """Where the marks of the stack in this home lie."""
    return home / "run"


def hold(folder: Path) -> None:
    """Mark this process, the leader of its group. Nothing when the folder cannot be written: it may still serve."""
    path = folder / str(os.getpid())
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        while not _locked(path):
            pass


def _locked(path: Path) -> bool:
    """False when somebody took the file for one left over, between its making and its locking."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE)
    os.set_inheritable(descriptor, True)  # the program may be another executable
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with suppress(FileNotFoundError):
        if os.fstat(descriptor).st_ino == path.stat().st_ino:
            return True
    os.close(descriptor)
    return False


def living(folder: Path) -> set[int]:
    """The groups that are marked and live; marks of others are removed."""
    try:
        return {int(path.name) for path in folder.iterdir() if path.name.isdigit() and not _removed(path)}
    except FileNotFoundError:
        return set()


def _removed(path: Path) -> bool:
    with suppress(FileNotFoundError), path.open("r+b") as mark:
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        path.unlink()
    return True


def end(folder: Path, grace: float) -> bool:
    """SIGTERM to every marked group, and after `grace` seconds SIGKILL; whether there was any. Waits for their end."""
    if not living(folder):
        return False
    for number in (signal.SIGTERM, signal.SIGKILL):
        told: set[int] = set()
        deadline = time.monotonic() + grace
        while (groups := living(folder)) and time.monotonic() < deadline:
            for group in groups - told:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(group, number)
            told |= groups
            time.sleep(_POLL)
    return True
