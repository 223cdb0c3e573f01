"""Which release is simulated. It lives in the database, so that every process of an app sees the same."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from common.server.database import Base


class SimulatedRelease(Base):
    """The one row that says so; absent = the newest."""

    __tablename__ = "simulated_release"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    release: Mapped[str] = mapped_column(sa.String(20))
