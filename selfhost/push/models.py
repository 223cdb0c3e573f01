"""What waits to be told to the push relay, and which devices it has been told of."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from common.server.database import Base


class PushMessage(Base):
    """A call to the push relay that waits to be made: path below its base address, and the JSON body."""

    __tablename__ = "push_messages"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    path: Mapped[str] = mapped_column(sa.String(50))
    body: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    created_at: Mapped[datetime]


class RelayedDevice(Base):
    """A device that the relay was told of, with the push token of then."""

    __tablename__ = "relayed_devices"

    device_id: Mapped[UUID] = mapped_column(sa.ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True)
    push_token: Mapped[str] = mapped_column(sa.String(255))
