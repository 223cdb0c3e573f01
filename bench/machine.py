"""How busy the machine was while something was measured."""

import os
import statistics
import threading
from pathlib import Path
from types import TracebackType

_STAT = Path("/proc/stat")
_EVERY = 0.5
_STEAL = 7


class Watch:
    """Looks at the machine twice a second until it is left."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._runnable: list[int] = []
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Watch":
        self._load, self._ticks = os.getloadavg()[0], _ticks()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def __str__(self) -> str:
        said = [f"{os.cpu_count()} CPUs", f"load average {self._load:.1f} before and {os.getloadavg()[0]:.1f} after"]
        if self._ticks:
            spent = [after - before for before, after in zip(self._ticks, _ticks(), strict=True)]
            said.append(f"{spent[_STEAL] / max(1, sum(spent)):.1%} of the CPU time stolen")
        if self._runnable:
            mean, most = statistics.mean(self._runnable), max(self._runnable)
            said.append(f"{mean:.1f} runnable processes on average, the measured ones included ({most} at most)")
        return ", ".join(said)

    def _look(self) -> None:
        while not self._over.wait(_EVERY):
            for line in _lines():
                if line.startswith("procs_running "):
                    self._runnable.append(int(line.split()[1]))


def _ticks() -> list[int]:
    """Ticks of all processors: user, nice, system, idle, iowait, irq, softirq, steal; [] where nobody counts them."""
    return next(([int(word) for word in line.split()[1:9]] for line in _lines() if line.startswith("cpu ")), [])


def _lines() -> list[str]:
    return _STAT.read_text("ascii").splitlines() if _STAT.exists() else []
