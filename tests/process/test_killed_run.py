"""A test run that is killed leaves no process behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.keeper import ELSEWHERE, members
from tests.support.waiting import until

SLEEPERS = """
import subprocess, sys, time
from pathlib import Path
from tests.support.shared import shared

def make(folder):
    for _ in range(2):
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", str(folder)], start_new_session=True)
    return "made"

with shared(Path(sys.stdin.readline().strip()), make) as told:
    print(told, flush=True)
    time.sleep(600)
"""

CLUSTER = """
import sys, time
from functools import partial
from pathlib import Path
from tests.support.plugins import postgres
from tests.support.shared import shared

make = partial(postgres._start_cluster, postgres._server_binaries())
with shared(Path(sys.stdin.readline().strip()), make, ending=postgres.signal.SIGQUIT) as told:
    print("made", flush=True)
    time.sleep(600)
"""


def _run(program: str, folder: Path) -> "subprocess.Popen[str]":
    """A user that does not carry the folder itself."""
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(f"{folder}\n")
    process.stdin.flush()
    assert process.stdout.readline().strip() == "made"
    return process


def _kill(process: "subprocess.Popen[str]") -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def _wait_until_empty(folder: Path) -> None:
    until(lambda: not members(folder), "all of them have ended")


def test_the_last_user_takes_the_processes_along(tmp_path: Path) -> None:
    folder = tmp_path / "sleepers"
    first, second = _run(SLEEPERS, folder), _run(SLEEPERS, folder)
    shared_ones = members(folder)
    assert len(shared_ones) == 2 + 1  # one that made them, one keeper
    _kill(first)
    time.sleep(0.5)
    assert shared_ones <= members(folder)
    _kill(second)
    _wait_until_empty(folder)


def test_a_later_user_gets_a_new_one(tmp_path: Path) -> None:
    folder = tmp_path / "sleepers"
    _kill(_run(SLEEPERS, folder))
    later = _run(SLEEPERS, folder)
    assert len(members(folder)) == 2 + 1
    _kill(later)
    _wait_until_empty(folder)


@pytest.mark.usefixtures("postgres_cluster")  # so that it is installed
def test_a_database_cluster_ends_too(tmp_path: Path) -> None:
    folder = tmp_path / "cluster"
    process = _run(CLUSTER, folder)
    data = Path((folder / ELSEWHERE).read_text())
    assert data.exists()
    _kill(process)
    _wait_until_empty(folder)
    until(lambda: not data.exists(), "its files are gone")
