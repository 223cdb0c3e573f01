"""The registered installations of one region.

Source: src/Core/Platform/Installations; fidelity.md: cloud.installations.
"""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from common.server.database import Base


class Installation(Base):
    """A self-hosted server's id and key.

    last_activity_date: when it last got an access token. tokens_issued: how many it got; they are numbered, so that the
    cloud knows which of two calls is of the older conversation.
    """

    __tablename__ = "installations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(256))
    key: Mapped[str] = mapped_column(sa.String(150))
    enabled: Mapped[bool] = mapped_column(default=True)
    creation_date: Mapped[datetime]
    last_activity_date: Mapped[datetime | None]
    tokens_issued: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
