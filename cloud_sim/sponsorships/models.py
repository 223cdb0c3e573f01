"""What the cloud keeps besides the sponsorships: events of organizations, how far instances have synced."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from common.server.database import Base


class NewestSync(Base):
    """The newest sync of an organization by an installation. token: number of the access token that it came with."""

    __tablename__ = "newest_syncs"

    organization_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    installation_id: Mapped[UUID] = mapped_column(primary_key=True)
    token: Mapped[int] = mapped_column(sa.BigInteger)


class OrganizationEvent(Base):
    """Something that happened to an organization. type: number of upstream's EventType. Source: src/Core/Enums."""

    __tablename__ = "organization_events"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organizations.id", ondelete="CASCADE"), index=True)
    type: Mapped[int]
    installation_id: Mapped[UUID | None]
    date: Mapped[datetime]
