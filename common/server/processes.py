"""Programs that are forked instead of executed: they share what their parent has loaded, so they start at once.

The parent must have no threads of its own that hold locks. A program ends when its parent does, however that ends.
"""

import atexit
import ctypes
import gc
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from common.server import marks

Ready = Callable[[], None]
Program = Callable[[Ready], int | None]
"""What a forked process does; the result is its exit status. It calls its argument when it is ready to serve."""

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_POLL = 0.01
_CHUNK = 65_536
_HIGHEST_DESCRIPTOR = 4096
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, signal.SIGHUP)


class Forked:
    """One running program, leader of a process group of its own. Its output comes through `read`."""

    def __init__(self, program: Program, environment: Mapping[str, str], marked: Path | None = None) -> None:
        """environment: all that the program sees, in place of the parent's. marked: folder of the stack's marks."""
        self._status: int | None = None
        self.output, written = os.pipe()
        self._readiness, told_ready = os.pipe()
        os.set_blocking(self.output, False)
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # else the new process hears them for its parent
        try:
            self.pid = os.fork()
            if self.pid == 0:
                _become(program, environment, marked, parent, written, told_ready)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(written)
        os.close(told_ready)
        _watch.add(self.pid)

    @property
    def is_ready(self) -> bool:
        """Whether the program has said so."""
        return bool(select.select([self._readiness], [], [], 0)[0]) and self.exit_status() is None

    def exit_status(self) -> int | None:
        """None while it runs; negative = the signal that ended it."""
        if self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
                _watch.remove(self.pid)
        return self._status

    def read(self) -> bytes | None:
        """What the program has written since the last call; b"" when it is silent, None when it never will again."""
        try:
            return os.read(self.output, _CHUNK) or None
        except BlockingIOError:
            return b""

    def send(self, number: signal.Signals) -> None:
        """Signal the program alone; nothing when it has ended."""
        if self.exit_status() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL to the program and all that it started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Give the pipes back; the program must have ended."""
        os.close(self.output)
        os.close(self._readiness)


def terminate(children: Mapping[str, Forked], grace: float, said: Callable[[str, bytes], None]) -> None:
    """SIGTERM to all at once, and after `grace` seconds SIGKILL to what is left. said: takes their last output."""
    for child in children.values():
        child.send(signal.SIGTERM)
    deadline = time.monotonic() + grace
    running = dict(children)
    while running:
        if time.monotonic() > deadline:
            for child in running.values():
                child.kill()
        select.select([child.output for child in running.values()], [], [], _POLL)
        for name, child in list(running.items()):
            ended = child.exit_status() is not None
            while output := child.read():
                said(name, output)
            if ended:
                del running[name]
        time.sleep(_POLL / 2)


_endings: list[Callable[[], object]] = []


def at_end(call: Callable[[], object]) -> None:
    """Have this process do something when it ends by itself, forked or not."""
    if call not in _endings:
        _endings.append(call)
        atexit.register(call)


def execute(*command: str) -> Program:
    """The program that is another executable after all."""
    return lambda _ready: os.execvp(command[0], command)  # noqa: S606 - no shell but where it is asked for by name


def _become(
    program: Program,
    environment: Mapping[str, str],
    marked: Path | None,
    parent: int,
    written: int,
    told_ready: int,
) -> NoReturn:
    """The life of the new process, from the fork to its end: nothing of the parent's own work may run in it."""
    status = 1
    _endings.clear()  # those of the parent are its own
    try:
        _cut_loose(parent, written, told_ready)
        if marked is not None:
            marks.hold(marked)
        gc.freeze()  # what is shared with the parent stays shared: collecting would write into all of it
        gc.enable()
        os.environ.clear()  # noqa: TID251 - it becomes another process
        os.environ.update(environment)  # noqa: TID251
        status = program(lambda: os.close(_READY)) or 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
    except BaseException:
        traceback.print_exc()
    finally:
        for call in _endings:  # `os._exit` does without atexit
            with suppress(Exception):
                call()
        with suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status & 0xFF)


_READY = 3
"""Descriptor of the pipe on which a program says that it is ready; besides it only the standard three and its mark."""


def _cut_loose(parent: int, written: int, told_ready: int) -> None:
    os.setsid()
    signal.set_wakeup_fd(-1)
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    nothing = os.open(os.devnull, os.O_RDONLY)
    copies = os.dup(written), os.dup(told_ready)
    for target, source in ((0, nothing), (1, copies[0]), (2, copies[0])):
        os.dup2(source, target)
    if copies[1] != _READY:
        os.dup2(copies[1], _READY)
    os.set_inheritable(_READY, False)
    os.closerange(_READY + 1, _HIGHEST_DESCRIPTOR)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)
    _watch.end_with(parent)


class _KernelWatch:
    """Linux ends a process whose parent has died."""

    def add(self, pid: int) -> None:
        pass

    def remove(self, pid: int) -> None:
        pass

    def end_with(self, parent: int) -> None:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)


class _PipeWatch:
    """A process that does nothing but wait for the end of its parent, which closes a pipe, and then ends the others."""

    def __init__(self) -> None:
        self._to_watcher: int | None = None

    def add(self, pid: int) -> None:
        if self._to_watcher is None:
            self._start()
        self._tell(f"{pid}\n")

    def remove(self, pid: int) -> None:
        self._tell(f"-{pid}\n")

    def end_with(self, parent: int) -> None:
        self._to_watcher = None  # what this process starts is watched for it by a watcher of its own

    def _tell(self, line: str) -> None:
        if self._to_watcher is not None:
            os.write(self._to_watcher, line.encode())

    def _start(self) -> None:
        heard, self._to_watcher = os.pipe()
        if os.fork() == 0:
            try:
                os.setsid()
                os.dup2(heard, 0)
                os.closerange(1, _HIGHEST_DESCRIPTOR)
                _end_all(_left_when_silent(0))
            finally:
                os._exit(0)
        os.close(heard)


def _end_all(groups: set[int]) -> None:
    for group in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGTERM)


def _left_when_silent(heard: int) -> set[int]:
    """The process ids that were added and not removed, once nobody can write any more."""
    lines = b""
    while more := os.read(heard, _CHUNK):
        lines += more
    left: set[int] = set()
    for number in map(int, lines.split()):
        if number > 0:
            left.add(number)
        else:
            left.discard(-number)
    return left


_watch: _KernelWatch | _PipeWatch = _KernelWatch() if sys.platform.startswith("linux") else _PipeWatch()
