"""The container engine of the simulation: one runner per service keeps its program in the state that was asked for.

A program sees the snapshot environment in effect and nothing of the shell that started the runner, except what Python
itself needs.
"""

import collections
import ctypes
import http.client
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from common.files import read_json
from selfhost.deployment.settings import EFFECTIVE_VARIABLE, SelfHostSettings, SettingsError, bind
from selfhost.deployment.state import Desired, Home, ServiceState, Status, locked, read_desired, write_status

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_ERROR_LINES = 15


@dataclass(frozen=True)
class Service:
    """A program to run. command: its argument list. healthy: whether it serves, given the seconds since its start."""

    name: str
    command: Callable[[SelfHostSettings], list[str]]
    healthy: Callable[[SelfHostSettings, float], bool]


def api_command(settings: SelfHostSettings) -> list[str]:
    """gunicorn with threads, with TLS where a certificate is configured."""
    own = settings.simulator
    command = [sys.executable, "-m", "gunicorn", "-c", "python:common.server.serving", "--bind", own.listen]
    command += ["--workers", str(own.workers), "--threads", str(own.threads), "selfhost.wsgi:app"]
    if own.tls_certificate and own.tls_key:
        command += ["--certfile", str(own.tls_certificate), "--keyfile", str(own.tls_key)]
    return command


def api_answers(settings: SelfHostSettings, _age: float) -> bool:
    """`GET /api/alive` gets an answer that is no server error."""
    connection: http.client.HTTPConnection
    if settings.simulator.tls_certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # our own process, whatever its name
        connection = http.client.HTTPSConnection(settings.simulator.listen, timeout=2, context=context)
    else:
        connection = http.client.HTTPConnection(settings.simulator.listen, timeout=2)
    try:
        connection.request("GET", "/api/alive")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


SERVICES = {
    "api": Service("api", api_command, api_answers),
    # jobs has no address to ask: it is well when it has lived through its imports
    "jobs": Service(
        "jobs", lambda _settings: [sys.executable, "-m", "selfhost.worker"], lambda _settings, age: age > 1.5
    ),
}


def child_environment(snapshot: Mapping[str, str], shell: Mapping[str, str], effective: Path) -> dict[str, str]:
    """The environment in effect plus PATH, HOME and PYTHON* of the runner's shell."""
    kept = {name: value for name, value in shell.items() if name in ("PATH", "HOME") or name.startswith("PYTHON")}
    return {**snapshot, **kept, EFFECTIVE_VARIABLE: str(effective.absolute())}


class Child:
    """One running program. Its output is passed on, its last lines are kept for the report of a crash."""

    def __init__(self, command: list[str], environment: Mapping[str, str]) -> None:
        self.started = time.monotonic()
        self._last_lines: collections.deque[str] = collections.deque(maxlen=_ERROR_LINES)
        self._process = subprocess.Popen(  # noqa: S603 - our own programs
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent(),
        )
        self._reader = threading.Thread(target=self._pass_on, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def age(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    def exit_status(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def last_words(self) -> str:
        """The last lines it wrote."""
        self._reader.join(timeout=1)
        return "\n".join(self._last_lines).strip()

    def terminate(self, grace: float) -> None:
        """SIGTERM, and after `grace` seconds SIGKILL to it and all it started."""
        self._process.terminate()
        try:
            self._process.wait(grace)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._reader.join(timeout=1)

    def _pass_on(self) -> None:
        if self._process.stdout is None:
            return
        for line in self._process.stdout:
            self._last_lines.append(line.decode(errors="replace").rstrip())
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()


def _die_with_parent() -> Callable[[], None] | None:
    """On Linux the program ends with its runner even when that is killed; elsewhere nothing can be done."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Runner:
    """Brings one service to the desired state and reports what became of it, until told to end."""

    def __init__(
        self,
        home: Home,
        service: Service,
        shell: Mapping[str, str],
        *,
        poll: float = 0.2,
        grace: float = 10.0,
        first_pause: float = 0.5,
        longest_pause: float = 15.0,
    ) -> None:
        self._home = home
        self._service = service
        self._shell = shell
        self._poll = poll
        self._grace = grace
        self._first_pause = first_pause
        self._longest_pause = longest_pause
        self._ending = threading.Event()
        self._reported: Status | None = None
        self._child: Child | None = None
        self._settings: SelfHostSettings | None = None
        self._generation = 0
        self._pause = first_pause
        self._retry_at = 0.0

    def run(self) -> None:
        """Until `end`; state.Held when this service has a runner already."""
        # whoever asks whether a runner lives holds its lock for a moment
        with locked(self._home, f"runner-{self._service.name}", patience=1):
            try:
                while not self._ending.is_set():
                    self._step(read_desired(self._home))
                    self._ending.wait(self._poll)
            finally:
                self._stop_child()
                self._report("gone")

    def end(self) -> None:
        """Ask `run` to stop its program and return."""
        self._ending.set()

    def end_on_signals(self) -> None:
        """SIGTERM and SIGINT end the runner (main thread only)."""

        def on_signal(_number: int, _frame: FrameType | None) -> None:
            self.end()

        signal.signal(signal.SIGTERM, on_signal)
        signal.signal(signal.SIGINT, on_signal)

    def _step(self, desired: Desired) -> None:
        if desired.generation != self._generation or not desired.up:
            self._stop_child()
            self._generation = desired.generation
            self._pause, self._retry_at = self._first_pause, 0.0
        if not desired.up:
            self._report("down")
        elif self._child is None:
            if time.monotonic() >= self._retry_at:
                self._start_child()
        elif (exit_status := self._child.exit_status()) is not None:
            words = self._child.last_words()
            self._child = None
            self._crashed(words or f"{self._service.name} ended with status {exit_status}.")
        elif self._has_become_healthy(self._child):
            self._pause = self._first_pause
            self._report("healthy", self._child.pid)

    def _has_become_healthy(self, child: Child) -> bool:
        if self._settings is None or self._reported is None or self._reported.state != "starting":
            return False
        return self._service.healthy(self._settings, child.age)

    def _start_child(self) -> None:
        document = read_json(self._home.effective) or {}
        environment = document.get("environment")
        if document.get("generation") != self._generation or not isinstance(environment, dict):
            return  # the snapshot of this generation is not there (any more)
        try:
            self._settings = bind(environment)
            command = self._service.command(self._settings)
            self._child = Child(command, child_environment(environment, self._shell, self._home.effective))
        except (SettingsError, OSError, ValueError) as error:
            self._crashed(str(error))
            return
        self._report("starting", self._child.pid)

    def _crashed(self, error: str) -> None:
        self._report("crashed", error=error)
        self._retry_at = time.monotonic() + self._pause
        self._pause = min(self._pause * 2, self._longest_pause)

    def _stop_child(self) -> None:
        if self._child is None:
            return
        self._report("stopping", self._child.pid)
        self._child.terminate(self._grace)
        self._child = None

    def _report(self, state: ServiceState, pid: int | None = None, error: str = "") -> None:
        status = Status(self._generation, state, pid, error)
        if status != self._reported:
            self._reported = status
            write_status(self._home, self._service.name, status)
