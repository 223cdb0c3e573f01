"""Families sponsorships as the wire tells them."""

from common.domains.sponsorships.models import OrganizationSponsorship
from common.wire.sponsorships import SponsorshipResponse

_OF_ROW = tuple(
    name for name in SponsorshipResponse.model_fields if name not in ("cloud_sponsorship_removed", "object")
)


def sponsorship(row: OrganizationSponsorship) -> SponsorshipResponse:
    """A row of the list of admin-initiated sponsorships."""
    return SponsorshipResponse(**{name: getattr(row, name) for name in _OF_ROW})
