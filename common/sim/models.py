"""State of the simulation itself. It lives in the database, so that every process of an app sees the same."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from common.clock import TimeShift
from common.server.database import Base


class ClockShift(Base):
    """The one row that every request reads: how simulated time departs from real time; absent = not at all.

    generation: grows with every change of what is on beside time (generation.py).
    """

    __tablename__ = "clock_shift"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    offset_microseconds: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    frozen_at: Mapped[datetime | None]
    played_until: Mapped[datetime | None]
    generation: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")

    @property
    def shift(self) -> TimeShift:
        """The same as a value."""
        return shift_of(self.offset_microseconds, self.frozen_at, self.played_until)


def shift_of(offset_microseconds: int, frozen_at: datetime | None, played_until: datetime | None) -> TimeShift:
    """What these columns of the row say."""
    return TimeShift(timedelta(microseconds=offset_microseconds), frozen_at, played_until)
