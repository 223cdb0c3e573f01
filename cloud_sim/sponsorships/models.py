"""What the cloud keeps besides the sponsorships: how far instances have synced, and when."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from common.server.database import Base


class NewestSync(Base):
    """The newest sync of an organization by an installation. token: number of the access token that it came with, 0 =
    nobody knows."""

    __tablename__ = "newest_syncs"

    organization_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    installation_id: Mapped[UUID] = mapped_column(primary_key=True)
    token: Mapped[int] = mapped_column(sa.BigInteger)
    synced_at: Mapped[datetime | None]
