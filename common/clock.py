"""The only source of time. Everything that needs "now" is handed a Clock.

Two units: aware UTC `datetime` for schedules and rows, and .NET ticks (100 ns since 0001-01-01) for the dates in a
licence file, which carry up to seven fraction digits on the wire.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

TICKS_PER_SECOND = 10_000_000
UNIX_EPOCH_TICKS = 621_355_968_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """What the code may ask about time."""

    def now(self) -> datetime:
        """The current moment, aware UTC, microseconds."""

    def ticks(self) -> int:
        """The current moment in 100 ns units since 0001-01-01T00:00:00 UTC."""

    def hold(self) -> datetime:
        """The current moment, read anew; nobody moves simulated time before the transaction of who asks has ended."""


class SystemClock:
    """Wall-clock time of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def ticks(self) -> int:
        return UNIX_EPOCH_TICKS + time.time_ns() // 100

    def hold(self) -> datetime:
        return self.now()


@dataclass(frozen=True)
class TimeShift:
    """How simulated time departs from real time: shifted by `offset`, or standing still at `frozen_at`."""

    offset: timedelta = timedelta()
    frozen_at: datetime | None = None


class ShiftedClock:
    """Real time seen through a TimeShift that is looked up at every reading (it lives in the database).

    held: the shift, read anew and kept from being changed.
    """

    def __init__(
        self,
        shift: Callable[[], TimeShift],
        real: Clock | None = None,
        held: Callable[[], TimeShift] | None = None,
    ) -> None:
        self._shift = shift
        self._held = held or shift
        self._real = real or SystemClock()

    def now(self) -> datetime:
        return self._seen_through(self._shift())

    def hold(self) -> datetime:
        return self._seen_through(self._held())

    def ticks(self) -> int:
        shift = self._shift()
        if shift.frozen_at is not None:
            return ticks_of(shift.frozen_at)
        return self._real.ticks() + shift.offset // timedelta(microseconds=1) * 10

    def _seen_through(self, shift: TimeShift) -> datetime:
        return shift.frozen_at or self._real.now() + shift.offset


class ManualClock:
    """A clock that moves only when told to; for tests."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def ticks(self) -> int:
        return ticks_of(self._now)

    def hold(self) -> datetime:
        return self._now

    def set(self, moment: datetime) -> None:
        self._now = moment

    def advance(self, step: timedelta) -> None:
        self._now += step


def ticks_of(moment: datetime) -> int:
    """Aware datetime -> ticks (exact)."""
    return UNIX_EPOCH_TICKS + (moment - _EPOCH) // timedelta(microseconds=1) * 10
