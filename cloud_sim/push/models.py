"""What instances asked the push relay for."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from common.server.database import Base


class PushCall(Base):
    """One call. action: `register`, `delete`, `add-organization`, `delete-organization`, `send`. body: as it came.

    target: for whom, with the prefix that keeps installations apart. number: order of arrival.
    """

    __tablename__ = "push_calls"

    number: Mapped[int] = mapped_column(primary_key=True)
    installation_id: Mapped[UUID]
    action: Mapped[str] = mapped_column(sa.String(30))
    target: Mapped[str] = mapped_column(sa.Text)
    body: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    date: Mapped[datetime]
