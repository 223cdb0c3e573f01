"""Sponsorships as control tells them of either side."""

from common.domains.sponsorships.models import OrganizationSponsorship
from common.domains.sponsorships.rules import Flaw, status_of
from common.wire.state import StateSponsorship


def believed(row: OrganizationSponsorship, flaw: Flaw | None, *, by_sync: bool) -> StateSponsorship:
    """A sponsorship as this side has it. by_sync: the side is told by syncs, as `status_of` has it."""
    return StateSponsorship(
        id=row.id,
        member=row.sponsoring_organization_user_id,
        friendly_name=row.friendly_name,
        offered_to=row.offered_to_email,
        sponsored_organization_id=row.sponsored_organization_id,
        admin_initiated=row.is_admin_initiated,
        status=status_of(row, by_sync=by_sync).value,
        awaiting_sync=row.pending_since is not None,
        valid_until=row.valid_until,
        last_sync=row.last_sync_date,
        to_delete=row.to_delete,
        flaw=flaw.value if flaw else None,
    )
