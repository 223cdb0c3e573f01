"""What an instance remembers of its sponsorship syncs: every run with its progress, and the hour of the daily one."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from common.server.database import Base


class SyncRun(Base):
    """One sync of one organization's sponsorships; committed after each chunk, so that others see it move.

    trigger: `manual` or `daily`. finished_at: None while it runs (or after its process was killed). sent: rows given to
    the cloud. removed: rows that went here because the cloud let go of them. active: rows with a redeemed offer.
    error: the text that upstream shows, None = it worked. reason, advice: what really failed and what to do about it.
    """

    __tablename__ = "sponsorship_sync_runs"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    organization_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organizations.id", ondelete="CASCADE"), index=True)
    trigger: Mapped[str] = mapped_column(sa.String(20))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    chunks_total: Mapped[int] = mapped_column(default=0)
    chunks_done: Mapped[int] = mapped_column(default=0)
    sent: Mapped[int] = mapped_column(default=0)
    removed: Mapped[int] = mapped_column(default=0)
    active: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(sa.Text)
    reason: Mapped[str | None] = mapped_column(sa.String(50))
    advice: Mapped[str | None] = mapped_column(sa.Text)

    moved = False  # of who ran it, never saved: whether what is known here of a sponsorship is another thing now


class SyncHour(Base):
    """The one row with the random hour of the daily sync, drawn once: restarts and other processes keep to it."""

    __tablename__ = "sponsorship_sync_hour"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hour: Mapped[int]
