"""What the cloud keeps besides the sponsorships: mails that wait to be sent, and events of organizations."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from common.server.database import Base


class PendingMail(Base):
    """A mail that was decided in the same transaction as what it speaks of, and is sent after that.

    kind: which mail (mails.py). sponsorship_id: the offer it is about; it is written when it is sent, and not sent for
    an offer that is gone by then. facts: what other kinds say. due_at: when it may be sent; whoever takes it moves
    this into the future first, so that nobody else sends it meanwhile. error: why the last attempt failed.
    """

    __tablename__ = "pending_mails"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    recipient: Mapped[str] = mapped_column(sa.String(256))
    sponsorship_id: Mapped[UUID | None]
    facts: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    due_at: Mapped[datetime] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(sa.Text)
    creation_date: Mapped[datetime]


class OrganizationEvent(Base):
    """Something that happened to an organization. type: number of upstream's EventType. Source: src/Core/Enums."""

    __tablename__ = "organization_events"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organizations.id", ondelete="CASCADE"), index=True)
    type: Mapped[int]
    installation_id: Mapped[UUID | None]
    date: Mapped[datetime]
