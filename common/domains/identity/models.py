"""Devices and refresh tokens.

Source: src/Core/Entities/Device.cs, src/Core/Auth/Entities/Grant.cs; fidelity.md: identity.token.
"""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from common.server.database import Base


class Device(Base):
    """A client installation known for a user."""

    __tablename__ = "devices"
    __table_args__ = (sa.UniqueConstraint("user_id", "identifier"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(sa.String(50))
    type: Mapped[int]
    identifier: Mapped[str] = mapped_column(sa.String(50))
    push_token: Mapped[str | None] = mapped_column(sa.String(255))
    creation_date: Mapped[datetime]
    revision_date: Mapped[datetime]


class RefreshGrant(Base):
    """A refresh token: only its hash is kept. It lives `sliding_lifetime` seconds after each use."""

    __tablename__ = "refresh_grants"

    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    client_id: Mapped[str] = mapped_column(sa.String(200))
    scope: Mapped[str] = mapped_column(sa.String(200))
    security_stamp: Mapped[str] = mapped_column(sa.String(50))
    device_identifier: Mapped[str | None] = mapped_column(sa.String(50))
    device_type: Mapped[int | None]
    auth_time: Mapped[datetime]
    sliding_lifetime: Mapped[int]
    expires_at: Mapped[datetime]
