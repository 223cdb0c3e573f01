"""`python -m common.cli.supervisor PROCFILE HOME [LEASH]`: a stack's processes, forked from one that imports once.

A line `exec "${PYTHON:-python}" -m MODULE WORDS` becomes a fork that calls `main()` of that module (of its `__main__`
if it is a package), after its `prepare()` has run in the parent; every other line is run by a shell, as honcho runs all
of them. When one process ends, all do; also when whoever started it is gone and has not let go of the LEASH, a
descriptor (common/cli/leash.py). Whoever starts it gives it the lock of the home; it writes into it who it is.
"""

import gc
import os
import re
import selectors
import shlex
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module, util
from pathlib import Path
from types import FrameType
from typing import Protocol

from honcho.environ import parse_procfile

from common.cli.home import Home
from common.cli.leash import LET_GO
from common.cli.log_file import LogFile
from common.server import marks
from common.server.processes import Forked, Program, Ready, execute, terminate
from common.settings import process_environment

GRACE_SECONDS = 10.0
"""What processes get to end after they were asked to."""

_OF_PYTHON = re.compile(
    r'exec "\$\{PYTHON:-python\}" -m (?P<module>[\w.]+)(?P<words>( [\w./-]+| "\$\{\w+:-[^}"]*\}")*)'
)
_VARIABLE = re.compile(r"\$\{(\w+):-([^}]*)\}")


def program_of(line: str, environment: Mapping[str, str]) -> Program:
    """What a line of the Procfile stands for; its module is imported here, in the parent of all that follow."""
    matched = _OF_PYTHON.fullmatch(line)
    if matched is None:
        return execute("/bin/sh", "-c", line)

    def value(variable: re.Match[str]) -> str:
        return environment.get(variable[1]) or variable[2]

    name = matched["module"]
    found = util.find_spec(name)
    module = import_module(f"{name}.__main__" if found and found.submodule_search_locations else name)
    if hasattr(module, "prepare"):
        module.prepare()
    words = [
        _VARIABLE.sub(lambda var: environment.get(var[1]) or var[2], word) for word in shlex.split(matched["words"])
    ]

    def run(_ready: Ready) -> int | None:
        sys.argv = [name, *words]
        status: int | None = module.main()
        return status

    return run


class Log(Protocol):
    """Takes whole lines."""

    def write(self, lines: bytes, /) -> object: ...


class Supervisor:
    """The processes of one Procfile. Every line they write goes to `log` with the time and the name of its process."""

    def __init__(self, log: Log, home: Home) -> None:
        self._log = log
        self._home = home
        self._ending = False
        self._children: dict[str, Forked] = {}
        self._unfinished: dict[str, bytes] = {}
        self._width = 0

    def run(self, lines: Mapping[str, str], environment: Mapping[str, str], leash: int | None = None) -> int:
        """Start everything, in order; return once everything has ended."""
        self._width = max(len(name) for name in lines) + 2
        with selectors.DefaultSelector() as selector:
            woken = self._wake_by_signals()
            selector.register(woken, selectors.EVENT_READ)
            if leash is not None:
                selector.register(leash, selectors.EVENT_READ)
            for name, line in lines.items():  # each is under way while the next ones are still imported
                child = Forked(program_of(line, environment), environment, marks.folder_of(self._home.root))
                self._children[name] = child
                self._say("system", f"{name}.1 started (pid={child.pid})")
                selector.register(child.output, selectors.EVENT_READ)
                if self._ending:
                    break
            while not self._ending:
                for key, _ in selector.select(1.0):
                    if key.fd == woken:
                        os.read(woken, 512)
                    elif key.fd == leash:
                        self._hear_of_leash(selector, leash)
                self._pass_on(selector)
                self._notice_ends()
        with suppress(OSError):  # whatever becomes of the disk, all must end
            self._home.tell_supervisor(os.getpid(), ending=True)
        terminate(self._children, GRACE_SECONDS, self._write)
        for name, rest in self._unfinished.items():
            if rest:
                self._write(name, b"\n")
        self._say("system", "stopped")
        return 0

    def _wake_by_signals(self) -> int:
        """A descriptor that becomes readable when a signal comes: the end of a child, or the wish to end all."""
        woken, waking = os.pipe()
        os.set_blocking(waking, False)
        os.set_blocking(woken, False)
        signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.signal(signal.SIGTERM, self._told_to_end)
        signal.signal(signal.SIGINT, self._told_to_end)
        return woken

    def _told_to_end(self, _number: int, _frame: FrameType | None) -> None:
        self._ending = True

    def _hear_of_leash(self, selector: selectors.BaseSelector, leash: int) -> None:
        selector.unregister(leash)
        if os.read(leash, 1) != LET_GO:
            self._say("system", "whoever started this is gone")
            self._ending = True
        os.close(leash)

    def _pass_on(self, selector: selectors.BaseSelector) -> None:
        for name, child in self._children.items():
            while output := child.read():
                self._write(name, output)
            if output is None and child.output in selector.get_map():
                selector.unregister(child.output)

    def _notice_ends(self) -> None:
        for name, child in self._children.items():
            status = child.exit_status()
            if status is not None and not self._ending:
                self._say("system", f"{name}.1 stopped (rc={status})")
                self._ending = True

    def _write(self, name: str, output: bytes) -> None:
        *whole, rest = (self._unfinished.get(name, b"") + output).split(b"\n")
        self._unfinished[name] = rest
        start = f"{time.strftime('%H:%M:%S')} {name + '.1' if name in self._children else name:<{self._width}} | "
        self._log.write(b"".join(start.encode() + line + b"\n" for line in whole))

    def _say(self, name: str, text: str) -> None:
        self._write(name, f"{text}\n".encode())


def main() -> int:
    """Run the Procfile for the home, which are both named on the command line."""
    gc.disable()  # what is imported stays; each process collects again from its fork on
    home = Home(Path(sys.argv[2]))
    home.tell_supervisor(os.getpid())
    procfile = parse_procfile(Path(sys.argv[1]).read_text("utf-8"))
    leash = int(sys.argv[3]) if sys.argv[3:] else None
    return Supervisor(LogFile(home.log_file), home).run(procfile.processes, process_environment(), leash)


if __name__ == "__main__":
    sys.exit(main())
