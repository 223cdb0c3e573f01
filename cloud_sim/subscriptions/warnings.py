"""What the web vault warns about: a subscription that is no more, a trial that nobody pays after. Pure.

Source: src/Core/Billing/Organizations/Queries/GetOrganizationWarningsQuery.cs; fidelity.md: organization.metadata.
"""

from datetime import datetime, timedelta
from math import ceil

from cloud_sim.subscriptions.models import Subscription
from common.domains.organizations import rules as organization_rules
from common.domains.organizations.service import Standing
from common.enums import SubscriptionStatus as Status

_RESOLUTIONS = {Status.UNPAID: "add_payment_method", Status.CANCELED: "resubscribe"}


def remaining_trial_days(
    standing: Standing, subscription: Subscription | None, *, paid: bool, now: datetime
) -> int | None:
    """Days left of a trial, begun ones counted whole, told to owners while there is no payment method."""
    if paid or subscription is None or not organization_rules.is_owner(standing.member):
        return None
    if subscription.status != Status.TRIALING or subscription.trial_end is None:
        return None
    return ceil((subscription.trial_end - now) / timedelta(days=1))


def resolution_of(standing: Standing, subscription: Subscription | None) -> str | None:
    """What this member can do about an inactive subscription; None when nothing is wrong with it."""
    if subscription is None or standing.organization.enabled or subscription.status not in _RESOLUTIONS:
        return None
    if not organization_rules.is_owner(standing.member):
        return "contact_owner"
    return _RESOLUTIONS[subscription.status]
