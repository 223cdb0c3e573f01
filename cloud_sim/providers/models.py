"""Providers: who manages organizations for others (a managed service provider, a business unit) or resells them."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from common.server.database import Base


class Provider(Base):
    """One provider. type: rules.ProviderType. enabled: False once its own subscription is unpaid or over.

    Source: src/Core/AdminConsole/Entities/Provider/Provider.cs.
    """

    __tablename__ = "providers"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(50))
    type: Mapped[int]
    enabled: Mapped[bool] = mapped_column(default=True)
    billing_email: Mapped[str] = mapped_column(sa.String(256))
    creation_date: Mapped[datetime]
    revision_date: Mapped[datetime]


class ProviderOrganization(Base):
    """That a provider manages, or resells, an organization; one does at most.

    Source: src/Core/AdminConsole/Entities/Provider/ProviderOrganization.cs.
    """

    __tablename__ = "provider_organizations"

    organization_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    provider_id: Mapped[UUID] = mapped_column(sa.ForeignKey("providers.id", ondelete="CASCADE"), index=True)
    creation_date: Mapped[datetime]
