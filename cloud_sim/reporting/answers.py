"""Events as the wire tells them."""

from uuid import UUID

from common.wire.events import OrganizationEventAnswer
from common.wire.recorded import Recorded


def event(organization_id: UUID, recorded: Recorded) -> OrganizationEventAnswer:
    """An event of an organization."""
    return OrganizationEventAnswer(
        type=recorded.type,
        organization_id=organization_id,
        installation_id=recorded.installation_id,
        date=recorded.date,
    )
