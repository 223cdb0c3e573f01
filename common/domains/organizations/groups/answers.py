"""Groups as the wire tells them."""

from common.domains.organizations.collections.answers import access
from common.domains.organizations.groups.service import GroupView
from common.domains.organizations.models import Group
from common.wire.groups import GroupDetails, GroupResponse


def group(row: Group) -> GroupResponse:
    """A group."""
    return GroupResponse(id=row.id, organization_id=row.organization_id, name=row.name, external_id=row.external_id)


def group_details(view: GroupView) -> GroupDetails:
    """A group and which collections it may use."""
    row = view.group
    return GroupDetails(
        id=row.id,
        organization_id=row.organization_id,
        name=row.name,
        external_id=row.external_id,
        collections=access(view.access),
    )
