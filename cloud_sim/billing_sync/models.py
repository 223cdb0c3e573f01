"""SCIM connections of the cloud's organizations. Source: src/Core/Entities/OrganizationConnection.cs;
fidelity.md: billing-sync.connection.
"""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from common.server.database import Base


class ScimConnection(Base):
    """That an organization may be provisioned by SCIM; `config` is JSON text with PascalCase names."""

    __tablename__ = "scim_connections"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organizations.id", ondelete="CASCADE"), unique=True)
    enabled: Mapped[bool]
    config: Mapped[str | None] = mapped_column(sa.Text)
