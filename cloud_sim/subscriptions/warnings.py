"""What the web vault warns about: a free trial that runs out, a subscription that is no more. Pure.

Source: src/Core/Billing/Organizations/Queries/GetOrganizationWarningsQuery.cs; spec/identity-and-accounts.md 9.3.
"""

from typing import Any

from cloud_sim.subscriptions.models import Subscription
from common.domains.organizations import rules as organization_rules
from common.domains.organizations.service import Standing
from common.enums import SubscriptionStatus as Status

_RESOLUTIONS = {Status.UNPAID: "add_payment_method", Status.CANCELED: "resubscribe"}


def warnings_of(standing: Standing, subscription: Subscription | None) -> dict[str, Any]:
    """The warnings for one member. A free trial warns nobody: upstream does so only without a payment method."""
    return {
        "freeTrial": None,
        "inactiveSubscription": _inactive(standing, subscription),
        "resellerRenewal": None,
        "taxId": None,
        "scheduledPriceIncrease": None,
    }


def _inactive(standing: Standing, subscription: Subscription | None) -> dict[str, str] | None:
    if subscription is None or standing.organization.enabled or subscription.status not in _RESOLUTIONS:
        return None
    if not organization_rules.is_owner(standing.member):
        return {"resolution": "contact_owner"}
    return {"resolution": _RESOLUTIONS[subscription.status]}
