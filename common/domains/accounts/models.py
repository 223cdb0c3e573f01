"""Accounts and one-time codes. Source: src/Core/Entities/User.cs; fidelity.md: account.api."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from common.server.database import Base


class User(Base):
    """An account. What the client encrypted stays opaque; `master_password_hash` is a hash of the client's hash.

    two_factor_providers: provider number (as text) -> what it needs; None or empty = one step is enough.
    two_factor_last_step: the newest time step whose authenticator code was used.
    """

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(50))
    email: Mapped[str] = mapped_column(sa.String(256), unique=True)
    email_verified: Mapped[bool] = mapped_column(default=False)
    master_password_hash: Mapped[str | None] = mapped_column(sa.String(300))
    master_password_hint: Mapped[str | None] = mapped_column(sa.String(50))
    culture: Mapped[str] = mapped_column(sa.String(10), default="en-US")
    equivalent_domains: Mapped[list[list[str]] | None] = mapped_column(sa.JSON)
    excluded_global_domains: Mapped[list[int] | None] = mapped_column(sa.JSON)
    avatar_color: Mapped[str | None] = mapped_column(sa.String(7))
    security_stamp: Mapped[str] = mapped_column(sa.String(50))
    api_key: Mapped[str] = mapped_column(sa.String(30))
    kdf: Mapped[int]
    kdf_iterations: Mapped[int]
    kdf_memory: Mapped[int | None]
    kdf_parallelism: Mapped[int | None]
    key: Mapped[str | None] = mapped_column(sa.Text)
    public_key: Mapped[str | None] = mapped_column(sa.Text)
    private_key: Mapped[str | None] = mapped_column(sa.Text)
    premium: Mapped[bool] = mapped_column(default=False)
    premium_expiration_date: Mapped[datetime | None]
    max_storage_gb: Mapped[int | None] = mapped_column(sa.SmallInteger)
    license_key: Mapped[str | None] = mapped_column(sa.String(100), index=True)
    verify_devices: Mapped[bool] = mapped_column(default=True)
    two_factor_providers: Mapped[dict[str, dict[str, Any]] | None] = mapped_column(sa.JSON)
    two_factor_recovery_code: Mapped[str | None] = mapped_column(sa.String(32))
    two_factor_last_step: Mapped[int | None] = mapped_column(sa.BigInteger)
    failed_login_count: Mapped[int] = mapped_column(default=0)
    last_failed_login_date: Mapped[datetime | None]
    creation_date: Mapped[datetime]
    revision_date: Mapped[datetime]
    account_revision_date: Mapped[datetime]

    @property
    def two_factor_enabled(self) -> bool:
        """Whether the master password alone does not sign in."""
        return bool(self.two_factor_providers)


class OneTimeCode(Base):
    """A code mailed to a user for one purpose (`otp`, `new-device`); the newest replaces the one before."""

    __tablename__ = "one_time_codes"

    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    purpose: Mapped[str] = mapped_column(sa.String(30), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(300))
    expires_at: Mapped[datetime]
