"""The log of a stack: it is appended to, set aside when it has grown long, and of those set aside a few are kept."""

import io
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from common.files import PRIVATE

LONGEST = 10 * 1024 * 1024
"""Bytes of one file."""

KEPT = 4
"""Files set aside: `stack.log.1` is the newest of them."""

_POLL = 0.03


class LogFile:
    """One process writes."""

    def __init__(self, path: Path, longest: int = LONGEST) -> None:
        """longest: bytes from which on the next write begins a new file."""
        self._path = path
        self._longest = longest
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = _opened(path)

    def write(self, lines: bytes) -> None:
        """Whole lines; they are in the file when this returns. On a full disk they are lost, and work goes on."""
        with suppress(OSError):
            if self._file.tell() >= self._longest:
                self._set_aside()
            self._file.write(lines)

    def _set_aside(self) -> None:
        for number in range(KEPT, 1, -1):
            with suppress(FileNotFoundError):
                _kept(self._path, number - 1).replace(_kept(self._path, number))
        self._path.replace(_kept(self._path, 1))
        self._file.close()
        self._file = _opened(self._path)


def lines(path: Path) -> Iterator[str]:
    """All that is kept, oldest first."""
    for each in (*(_kept(path, number) for number in range(KEPT, 0, -1)), path):
        with suppress(FileNotFoundError), each.open(encoding="utf-8", errors="replace") as log:
            yield from log


def follow(path: Path, goes_on: Callable[[], bool], *, from_start: bool = False) -> Iterator[str]:
    """Lines as they come, until nothing goes on any more."""
    return (line for line in follow_with_pauses(path, goes_on, from_start=from_start) if line is not None)


def follow_with_pauses(path: Path, goes_on: Callable[[], bool], *, from_start: bool = False) -> Iterator[str | None]:
    """The same, and None each time before it waits a moment: for who has something else to look at."""
    log = path.open(encoding="utf-8", errors="replace")
    try:
        if not from_start:
            log.seek(0, os.SEEK_END)
        while True:
            more = goes_on()
            yield from log
            with suppress(FileNotFoundError):
                if path.stat().st_ino != os.fstat(log.fileno()).st_ino:
                    yield from log  # what came before it was set aside
                    log.close()
                    log = path.open(encoding="utf-8", errors="replace")
                    continue
            yield None
            if not more:
                return
            time.sleep(_POLL)
    finally:
        log.close()


def _kept(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")


def _opened(path: Path) -> io.FileIO:
    return io.FileIO(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, PRIVATE), "ab")
