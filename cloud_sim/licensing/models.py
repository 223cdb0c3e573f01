"""Which installation an organization's licence was handed out to."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from common.server.database import Base


class OrganizationInstallation(Base):
    """The last organization that downloaded a licence for an installation.

    Source: src/Core/Billing/Organizations/Entities/OrganizationInstallation.cs; fidelity.md: license.download.
    """

    __tablename__ = "organization_installations"

    installation_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("installations.id", ondelete="CASCADE"), primary_key=True
    )
    organization_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organizations.id", ondelete="CASCADE"))
    creation_date: Mapped[datetime]
    revision_date: Mapped[datetime | None]

    @property
    def last_issued(self) -> datetime:
        """When a licence was handed out to it the last time, as a file or to a sync."""
        return self.revision_date or self.creation_date
