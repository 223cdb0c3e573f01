"""How a number is taken, and how it is shown."""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """One measure beside its reference; `bar` is the highest ratio that design allows. unit: ms or MB."""

    name: str
    ours: float
    reference: float
    reference_name: str
    bar: float
    unit: str = "ms"

    @property
    def ratio(self) -> float:
        """Ours divided by the reference."""
        return self.ours / self.reference


def alternate(ours: Callable[[], object], reference: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median milliseconds of both, taken in turns so that whatever else the machine does hits both alike."""
    ours()
    reference()
    gc.collect()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for kept, call in zip(times, (ours, reference), strict=True):
            start = time.perf_counter()
            call()
            kept.append((time.perf_counter() - start) * 1000)
    return statistics.median(times[0]), statistics.median(times[1])
