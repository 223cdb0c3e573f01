"""How a number is taken, and how it is shown."""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """What one go took, in milliseconds. cpu: of everybody who worked for it; wall: of whoever waited."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{_spoken(self.wall)} / {_spoken(self.cpu)}"


def _spoken(milliseconds: float) -> str:
    return f"{milliseconds / 1000:.2f} s" if milliseconds >= 1000 else f"{milliseconds:.2f} ms"


@dataclass(frozen=True)
class Memory:
    """Megabytes."""

    size: float

    def __str__(self) -> str:
        return f"{self.size:.1f} MB"


@dataclass(frozen=True)
class Result:
    """One measure beside its reference; `bar` is the highest ratio that design allows.

    The ratio is of CPU time, which a busy machine disturbs least, or of memory. Without a reference it is in seconds.
    """

    name: str
    ours: Cost | Memory
    bar: float
    reference: Cost | Memory | None = None
    reference_name: str = ""

    @property
    def ratio(self) -> float:
        """Ours divided by the reference."""
        return _amount(self.ours) / (_amount(self.reference) if self.reference else 1000)

    @property
    def unit(self) -> str:
        """What ratio and bar are counted in."""
        return "x" if self.reference else "s"


def _amount(measured: Cost | Memory) -> float:
    return measured.cpu if isinstance(measured, Cost) else measured.size


def timed(call: Callable[[], object], others: Callable[[], float] = lambda: 0.0) -> Callable[[], Cost]:
    """A go at `call`. others: CPU seconds so far of other processes that work for it."""

    def go() -> Cost:
        wall, cpu = time.perf_counter(), time.process_time() + others()
        call()
        return Cost((time.perf_counter() - wall) * 1000, (time.process_time() + others() - cpu) * 1000)

    return go


def alternate(ours: Callable[[], Cost], reference: Callable[[], Cost], rounds: int) -> tuple[Cost, Cost]:
    """Medians of both, taken in turns so that whatever else the machine does hits both alike."""
    ours()
    reference()
    gc.collect()
    taken: tuple[list[Cost], list[Cost]] = ([], [])
    for _ in range(rounds):
        for kept, go in zip(taken, (ours, reference), strict=True):
            kept.append(go())
    return median(taken[0]), median(taken[1])


def median(costs: list[Cost]) -> Cost:
    """Of wall and CPU time, each by itself."""
    return Cost(statistics.median(cost.wall for cost in costs), statistics.median(cost.cpu for cost in costs))
