"""The table of browsers that are signed in to the pages."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from common.server.database import Base


class BrowserSession(Base):
    """A signed-in browser. token_hash: SHA-256 (hex) of the cookie. security_stamp: the user's when it signed in, so a
    changed password signs every browser out."""

    __tablename__ = "browser_sessions"

    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    security_stamp: Mapped[str] = mapped_column(sa.String(50))
    expires_at: Mapped[datetime]
