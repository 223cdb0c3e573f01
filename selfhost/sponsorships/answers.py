"""Runs of the sponsorship sync, and what people are told of sponsorships, as the control routes tell them."""

from uuid import UUID

from common.domains.organizations.rules import display_name
from common.domains.sponsorships.models import OrganizationSponsorship
from common.domains.sponsorships.rules import status_of
from common.wire.control import ConnectedOrganization, SponsorshipRun, SponsorshipState
from selfhost.sponsorships.runs import SyncRun

_OF_RUN = tuple(SponsorshipRun.model_fields)


def run(found: SyncRun) -> SponsorshipRun:
    """One sync of an organization's sponsorships."""
    return SponsorshipRun(**{name: getattr(found, name) for name in _OF_RUN})


def state(row: OrganizationSponsorship) -> SponsorshipState:
    """Upstream's status word and, beside it, Awaiting Sync."""
    return SponsorshipState(
        friendly_name=row.friendly_name,
        status=status_of(row, by_sync=True).value,
        awaiting_sync=row.pending_since is not None,
        valid_until=row.valid_until,
        last_sync_date=row.last_sync_date,
    )


def connected_organization(organization_id: UUID, name: str | None) -> ConnectedOrganization:
    """An organization that the daily job syncs."""
    return ConnectedOrganization(id=organization_id, name=display_name(name))
