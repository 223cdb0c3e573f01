"""The dates of a licence: 100 ns ticks, their three spellings (file, claim, signed seconds) and calendar steps."""

import datetime as dt
import re
from calendar import monthrange
from dataclasses import dataclass, field
from typing import Self

from common.clock import TICKS_PER_SECOND, UNIX_EPOCH_TICKS, ticks_of

TICKS_PER_DAY = 86_400 * TICKS_PER_SECOND
MAX_TICKS = 3_155_378_975_999_999_999
_START = dt.datetime(1, 1, 1)  # noqa: DTZ001 - ticks carry no zone
_MAX_OFFSET_MINUTES = 14 * 60

_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,16}))?)?(Z|[+-]\d\d(?::\d\d)?)?)?", re.ASCII
)
# The blank before AM and PM is U+202F in newer .NET.
_EN_US = re.compile(
    r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})"
    r"(?:\s+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,7}))?)?(?:\s*([AP]M))?)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, order=True, slots=True)
class Timestamp:
    """A date-time of a licence.

    ticks: 100 ns units since 0001-01-01T00:00:00. utc: written with `Z`; dates that came out of a token claim are not.
    Two dates are compared as they stand, whatever their `utc`, which is what upstream does.
    Errors: ValueError when outside the years 1 to 9999.
    Source: fidelity.md: license.file, license.canonical.
    """

    ticks: int
    utc: bool = field(default=True, compare=False)

    def __post_init__(self) -> None:
        if not 0 <= self.ticks <= MAX_TICKS:
            raise ValueError("date outside the years 1 to 9999")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the date-time of a licence file: seven fraction digits count, an offset is converted to UTC.

        Accepts what .NET accepts as a JSON date: a date alone, no seconds, `Z`, `+hh:mm` or no zone.
        Errors: ValueError.
        """
        match = _ISO.fullmatch(text)
        if match is None:
            raise ValueError(f"not a date-time: {text[:40]!r}")
        *calendar, fraction, zone = match.groups()
        ticks = _ticks(*(int(part or 0) for part in calendar), fraction=fraction)
        return cls(ticks - _offset_minutes(zone) * 60 * TICKS_PER_SECOND, utc=zone is not None)

    @classmethod
    def read_claim(cls, text: str) -> Self:
        """Read the date-time of a claim: en-US text (`03/16/2027 00:00:00`, also 12 hours), or ISO 8601.

        Errors: ValueError. Source: fidelity.md: license.token-verification.
        """
        text = text.strip()
        match = _EN_US.fullmatch(text)
        if match is None:
            return cls.parse(text)
        month, day, year, hour, minute, second, fraction, half = match.groups()
        hours = int(hour or 0)
        if half:
            if not 1 <= hours <= 12:
                raise ValueError(f"not a 12-hour time: {text[:40]!r}")
            hours = hours % 12 + (12 if half.upper() == "PM" else 0)
        ticks = _ticks(int(year), int(month), int(day), hours, int(minute or 0), int(second or 0), fraction=fraction)
        return cls(ticks, utc=False)

    @classmethod
    def of(cls, moment: dt.datetime) -> Self:
        """An aware datetime, exactly."""
        return cls(ticks_of(moment))

    @classmethod
    def of_epoch_seconds(cls, seconds: int) -> Self:
        """A moment in Unix seconds; beyond the calendar's ends it is the end."""
        return cls(min(max(UNIX_EPOCH_TICKS + seconds * TICKS_PER_SECOND, 0), MAX_TICKS))

    def datetime(self) -> dt.datetime:
        """Aware UTC, truncated to microseconds."""
        return self._calendar().replace(tzinfo=dt.UTC)

    def wire(self) -> str:
        """The text in a licence file: trailing zeros of the fraction cut, `Z` only when `utc`."""
        fraction = f".{self.ticks % TICKS_PER_SECOND:07}".rstrip("0").rstrip(".")
        return self._calendar().isoformat(timespec="seconds") + fraction + ("Z" if self.utc else "")

    def claim(self) -> str:
        """The text in a claim, `MM/DD/YYYY HH:MM:SS`; the fraction is dropped."""
        when = self._calendar()
        return f"{when:%m/%d/}{when.year:04}{when: %H:%M:%S}"

    def epoch_seconds(self) -> int:
        """Unix seconds in the signed string: IEEE double division, then half to even.

        Source: src/Core/Utilities/CoreHelpers.cs (ToEpocSeconds); fidelity.md: license.canonical.
        """
        return round(float(self.ticks - UNIX_EPOCH_TICKS) / 1e7)

    def whole_epoch_seconds(self) -> int:
        """Unix seconds with the fraction dropped, as `nbf`, `iat` and `exp` carry them."""
        return (self.ticks - UNIX_EPOCH_TICKS) // TICKS_PER_SECOND

    def plus_days(self, days: int) -> Self:
        return self._moved_to(self.ticks + days * TICKS_PER_DAY)

    def plus_months(self, months: int) -> Self:
        """Calendar months later; the day is clamped to the end of the month."""
        now = self._calendar()
        year, month = divmod(now.year * 12 + now.month - 1 + months, 12)
        if not 1 <= year <= 9999:
            raise ValueError("date outside the years 1 to 9999")
        first = dt.datetime(year, month + 1, 1)  # noqa: DTZ001
        day = min(now.day, monthrange(year, month + 1)[1])
        return self._moved_to((first - _START).days * TICKS_PER_DAY + (day - 1) * TICKS_PER_DAY + self.time_of_day)

    def plus_years(self, years: int) -> Self:
        """Calendar years later; 29 February becomes 28 February."""
        return self.plus_months(12 * years)

    def midnight(self) -> Self:
        """The date without its time of day."""
        return self._moved_to(self.ticks - self.time_of_day)

    @property
    def time_of_day(self) -> int:
        """Ticks since midnight."""
        return self.ticks % TICKS_PER_DAY

    def _moved_to(self, ticks: int) -> Self:
        return type(self)(ticks, self.utc)

    def _calendar(self) -> dt.datetime:
        return _START + dt.timedelta(microseconds=self.ticks // 10)


MIN_TIMESTAMP = Timestamp(0, utc=False)
"""0001-01-01T00:00:00, what a missing date that must be there reads as."""


def _ticks(year: int, month: int, day: int, hour: int, minute: int, second: int, *, fraction: str | None) -> int:
    whole = dt.datetime(year, month, day, hour, minute, second) - _START  # noqa: DTZ001
    seventh = int((fraction or "")[:7].ljust(7, "0"))
    return (whole.days * 86_400 + whole.seconds) * TICKS_PER_SECOND + seventh


def _offset_minutes(zone: str | None) -> int:
    if zone is None or zone == "Z":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
    if minutes > 59 or hours * 60 + minutes > _MAX_OFFSET_MINUTES:
        raise ValueError(f"not an offset: {zone!r}")
    return (hours * 60 + minutes) * (-1 if zone[0] == "-" else 1)
