"""What is remembered of recurring jobs: since when each is looked at, and every claimed run."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from common.server.database import Base


class JobAnchor(Base):
    """When a job's schedule was first seen; nothing before it is made up for."""

    __tablename__ = "job_anchors"

    job: Mapped[str] = mapped_column(sa.String(100), primary_key=True)
    anchor: Mapped[datetime]


class JobRun(Base):
    """One claimed run. The primary key is the claim: a second process inserting the same row loses."""

    __tablename__ = "job_runs"

    job: Mapped[str] = mapped_column(sa.String(100), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(primary_key=True)
    id: Mapped[UUID]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(sa.Text)
