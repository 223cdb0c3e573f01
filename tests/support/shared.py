"""Something with processes, such as a stack or a database cluster, that the workers of a test run share.

Its users hold a lock, which the system takes from them when they end, however they end; a keeper then ends the rest.
"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support import keeper


def run_folder(factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this run have in common."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@contextmanager
def shared(folder: Path, make: Callable[[Path], Any], *, ending: signal.Signals = signal.SIGTERM) -> Iterator[Any]:
    """What `make(folder)` told (as JSON) when the first user came; the folder is empty then.

    Its processes carry the folder in their command line or environment; `ending` asks them to end.
    """
    lock, state = folder.with_suffix(".users"), folder.with_suffix(".json")
    with lock.open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)  # waits while a keeper ends an earlier one
        with folder.with_suffix(".making").open("a") as making:
            fcntl.flock(making, fcntl.LOCK_EX)
            if not state.exists():
                _clear(folder)
                _keep(lock, folder, ending)
                state.write_text(json.dumps(make(folder)))
        yield json.loads(state.read_text())


def _clear(folder: Path) -> None:
    """Take away what a maker left who did not come to the end."""
    if folder.exists():
        keeper.end(folder, signal.SIGKILL)
        shutil.rmtree(folder)
    folder.mkdir(parents=True)


def _keep(lock: Path, folder: Path, ending: signal.Signals) -> None:
    command = [sys.executable, "-S", keeper.__file__, str(lock), str(folder), ending.name]
    nothing = subprocess.DEVNULL
    subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True)
