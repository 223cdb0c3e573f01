"""What the web vault warns about: a subscription that is no more. Pure.

Source: src/Core/Billing/Organizations/Queries/GetOrganizationWarningsQuery.cs; fidelity.md: organization.metadata.
"""

from cloud_sim.subscriptions.models import Subscription
from common.domains.organizations import rules as organization_rules
from common.domains.organizations.service import Standing
from common.enums import SubscriptionStatus as Status

_RESOLUTIONS = {Status.UNPAID: "add_payment_method", Status.CANCELED: "resubscribe"}


def resolution_of(standing: Standing, subscription: Subscription | None) -> str | None:
    """What this member can do about an inactive subscription; None when nothing is wrong with it."""
    if subscription is None or standing.organization.enabled or subscription.status not in _RESOLUTIONS:
        return None
    if not organization_rules.is_owner(standing.member):
        return "contact_owner"
    return _RESOLUTIONS[subscription.status]
