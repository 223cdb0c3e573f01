"""Start-up time and memory of a served app against `moto_server`."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import requests

from bench.measure import Result, alternate

MB = 1024 * 1024


def start_up(directory: Path) -> Result:
    """From starting the process to its first 200, database and keys being there."""
    ours, reference = cloud_command(directory), _moto_command()

    def started(command: list[str], path: str) -> None:
        with running(command, path):
            pass

    mine, theirs = alternate(lambda: started(ours, "/api/alive"), lambda: started(reference, "/moto-api/"), 7)
    return Result("start of one app to its first 200", mine, theirs, "moto_server to its first 200", 1.3)


def memory(directory: Path, use: list[str]) -> Result:
    """Resident memory after a few calls, children included. use: paths to call."""
    with running(cloud_command(directory), "/api/alive") as (process, base):
        for path in use:
            requests.get(base + path, timeout=10)
        mine = _resident(process)
    with running(_moto_command(), "/moto-api/") as (process, base):
        requests.put(base + "/bucket-one", timeout=10)
        theirs = _resident(process)
    return Result("memory of one app after use", mine, theirs, "moto_server after one call", 1.5, unit="MB")


def cloud_command(directory: Path) -> list[str]:
    os.environ["WARDENLOOP_STATE_DIR"] = str(directory / "cloud-us")
    return [sys.executable, "-m", "gunicorn", "-c", "python:common.server.serving", "cloud_sim.wsgi:app", "-b"]


def _moto_command() -> list[str]:
    return [str(Path(sys.executable).parent / "moto_server"), "-p"]


@contextmanager
def running(command: list[str], path: str) -> Iterator[tuple[psutil.Process, str]]:
    port = _free_port()
    address = f"127.0.0.1:{port}" if command[-1] == "-b" else str(port)
    base = f"http://127.0.0.1:{port}"
    process = subprocess.Popen([*command, address], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(base + path, process)
        yield psutil.Process(process.pid), base
    finally:
        process.terminate()
        process.wait(10)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(3000):
        if process.poll() is not None:
            raise RuntimeError(f"the server stopped with {process.returncode}")
        try:
            if requests.get(url, timeout=5).status_code == 200:
                return
        except requests.ConnectionError:
            time.sleep(0.005)
    raise RuntimeError(f"{url} never answered 200")


def _resident(process: psutil.Process) -> float:
    """The largest of the family: a master that forked one worker shares most of its pages with it."""
    family = [process, *process.children(recursive=True)]
    return sum(member.memory_full_info().pss for member in family) / MB


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
