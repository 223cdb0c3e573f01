"""Source: src/Core/Dirt/Entities/Event.cs; fidelity.md: events.log."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from common.server.database import Base


class Event(Base):
    """Something that was done. type: number of upstream's EventType. organization_id: in whose log it stands, None = in
    the user's own. member_id, group_id, ...: to whom or what. It outlives all of them."""

    __tablename__ = "events"
    __table_args__ = (
        sa.Index("ix_events_organization_id", "organization_id", "date"),
        sa.Index("ix_events_acting_user_id", "acting_user_id", "date"),
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    date: Mapped[datetime]
    type: Mapped[int]
    organization_id: Mapped[UUID | None]
    user_id: Mapped[UUID | None]
    acting_user_id: Mapped[UUID | None]
    member_id: Mapped[UUID | None]
    group_id: Mapped[UUID | None]
    collection_id: Mapped[UUID | None]
    policy_id: Mapped[UUID | None]
    cipher_id: Mapped[UUID | None]
    installation_id: Mapped[UUID | None]
    device_type: Mapped[int | None] = mapped_column(sa.SmallInteger)
    ip_address: Mapped[str | None] = mapped_column(sa.String(50))
    system_user: Mapped[int | None] = mapped_column(sa.SmallInteger)
