"""An organization with the term of its licence as the wire tells it."""

from common.domains.organizations.answers import organization_as
from common.domains.organizations.models import Organization
from common.wire.selfhost import InstanceOrganizationSubscription
from selfhost.licensing.subscription import Term


def organization_subscription(organization: Organization, term: Term) -> InstanceOrganizationSubscription:
    """An organization and how long its licence runs."""
    return organization_as(
        InstanceOrganizationSubscription,
        organization,
        expiration=term.expiration.wire() if term.expiration else None,
        expiration_without_grace_period=term.without_grace.wire() if term.without_grace else None,
    )
