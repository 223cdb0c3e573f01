"""What is kept of the licence file that an organization was made from."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from common.server.database import Base


class ImportedLicense(Base):
    """The licence that its organization had when it was made here.

    version, with_token: of the file. lacks: C# names of the fields that it has not, with commas. expires, refresh,
    without_grace: dates as the file spells them, to 100 ns. expiration_date: the organization's by then. until: end of
    what was paid for by then, None = unknown.
    """

    __tablename__ = "imported_licenses"

    organization_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[int]
    with_token: Mapped[bool]
    lacks: Mapped[str] = mapped_column(sa.String(1000))
    expires: Mapped[str | None] = mapped_column(sa.String(40))
    refresh: Mapped[str | None] = mapped_column(sa.String(40))
    without_grace: Mapped[str | None] = mapped_column(sa.String(40))
    trial: Mapped[bool]
    expiration_date: Mapped[datetime | None]
    until: Mapped[datetime | None]


class ImportedPremium(Base):
    """The premium licence that its account had by then; columns as of `ImportedLicense`."""

    __tablename__ = "imported_premium_licenses"

    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    with_token: Mapped[bool]
    lacks: Mapped[str] = mapped_column(sa.String(1000))
    expires: Mapped[str | None] = mapped_column(sa.String(40))
    refresh: Mapped[str | None] = mapped_column(sa.String(40))
    trial: Mapped[bool]
    expiration_date: Mapped[datetime | None]
    until: Mapped[datetime | None]
