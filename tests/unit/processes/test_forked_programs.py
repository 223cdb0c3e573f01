"""Forked programs: what they see, how they end, and that they never outlive their parent."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from common.server import processes
from common.server.processes import Forked, Program, Ready, execute, terminate
from tests.support.waiting import until

pytestmark = pytest.mark.processes


def outcome(program: Program, **environment: str) -> tuple[int | None, str]:
    """Exit status and output of a program that ends by itself."""
    child = Forked(program, environment)
    written = bytearray()
    until(lambda: child.exit_status() is not None)
    while output := child.read():
        written += output
    child.close()
    return child.exit_status(), written.decode()


def test_the_program_sees_its_own_environment_and_its_output_is_read() -> None:
    def program(_ready: Ready) -> None:
        print(sorted(os.environ.items()), sys.stdin.read() == "")

    assert outcome(program, ONLY="this") == (0, "[('ONLY', 'this')] True\n")


@pytest.mark.parametrize(("result", "status"), [(None, 0), (3, 3)])
def test_the_result_is_the_exit_status(result: int | None, status: int) -> None:
    assert outcome(lambda _ready: result)[0] == status


def test_a_program_ends_with_the_text_that_it_exits_with() -> None:
    def program(_ready: Ready) -> None:
        raise SystemExit("the disk is full")

    assert outcome(program) == (1, "the disk is full\n")


def test_a_failure_is_a_traceback_and_a_bad_status() -> None:
    def program(_ready: Ready) -> None:
        raise LookupError("nobody home")

    status, written = outcome(program)
    assert status == 1 and written.endswith("LookupError: nobody home\n")


def test_a_program_that_has_hardly_begun_ends_when_it_is_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its parent listens to the same signal."""
    begin = processes._cut_loose

    def begin_late(*arguments: int) -> None:
        time.sleep(0.3)
        begin(*arguments)

    monkeypatch.setattr(processes, "_cut_loose", begin_late)
    heard: list[int] = []
    former = signal.signal(signal.SIGTERM, lambda number, _frame: heard.append(number))
    try:
        child = Forked(execute("sleep", "600"), {"PATH": os.environ["PATH"]})
        child.send(signal.SIGTERM)
        until(lambda: child.exit_status() is not None)
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, former)
        child.kill()
    child.close()
    assert child.exit_status() == -signal.SIGTERM
    assert heard == [signal.SIGTERM]


def test_readiness_is_told_by_the_program() -> None:
    def program(ready: Ready) -> None:
        sys.stdin.read()
        ready()
        time.sleep(600)

    child = Forked(program, {})
    until(lambda: child.is_ready)
    terminate({"it": child}, 10, lambda _name, _output: None)
    assert (child.exit_status(), child.is_ready) == (-signal.SIGTERM, False)


def test_all_are_asked_to_end_at_once_and_killed_when_they_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    def watched(way: str) -> Callable[..., None]:
        real: Callable[..., None] = getattr(Forked, way)

        def tell(child: Forked, *number: signal.Signals) -> None:
            told.append(way)
            real(child, *number)

        return tell

    def stubborn(_ready: Ready) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("deaf")
        time.sleep(600)

    children = {name: Forked(stubborn, {}) for name in ("a", "b", "c")}
    for child in children.values():
        until(lambda child=child: child.read() == b"deaf\n")  # type: ignore[misc]
    for way in ("send", "kill"):
        monkeypatch.setattr(Forked, way, watched(way))
    terminate(children, 0.2, lambda _name, _output: None)
    assert {child.exit_status() for child in children.values()} == {-signal.SIGKILL}
    assert told[:4] == ["send", "send", "send", "kill"]


def test_nothing_of_the_parent_is_left_open(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as mine:
        number = mine.fileno()

        def program(_ready: Ready) -> None:
            try:
                os.fstat(number)
            except OSError:
                print("closed")

        assert number != processes._READY
        assert outcome(program) == (0, "closed\n")


def test_another_executable_can_be_the_program() -> None:
    assert outcome(execute("/bin/sh", "-c", 'echo "$WORD"; exit 4'), WORD="hello") == (4, "hello\n")


@pytest.mark.parametrize("watch", ["_KernelWatch", "_PipeWatch"])
def test_programs_end_with_a_parent_that_is_killed(watch: str, tmp_path: Path) -> None:
    if watch == "_KernelWatch" and not sys.platform.startswith("linux"):
        pytest.skip("only Linux tells a process that its parent was killed")
    code = f"""
import time
from collections.abc import Callable
from pathlib import Path
from common.server import processes
processes._watch = processes.{watch}()
def program(ready):
    Path("pid").write_text(str(__import__("os").getpid()))
    Path("pid").rename("running")
    time.sleep(600)
ended = processes.Forked(lambda ready: None, {{}})
while ended.exit_status() is None:
    time.sleep(0.01)
processes.Forked(program, {{}})
time.sleep(600)
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(Path.cwd())}
    )
    try:
        until((tmp_path / "running").exists)
        pid = int((tmp_path / "running").read_text())
        os.kill(pid, 0)
    finally:
        parent.kill()
        parent.wait()
    until(lambda: not _runs(pid))


def _runs(pid: int) -> bool:
    """Alive and no zombie that only waits for somebody to collect it."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout
    return state.strip() not in ("", "Z", "Zs")
