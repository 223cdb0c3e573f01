"""Events as the wire tells them."""

from cloud_sim.sponsorships.models import OrganizationEvent
from common.wire.events import OrganizationEventAnswer


def event(row: OrganizationEvent) -> OrganizationEventAnswer:
    """An event of an organization."""
    return OrganizationEventAnswer(
        type=row.type, organization_id=row.organization_id, installation_id=row.installation_id, date=row.date
    )
