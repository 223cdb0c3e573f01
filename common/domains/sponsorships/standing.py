"""What sponsorships mean to organizations and their members: seats, profile rows, members who go.

Called by the organizations domain, so it knows nothing of that domain but ids.
Source: fidelity.md: sponsorship.create, sponsorship.other-events, sponsorship.status.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, aliased

from common.domains.sponsorships.models import OrganizationSponsorship
from common.quirks import Quirk
from common.server.context import Context


def seats_taken(organization_id: UUID, now: datetime) -> sa.Select[int]:
    """Counts the seats that sponsorships of people who are no members take.

    Source: Organization_ReadOccupiedSeatCountByOrganizationId.sql; fidelity.md: license.in-use.
    """
    row = OrganizationSponsorship
    in_force = row.valid_until > now
    return (
        sa.select(sa.func.count())
        .select_from(row)
        .where(
            row.sponsoring_organization_id == organization_id,
            row.is_admin_initiated,
            sa.or_(sa.not_(row.to_delete), in_force),
            sa.or_(row.sponsored_organization_id.is_(None), row.valid_until.is_(None), in_force),
        )
    )


def shown_sponsorship(
    organization_id: InstrumentedAttribute[UUID], member_id: InstrumentedAttribute[UUID]
) -> tuple[type[OrganizationSponsorship], sa.ColumnElement[bool]]:
    """For the statement that finds memberships: the sponsorships, and the condition on which they are joined to them.

    It leaves the one that the membership's profile row tells of.

    The member's own comes before others, one that holds before one that was taken back.
    Upstream gives a member with several as many profile rows. Source: fidelity.md: sponsorship.status.
    """
    row = aliased(OrganizationSponsorship)
    shown = (
        sa.select(row.id)
        .where(row.sponsoring_organization_id == organization_id, row.sponsoring_organization_user_id == member_id)
        .order_by(row.is_admin_initiated, row.to_delete, row.creation_date, row.id)
        .limit(1)
        .scalar_subquery()
    )
    return OrganizationSponsorship, OrganizationSponsorship.id == shown


def end_sponsorships_of(ctx: Context, organization_id: UUID, member_ids: Iterable[UUID]) -> None:
    """These members leave the organization: what they gave away ends (one statement).

    Source: OrganizationUser_DeleteById.sql; fidelity.md: sponsorship.other-events.
    """
    mine = sa.and_(
        OrganizationSponsorship.sponsoring_organization_id == organization_id,
        OrganizationSponsorship.sponsoring_organization_user_id.in_(list(member_ids)),
    )
    if ctx.settings.quirk(Quirk.MEMBER_REMOVAL_DELETES_SPONSORSHIPS):
        ctx.session.execute(sa.delete(OrganizationSponsorship).where(mine))
        return
    changes: dict[str, Any] = {"to_delete": True, "revision": OrganizationSponsorship.revision + 1}
    if ctx.side.tells_by_sync:
        changes["pending_since"] = sa.func.coalesce(OrganizationSponsorship.pending_since, ctx.clock.now())
    ctx.session.execute(
        sa.update(OrganizationSponsorship).where(mine).values(changes).execution_options(synchronize_session="fetch")
    )
