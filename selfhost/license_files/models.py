"""Licence files on their way to the disk."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from common.server.database import Base


class StagedLicense(Base):
    """A licence file that is decided but perhaps not on the disk yet; a row lives from the commit to the rename.

    It is written in the transaction that changes its owner, so a process that dies in between loses nothing: the next
    one publishes what it finds here. kind: folder name. content: text of the file, None = the file goes away.
    """

    __tablename__ = "staged_licenses"

    kind: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(primary_key=True)
    content: Mapped[str | None] = mapped_column(sa.Text)
