"""Families sponsorships, the same table on both sides; what a column means differs a little by side.

Source: src/Core/Entities/OrganizationSponsorship.cs; fidelity.md: sponsorship.sync.
"""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from common.server.database import Base


class OrganizationSponsorship(Base):
    """A Families organization given away by a member of an Enterprise organization.

    sponsoring_organization_id: None once that organization is deleted (cloud). sponsoring_organization_user_id: the
    member; on the cloud that of the *instance* for a row that came by sync, so nothing refers to it.
    sponsored_organization_id: the Families organization after redemption; never set on an instance. offered_to_email:
    None after redemption (cloud). last_sync_date: None = made on the cloud, or on an instance never synced.
    valid_until: end of the Families organization's paid period, None until redeemed; on an instance the copy that the
    last sync brought. to_delete: ends with the paid period (cloud), removal wanted (instance).

    Ours, for instances: pending_since: since when a change waits to be told to the cloud, None = it knows (always None
    on the cloud). was_sent: some sync put it into a request, whether or not an answer came, so that revoking it must
    be told. revision: grows with every local change, so that the answer to a sync does not undo a newer one.
    """

    __tablename__ = "organization_sponsorships"
    __table_args__ = (
        sa.Index(
            "ix_organization_sponsorships_sponsor", "sponsoring_organization_id", "sponsoring_organization_user_id"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sponsoring_organization_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("organizations.id", ondelete="SET NULL")
    )
    sponsoring_organization_user_id: Mapped[UUID]
    sponsored_organization_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("organizations.id", ondelete="SET NULL"), unique=True
    )
    friendly_name: Mapped[str | None] = mapped_column(sa.String(256))
    offered_to_email: Mapped[str | None] = mapped_column(sa.String(256))
    plan_sponsorship_type: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    last_sync_date: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]
    to_delete: Mapped[bool] = mapped_column(default=False)
    is_admin_initiated: Mapped[bool] = mapped_column(default=False)
    notes: Mapped[str | None] = mapped_column(sa.String(512))
    pending_since: Mapped[datetime | None]
    was_sent: Mapped[bool] = mapped_column(default=False)
    revision: Mapped[int] = mapped_column(default=0)
    creation_date: Mapped[datetime]
