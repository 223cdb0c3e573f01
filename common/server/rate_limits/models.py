"""How often somebody called. In the database, so that every process of an app counts together."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from common.server.database import Base


class RateWindow(Base):
    """The calls of one address to one route within one period, which began with the first of them."""

    __tablename__ = "rate_windows"

    key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    ends_at: Mapped[datetime] = mapped_column(index=True)
    count: Mapped[int]
