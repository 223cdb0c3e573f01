"""Mails that wait to be sent."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from common.server.database import Base


class OutboxMail(Base):
    """A mail that was decided in the same transaction as what it speaks of, and is sent after that.

    kind: who writes it (`Context.mail_writers`); a finished one is kept in `facts`. about: the row that it speaks of.
    due_at: when it may be sent; whoever takes it moves this into the future first, so that nobody else sends it
    meanwhile. error: why the last attempt failed.
    """

    __tablename__ = "outbox_mails"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(30))
    recipient: Mapped[str] = mapped_column(sa.String(256))
    about: Mapped[UUID | None]
    facts: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    due_at: Mapped[datetime] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(sa.Text)
    creation_date: Mapped[datetime]
