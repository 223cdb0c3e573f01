"""Start-up and memory of served apps, of the whole stack, and of the command, against `moto_server`."""

import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import requests

from bench.measure import Cost, Memory, Result, alternate, median, timed
from common.cli.home import Home
from tests.support.stack import Wardenloop, free_base_port

MB = 1024 * 1024
MOTO = "moto_server to its first 200"


def start_up(directory: Path) -> Result:
    """From starting the process to its first 200, database and keys being there."""
    command = cloud_command(directory)
    mine, theirs = alternate(lambda: _started(command, "/api/alive"), started_moto, 7)
    return Result("start of one app to its first 200", mine, 2.0, theirs, MOTO)


def stack_up_and_down(directory: Path) -> list[Result]:
    """`wardenloop up --detach` of a world that is there, until the command returns; then `wardenloop down`."""
    stack = Wardenloop(directory / "stack", free_base_port("master"))
    stack.done("up", "--detach", "--base-port", str(stack.base_port))
    stack.done("down")
    down: list[Cost] = []

    def up() -> Cost:
        cost = _ran(stack, "up", "--detach")
        supervisor = psutil.Process(Home(stack.home).supervisor()[0])
        cost = Cost(cost.wall, cost.cpu + cpu_seconds(supervisor) * 1000)
        down.append(_ran(stack, "down"))
        return cost

    mine, theirs = alternate(up, started_moto, 5)
    return [
        Result("`up` of an existing world, everything ready", mine, 3.0, theirs, MOTO),
        Result("`down`", median(down), 1.0, theirs, MOTO),
    ]


def reset_of_a_stack(directory: Path) -> Result:
    """`POST /_sim/reset` of a running stack with its first world, until it is answered; its processes' time counts."""
    stack = Wardenloop(directory / "reset", free_base_port("master"))
    stack.done("up", "--detach", "--base-port", str(stack.base_port))
    try:
        supervisor = psutil.Process(Home(stack.home).supervisor()[0])
        url = Home(stack.home).urls()["start"] + "/_sim/reset"

        def reset() -> None:
            requests.post(url, timeout=60).raise_for_status()

        go = timed(reset, lambda: cpu_seconds(supervisor))
        go()
        return Result("`POST /_sim/reset` of a running stack", median([go() for _ in range(9)]), 0.3)
    finally:
        stack.done("down")


def list_of_commands() -> Result:
    """`wardenloop --help`."""
    command = [str(Path(sys.executable).parent / "wardenloop"), "--help"]
    if not Path(command[0]).exists():
        command = [sys.executable, "-m", "common.cli.main", "--help"]
    return Result("`wardenloop --help`", median([_spent(command) for _ in range(9)]), 0.15)


def memory(directory: Path, use: list[str]) -> Result:
    """Resident memory after a few calls, children included. use: paths to call."""
    with running(cloud_command(directory), "/api/alive") as (process, base):
        for path in use:
            requests.get(base + path, timeout=10)
        mine = resident(process)
    return Result(
        "memory of one app after use", Memory(mine), 1.2, Memory(memory_of_moto()), "moto_server after one call"
    )


def memory_of_moto() -> float:
    """Megabytes of `moto_server` after one call."""
    with running(_moto_command(), "/moto-api/") as (process, base):
        requests.put(base + "/bucket-one", timeout=10)
        return resident(process)


def cloud_command(directory: Path) -> list[str]:
    os.environ["WARDENLOOP_STATE_DIR"] = str(directory / "cloud-us")
    return [sys.executable, "-m", "gunicorn", "-c", "python:common.server.serving", "cloud_sim.wsgi:app", "-b"]


def cpu_seconds(process: psutil.Process) -> float:
    """What a process and its children have used so far, those that have ended included."""
    family = [process, *process.children(recursive=True)]
    return sum(sum(member.cpu_times()[:4]) for member in family)


def _moto_command() -> list[str]:
    return [str(Path(sys.executable).parent / "moto_server"), "-p"]


def started_moto() -> Cost:
    """Until it answers for the first time."""
    return _started(_moto_command(), "/moto-api/")


def _started(command: list[str], path: str) -> Cost:
    began = time.perf_counter()
    with running(command, path) as (process, _):
        return Cost((time.perf_counter() - began) * 1000, cpu_seconds(process) * 1000)


def _ran(stack: Wardenloop, *arguments: str) -> Cost:
    return _spent([sys.executable, "-m", "common.cli.main", "--home", str(stack.home), *arguments])


def _spent(command: list[str]) -> Cost:
    """Of a command that ends by itself."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost((time.perf_counter() - began) * 1000, cpu * 1000)


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
        except (requests.ConnectionError, requests.Timeout):
            time.sleep(0.005)
    raise RuntimeError(f"{url} never answered 200")


def resident(process: psutil.Process) -> float:
    """Megabytes. The largest of the family: a master that forked one worker shares most of its pages with it."""
    family = [process, *process.children(recursive=True)]
    return sum(member.memory_full_info().pss for member in family) / MB


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
