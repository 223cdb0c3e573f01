"""How much each process of an app has answered and not yet written: a few numbers in a file that all of them map.

So who reads the journal in one process knows what to wait for in the others, and a request costs nothing more than a
number in memory.
"""

import fcntl
import mmap
import os
import struct
import time
from pathlib import Path

_SLOTS = 128
_SLOT = struct.Struct("=qqq")  # process id, queued, written
_SIZE = _SLOTS * _SLOT.size
_LOOK_SECONDS = 0.005


class Pending:
    """The numbers of this process, and those of the others. file: one for all processes of an app."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if os.fstat(descriptor).st_size < _SIZE:
                os.ftruncate(descriptor, _SIZE)
            self._map = mmap.mmap(descriptor, _SIZE)
            self._own = self._take_slot()
        finally:
            fcntl.flock(descriptor, fcntl.LOCK_UN)  # a map keeps the file open, and with it what is not let go
            os.close(descriptor)
        self._queued = self._written = 0

    def queued(self) -> None:
        """One more was answered."""
        self._queued += 1
        self._tell()

    def written(self, count: int) -> None:
        """So many more are in the journal."""
        self._written += count
        self._tell()

    def wait_for_others(self, patience: float) -> bool:
        """Wait until what the others have answered by now is written, whoever was killed left out; whether it is."""
        wanted = {
            number: queued
            for number in range(_SLOTS)
            for pid, queued, written in (self._slot(number),)
            if pid and number != self._own and queued > written
        }
        end = time.monotonic() + patience
        while wanted:
            wanted = {number: queued for number, queued in wanted.items() if self._is_behind(number, queued)}
            if not wanted:
                break
            if time.monotonic() > end:
                return False
            time.sleep(_LOOK_SECONDS)
        return True

    def close(self) -> None:
        """Nothing comes any more."""
        if self._own is not None:
            _SLOT.pack_into(self._map, self._own * _SLOT.size, 0, 0, 0)
        self._map.close()

    def _is_behind(self, number: int, queued: int) -> bool:
        pid, _, written = self._slot(number)
        return pid != 0 and written < queued and _lives(pid)

    def _take_slot(self) -> int | None:
        """A free one, or that of a process that is gone; None when all are taken: then nobody waits for this one."""
        for number in range(_SLOTS):
            pid = self._slot(number)[0]
            if not (pid and _lives(pid)) or pid == os.getpid():
                _SLOT.pack_into(self._map, number * _SLOT.size, os.getpid(), 0, 0)
                return number
        return None

    def _slot(self, number: int) -> tuple[int, int, int]:
        found: tuple[int, int, int] = _SLOT.unpack_from(self._map, number * _SLOT.size)
        return found

    def _tell(self) -> None:
        if self._own is not None:
            _SLOT.pack_into(self._map, self._own * _SLOT.size, os.getpid(), self._queued, self._written)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
