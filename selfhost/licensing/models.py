"""When a user's premium was last looked at."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from common.server.database import Base


class PremiumCheck(Base):
    """When a user's premium licence was last looked at on the occasion of an access token.

    Source: src/Core/Billing/Services/Implementations/LicensingService.cs (there in process memory);
    fidelity.md: license.validation.
    """

    __tablename__ = "premium_checks"

    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    checked_at: Mapped[datetime]
