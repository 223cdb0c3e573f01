"""The container engine of the simulation: one runner per service keeps its program in the state that was asked for.

A program sees the snapshot environment in effect and nothing of the shell that started the runner, except what Python
itself needs.
"""

import collections
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from common.configuration.values import SettingsError
from common.files import read_json
from common.server import marks
from common.server.destinations import Destinations
from common.server.http.alive import answers
from common.server.processes import Forked, Program, Ready, terminate
from common.settings import variables_in
from selfhost.deployment.configuration import SelfHostSettings
from selfhost.deployment.settings import EFFECTIVE_VARIABLE, bind, unreadable
from selfhost.deployment.state import Desired, InstanceHome, ServiceState, Status, locked, read_desired, write_status

_ERROR_LINES = 15

SERVICES = ("api", "jobs")


class Service(NamedTuple):
    """A program to run in a process of its own. healthy: whether it serves."""

    name: str
    program: Callable[[SelfHostSettings, Ready], int | None]
    healthy: Callable[[SelfHostSettings, "Child"], bool]


def api_answers(settings: SelfHostSettings) -> bool:
    """`GET /api/alive` gets an answer that is no server error."""
    own = settings.simulator
    url = f"{'https' if own.tls_certificate else 'http'}://{own.listen.partition(',')[0]}/api/alive"
    return answers(url, Destinations.to(url))


def child_environment(snapshot: Mapping[str, str], shell: Mapping[str, str], effective: Path) -> dict[str, str]:
    """The environment in effect plus PATH, HOME and PYTHON* of the runner's shell."""
    kept = {name: value for name, value in shell.items() if name in ("PATH", "HOME") or name.startswith("PYTHON")}
    return {**snapshot, **kept, EFFECTIVE_VARIABLE: str(effective.absolute())}


def _read(effective: Path, document: object) -> dict[str, str]:
    try:
        return variables_in(document)
    except ValueError as error:
        raise unreadable(effective, error) from error


class Child:
    """One running program. Its output is passed on, its last lines are kept for the report of a crash."""

    def __init__(self, program: Program, environment: Mapping[str, str], marked: Path | None = None) -> None:
        self._process = Forked(program, environment, marked)
        self._last_lines: collections.deque[bytes] = collections.deque([b""], maxlen=_ERROR_LINES)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_ready(self) -> bool:
        """Whether the program has said so."""
        return self._process.is_ready

    def exit_status(self) -> int | None:
        """None while it runs."""
        return self._process.exit_status()

    def last_words(self) -> str:
        """The last lines it wrote; it must have ended."""
        self.listen(0)
        self._process.close()
        return b"\n".join(self._last_lines).decode(errors="replace").strip()

    def listen(self, seconds: float) -> None:
        """Pass on what it writes; wait at most this long for something."""
        select.select([self._process.output], [], [], seconds)
        while output := self._process.read():
            self._pass_on(output)
        if output is None:
            time.sleep(seconds)  # it will not write any more: nothing to wait for

    def terminate(self, grace: float) -> None:
        """SIGTERM, and after `grace` seconds SIGKILL to it and all it started."""
        terminate({"": self._process}, grace, lambda _name, output: self._pass_on(output))
        self._process.close()

    def _pass_on(self, output: bytes) -> None:
        first, *more = output.split(b"\n")
        self._last_lines[-1] += first
        self._last_lines.extend(more)
        sys.stdout.buffer.write(output)
        sys.stdout.buffer.flush()


class Runner:
    """Brings one service to the desired state and reports what became of it, until told to end."""

    def __init__(
        self,
        home: InstanceHome,
        service: Service,
        shell: Mapping[str, str],
        *,
        poll: float = 0.05,
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
        self._is_written = False
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
                    self._write_report()
                    self._wait()
            finally:
                self._stop_child()
                self._report("gone")

    def _wait(self) -> None:
        if self._child is None:
            self._ending.wait(self._poll)
        else:
            self._child.listen(self._poll)

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
        return self._service.healthy(self._settings, child)

    def _start_child(self) -> None:
        effective = self._home.effective
        document = read_json(effective)
        if document is None and not effective.exists():
            return  # it is not there (any more)
        generation = (document or {}).get("generation")
        if isinstance(generation, int) and generation != self._generation:
            return  # that of another start, which will be told
        try:
            environment = _read(effective, document)
            settings = self._settings = bind(environment)
            self._child = Child(
                lambda ready: self._service.program(settings, ready),
                child_environment(environment, self._shell, effective),
                marks.folder_of(self._home.path),
            )
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
            self._reported, self._is_written = status, False
        self._write_report()

    def _write_report(self) -> None:
        """On a full disk later: nothing ends for that."""
        if not self._is_written and self._reported is not None:
            with suppress(OSError):
                write_status(self._home, self._service.name, self._reported)
                self._is_written = True
