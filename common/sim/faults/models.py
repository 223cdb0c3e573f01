"""The faults that are on. They live in the database, so that every process of an app counts the same calls."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from common.server.database import Base


class FaultRow(Base):
    """One rule. number: their order. seen: calls that fitted so far, whatever became of them."""

    __tablename__ = "sim_faults"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[UUID] = mapped_column(unique=True)
    operation: Mapped[str] = mapped_column(sa.Text)
    when: Mapped[dict[str, str]] = mapped_column(sa.JSON)
    skip: Mapped[int]
    times: Mapped[int | None]
    every: Mapped[int]
    do: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    note: Mapped[str | None] = mapped_column(sa.Text)
    profile: Mapped[str | None] = mapped_column(sa.String(50))
    seen: Mapped[int] = mapped_column(default=0)
