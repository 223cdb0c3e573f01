"""Ends whatever belongs to a folder once nobody holds the lock any more: `python keeper.py LOCK FOLDER SIGNAL`.

A process of its own, so that it outlives a test run that is killed. Whoever has the folder in its command line or in
its environment belongs to it; so do the folders that its file `elsewhere` lists, which are removed.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import sys
import time
from pathlib import Path

PATIENCE = 10.0


ELSEWHERE = "elsewhere"


def main(lock: str, folder: str, ending: str) -> None:
    """Wait, end, and let the next ones in."""
    with Path(lock).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        Path(folder).with_suffix(".json").unlink(missing_ok=True)
        end(Path(folder), signal.Signals[ending])


def end(folder: Path, first: signal.Signals) -> None:
    """Ask everybody of the folder to end, then make them."""
    for number in (first, signal.SIGKILL):
        told: set[int] = set()
        until = time.monotonic() + PATIENCE
        while (found := members(folder)) and time.monotonic() < until:
            for pid in found - told:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            told |= found
            time.sleep(0.1)
    with contextlib.suppress(FileNotFoundError):
        for path in (folder / ELSEWHERE).read_text("utf-8").splitlines():
            shutil.rmtree(path, ignore_errors=True)


def members(folder: Path) -> set[int]:
    """Processes of a folder, without this one."""
    return {pid for pid in _processes() if _names(pid, str(folder).encode())} - {os.getpid()}


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _names(pid: int, folder: bytes) -> bool:
    try:
        texts = [Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "environ")]
    except OSError:  # ended meanwhile, or somebody else's
        return False
    return any(folder in text for text in texts)


if __name__ == "__main__":
    main(*sys.argv[1:])
