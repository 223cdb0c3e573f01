"""The container engine: a real program is started, replaced, restarted after a crash and stopped."""

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from common.server.processes import execute
from selfhost import __main__ as selfhost_program
from selfhost.deployment.certificates import create_site_certificate
from selfhost.deployment.runner import Runner, Service, child_environment
from selfhost.deployment.state import (
    Desired,
    Held,
    InstanceHome,
    Status,
    read_status,
    runner_alive,
    write_desired,
    write_effective,
    write_status,
)
from tests.support.waiting import PATIENCE, until

ID = "3f1c2f60-6b5e-4d0e-9a55-b2b1a0c0ffee"


def program(code: str) -> Service:
    start = execute(sys.executable, "-c", code)
    return Service("api", lambda _settings, ready: start(ready), lambda _settings, child: child.is_ready)


def status(home: InstanceHome) -> Status:
    return read_status(home, "api") or Status(-1, "gone")


def ask_up(home: InstanceHome, generation: int, **environment: str) -> None:
    write_effective(home, {"globalSettings__installation__id": ID, **environment}, "2026.8.0", generation, "")
    write_desired(home, Desired(generation, up=True))


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def running(
    home: InstanceHome, service: Service, shell: Mapping[str, str] = os.environ, **options: float
) -> Iterator[Runner]:
    runner = Runner(home, service, shell, poll=0.02, **options)
    thread = threading.Thread(target=runner.run)
    thread.start()
    try:
        yield runner
    finally:
        runner.end()
        thread.join(PATIENCE)
        assert not thread.is_alive()


@pytest.fixture
def home(tmp_path: Path) -> InstanceHome:
    return InstanceHome(tmp_path)


def test_up_replace_and_down(home: InstanceHome) -> None:
    with running(home, program("import time; time.sleep(600)")):
        until(lambda: status(home).state == "down")
        ask_up(home, 1)
        until(lambda: status(home).state == "healthy")
        first = status(home)
        ask_up(home, 2)
        until(lambda: status(home).state == "healthy" and status(home).generation == 2)
        second = status(home)
        assert first.pid and second.pid and first.pid != second.pid and not alive(first.pid) and alive(second.pid)
        write_desired(home, Desired(3, up=False))
        until(lambda: status(home) == Status(3, "down"))
        assert not alive(second.pid)


def test_a_crash_is_reported_with_its_last_words_and_tried_again(home: InstanceHome, tmp_path: Path) -> None:
    code = f"""
import pathlib, sys, time
tries = pathlib.Path({str(tmp_path / "tries")!r})
tries.write_text((tries.read_text() if tries.exists() else "") + "x")
if len(tries.read_text()) < 3:
    sys.exit("database is on fire")
time.sleep(600)
"""
    seen: list[Status] = []
    tries = tmp_path / "tries"

    def third_try_runs() -> bool:
        seen.append(status(home))
        return tries.exists() and tries.read_text() == "xxx" and seen[-1].state == "healthy"

    with running(home, program(code), first_pause=0.1):
        ask_up(home, 1)
        until(third_try_runs)
    assert "database is on fire" in [found.error for found in seen]


def test_the_program_sees_the_environment_in_effect_only(home: InstanceHome, capfd: pytest.CaptureFixture[str]) -> None:
    shell = {"PATH": os.environ["PATH"], "HOME": "/h", "PYTHONUTF8": "1", "SECRET_OF_THE_SHELL": "1"}
    environment = {
        "PATH": "/from/the/file",
        "HTTPS_PROXY": "http://p",
        "wardenloop__hosts__api.bitwarden.eu": "http://x/",
    }
    expected = {
        "PATH": os.environ["PATH"],
        "HOME": "/h",
        "PYTHONUTF8": "1",
        "HTTPS_PROXY": "http://p",
        "wardenloop__hosts__api.bitwarden.eu": "http://x/",
        "WARDENLOOP_EFFECTIVE": str(home.effective),
    }
    assert child_environment(environment, shell, home.effective) == expected
    seen = subprocess.run(
        [sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))"],
        env=child_environment(environment, shell, home.effective),
        capture_output=True,
        check=True,
    )
    assert json.loads(seen.stdout).items() >= expected.items()


def test_a_program_that_ignores_the_polite_signal_is_killed(home: InstanceHome, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    code = f"""
import pathlib, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path({str(ready)!r}).touch()
time.sleep(600)
"""
    with running(home, program(code), grace=0.3):
        ask_up(home, 1)
        until(ready.exists)
        until(lambda: status(home).pid is not None)
        pid = status(home).pid
        write_desired(home, Desired(2, up=False))
        until(lambda: status(home).state == "down")
    assert pid is not None and not alive(pid)


@pytest.mark.parametrize("tls", [False, True])
def test_the_api_is_served_by_gunicorn_and_healthy_when_it_answers(
    home: InstanceHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tls: bool
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        environment = {"wardenloop__listen": f"127.0.0.1:{free.getsockname()[1]}"}
    if tls:
        create_site_certificate(tmp_path, "bw.example.com", datetime.now(UTC), ("crt.pem", "key.pem"))
        environment |= {
            "wardenloop__tlsCertificate": f"{tmp_path}/crt.pem",
            "wardenloop__tlsKey": f"{tmp_path}/key.pem",
        }

    def trivial(_environ: object, start_response: Any) -> list[bytes]:
        start_response("404 Not Found", [("Content-Length", "0")])
        return [b""]

    monkeypatch.setattr(selfhost_program, "_made", lambda: trivial)
    ask_up(home, 1, **environment)
    with running(home, selfhost_program.SERVICES["api"]):
        until(lambda: status(home).state == "healthy")
        pid = status(home).pid
    assert pid is not None and not alive(pid)


def test_a_bad_snapshot_is_a_crash_with_the_reason(home: InstanceHome) -> None:
    with running(home, program("pass")):
        ask_up(home, 1, globalSettings__enableCloudCommunication="yes")
        until(lambda: status(home).state == "crashed")
        assert "System.Boolean" in status(home).error


@pytest.mark.parametrize("content", ["x", "{}", '{"generation": 1, "environment": {"a": 1}}'])
def test_a_damaged_snapshot_is_a_crash_that_says_what_to_do(home: InstanceHome, content: str) -> None:
    with running(home, program("")):
        home.effective.parent.mkdir(exist_ok=True)
        home.effective.write_text(content)
        write_desired(home, Desired(1, up=True))
        until(lambda: status(home).state == "crashed")
        assert str(home.effective) in status(home).error and "selfhost restart" in status(home).error


def test_a_full_disk_ends_nothing_and_is_caught_up_with(home: InstanceHome, monkeypatch: pytest.MonkeyPatch) -> None:
    full, refused = threading.Event(), threading.Event()

    def write(*words: Any) -> None:
        if full.is_set():
            refused.set()
            raise OSError(errno.ENOSPC, "No space left on device")
        write_status(*words)

    monkeypatch.setattr("selfhost.deployment.runner.write_status", write)
    with running(home, program("import sys; sys.exit('gone')"), first_pause=600):
        until(lambda: status(home).state == "down")
        full.set()
        ask_up(home, 1)
        until(refused.is_set)
        assert status(home).state == "down"
        full.clear()
        until(lambda: (status(home).state, status(home).error) == ("crashed", "gone"))


def test_one_runner_for_a_service(home: InstanceHome) -> None:
    assert not runner_alive(home, "api")
    with running(home, program("pass")):
        until(lambda: runner_alive(home, "api"))
        with pytest.raises(Held):
            Runner(home, program("pass"), {}).run()
    assert not runner_alive(home, "api")
    assert status(home).state == "gone"


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_the_program_ends_with_its_runner(home: InstanceHome, end: signal.Signals) -> None:
    code = f"""
import os, sys
from pathlib import Path
from common.server.processes import execute
from selfhost.deployment.runner import Runner, Service
from selfhost.deployment.state import InstanceHome
sleep = execute(sys.executable, "-c", "import time; time.sleep(600)")
sleeper = Service("api", lambda _s, ready: sleep(ready), lambda _s, _child: True)
runner = Runner(InstanceHome(Path({str(home.path)!r})), sleeper, os.environ, poll=0.02)
runner.end_on_signals()
runner.run()
"""
    ask_up(home, 1)
    process = subprocess.Popen([sys.executable, "-c", code])
    try:
        until(lambda: status(home).state == "healthy")
        pid = status(home).pid
        assert pid is not None
        process.send_signal(end)
        assert process.wait(PATIENCE) == (0 if end is not signal.SIGKILL else -signal.SIGKILL)
        until(lambda: not _runs(pid))
        assert not runner_alive(home, "api")
    finally:
        process.kill()


def _runs(pid: int) -> bool:
    """Alive and no zombie that only waits for somebody to collect it."""
    state = Path(f"/proc/{pid}/stat")
    if not state.parent.parent.joinpath("self").exists():
        return alive(pid)
    return state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] != "Z"
