"""Connections of the instance's organizations to the outside, and why the last try to synchronize failed.

Source: src/Core/Entities/OrganizationConnection.cs; fidelity.md: billing-sync.connection.
"""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from common.server.database import Base


class OrganizationConnection(Base):
    """A connection; `config` is JSON text with PascalCase names that travels as it is stored."""

    __tablename__ = "organization_connections"
    __table_args__ = (sa.UniqueConstraint("organization_id", "type"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organizations.id", ondelete="CASCADE"))
    type: Mapped[int]
    enabled: Mapped[bool]
    config: Mapped[str | None] = mapped_column(sa.Text)


class SyncFailure(Base):
    """The last failed try to synchronize with the cloud; gone after the next that works. kind: `license`, ...

    reason and advice are those of selfhost.cloud.trouble.CloudTrouble: the wire has one text for everything.
    """

    __tablename__ = "sync_failures"

    organization_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(sa.String(30), primary_key=True)
    reason: Mapped[str] = mapped_column(sa.String(50))
    advice: Mapped[str] = mapped_column(sa.Text)
    failed_at: Mapped[datetime]
