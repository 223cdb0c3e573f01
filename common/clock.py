"""The only source of time. Everything that needs "now" is handed a Clock.

Two units: aware UTC `datetime` for schedules and rows, and .NET ticks (100 ns since 0001-01-01) for the dates in a
licence file, which carry up to seven fraction digits on the wire.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

TICKS_PER_SECOND = 10_000_000
UNIX_EPOCH_TICKS = 621_355_968_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment_of(text: str) -> datetime:
    """ISO 8601 as a person or a program writes it, UTC without a time zone. ValueError: none, or no date in UTC."""
    moment = datetime.fromisoformat(text)
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError as error:
        raise ValueError(f"{text} is no date in UTC.") from error


class Clock(Protocol):
    """What the code may ask about time."""

    def now(self) -> datetime:
        """The current moment, aware UTC, microseconds."""

    def ticks(self) -> int:
        """The current moment in 100 ns units since 0001-01-01T00:00:00 UTC."""

    def hold(self) -> datetime:
        """The current moment, read anew; nobody moves simulated time before the transaction of who asks has ended."""

    def real(self) -> datetime:
        """What the wall says, which no simulated time moves: for people's browser sessions only."""

    def is_played(self) -> bool:
        """Whether somebody takes simulated time from event to event just now: what is due meanwhile is his to do."""

    def stands_still(self) -> bool:
        """Whether time stands still, for good or between two events that somebody plays."""


class SystemClock:
    """Wall-clock time of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def ticks(self) -> int:
        return UNIX_EPOCH_TICKS + time.time_ns() // 100

    def hold(self) -> datetime:
        return self.now()

    def real(self) -> datetime:
        return self.now()

    def is_played(self) -> bool:
        return False

    def stands_still(self) -> bool:
        return False


@dataclass(frozen=True)
class TimeShift:
    """How simulated time departs from real time: shifted by `offset`, or standing still at `frozen_at`.

    played_until: real time until which somebody plays time, which stands still meanwhile. Then it goes on by itself, so
    that nothing stands still for ever when the player dies. None = nobody plays.
    """

    offset: timedelta = timedelta()
    frozen_at: datetime | None = None
    played_until: datetime | None = None

    def seen_at(self, real: datetime) -> datetime:
        """Simulated time at a moment of real time."""
        if self.frozen_at is None:
            return real + self.offset
        if self.played_until is None or real < self.played_until:
            return self.frozen_at
        return self.frozen_at + (real - self.played_until)

    def is_played(self, real: datetime) -> bool:
        """Whether somebody plays time at a moment of real time."""
        return self.played_until is not None and real < self.played_until

    def left_alone(self, real: datetime) -> "TimeShift":
        """The same from a moment of real time on, once nobody plays any more."""
        if self.played_until is None or self.is_played(real):
            return self
        return TimeShift(self.seen_at(real) - real)


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
        return self._shift().seen_at(self._real.now())

    def hold(self) -> datetime:
        return self._held().seen_at(self._real.now())

    def real(self) -> datetime:
        return self._real.now()

    def is_played(self) -> bool:
        return self._shift().is_played(self._real.now())

    def stands_still(self) -> bool:
        shift = self._shift()
        return shift.frozen_at is not None and (shift.played_until is None or shift.is_played(self._real.now()))

    def ticks(self) -> int:
        shift = self._shift()
        if shift.frozen_at is not None:
            return ticks_of(shift.seen_at(self._real.now()))
        return self._real.ticks() + shift.offset // timedelta(microseconds=1) * 10


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

    def real(self) -> datetime:
        return self._now

    def is_played(self) -> bool:
        return False

    def stands_still(self) -> bool:
        return False

    def set(self, moment: datetime) -> None:
        self._now = moment

    def advance(self, step: timedelta) -> None:
        self._now += step


def ticks_of(moment: datetime) -> int:
    """Aware datetime -> ticks (exact)."""
    return UNIX_EPOCH_TICKS + (moment - _EPOCH) // timedelta(microseconds=1) * 10


_DURATION_PART = re.compile(r"(\d+)([wdhms])")
_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


def duration_of(text: str) -> timedelta:
    """`61d`, `1w12h` (w d h m s) as people write it. Raises ValueError, whose text says what is wrong."""
    parts = _DURATION_PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text} is no duration; write 61d or 1w12h (w d h m s).")
    try:
        return sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in parts), timedelta())
    except OverflowError as error:
        raise ValueError(f"{text} is too long.") from error
