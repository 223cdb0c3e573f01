"""Ids, secrets and nonces of a process: by chance, or out of a seed, so that the same calls bring the same.

Each process draws from a row of its own: that of its app, of what it is for, and of how many processes for that there
were before it in this world. So several workers, and a process after a restart, never draw the same; and with one
worker a process, two worlds of one seed draw the same in the same order.
"""

import fcntl
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from common.files import PRIVATE, read_json, write_json
from common.ids import Ids, SeededIds, SystemIds
from common.settings import CommonSettings

_DRAWS, _LOCK = "seed-draws.json", "seed.lock"


class ProcessIds(SeededIds):
    """Out of a seed, for one process: a fork begins a row of its own with its first draw."""

    def __init__(self, seed: int, purpose: str, folder: Path) -> None:
        super().__init__(seed)
        self._seed, self._purpose, self._folder = seed, purpose, folder
        self._process = 0

    def bits(self) -> int:
        process = os.getpid()
        if process != self._process:
            number = _ticket(self._folder, self._purpose)
            row = hashlib.sha256(f"{self._seed}/{self._purpose}/{number}".encode()).digest()
            self.begin(int.from_bytes(row))
            self._process = process
        return super().bits()

    def apart(self, purpose: str) -> "ProcessIds":
        """Of the same seed, for something else in this process: drawing there moves nothing here."""
        return ProcessIds(self._seed, f"{self._purpose}/{purpose}", self._folder)


def ids_of(settings: CommonSettings, purpose: str) -> Ids:
    """Where a process gets its ids from. purpose: of which app, and what for."""
    if settings.seed is None:
        return SystemIds()
    return ProcessIds(settings.seed, purpose, settings.state_dir)


def ids_apart(ids: Ids, purpose: str) -> Ids:
    """For something that is not to move the row of others: the journal of a process."""
    return ids.apart(purpose) if isinstance(ids, ProcessIds) else SystemIds()


def nonces_of(ids: Ids) -> Callable[[int], bytes] | None:
    """Makes so many bytes out of the seed; None where there is none."""
    return (lambda count: ids.uuid().bytes[:count]) if isinstance(ids, ProcessIds) else None


def _ticket(folder: Path, purpose: str) -> int:
    """How many processes have asked for one for this purpose in this world."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _LOCK).touch(PRIVATE)
    with (folder / _LOCK).open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        draws = read_json(folder / _DRAWS) or {}
        number = int(draws.get(purpose, 0))
        write_json(folder / _DRAWS, {**draws, purpose: number + 1}, PRIVATE)
    return number
