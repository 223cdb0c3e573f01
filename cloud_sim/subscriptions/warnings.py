"""What the web vault warns about: a subscription that is no more, a trial that nobody pays after, the invoice of an
organization that is resold. Pure.

Source: src/Core/Billing/Organizations/Queries/GetOrganizationWarningsQuery.cs; fidelity.md: organization.metadata.
"""

from datetime import datetime, timedelta
from math import ceil
from typing import NamedTuple

from cloud_sim.providers.rules import ProviderType
from cloud_sim.subscriptions.models import Subscription
from cloud_sim.subscriptions.rules import DAYS_UNTIL_DUE, SUSPENDED_AFTER, Terms
from common.domains.organizations import rules as organization_rules
from common.domains.organizations.service import Standing
from common.enums import SubscriptionStatus as Status

_RESOLUTIONS = {Status.UNPAID: "add_payment_method", Status.CANCELED: "resubscribe"}
_SOON = timedelta(days=14)


class ResellerRenewal(NamedTuple):
    """An invoice of an organization that is resold: about to come, sent, or overdue; exactly one of the three.

    upcoming: when it comes. issued: when it was sent and is due. past_due: when the organization is suspended.
    """

    upcoming: datetime | None = None
    issued: tuple[datetime, datetime] | None = None
    past_due: datetime | None = None


def remaining_trial_days(standing: Standing, subscription: Subscription, *, paid: bool, now: datetime) -> int | None:
    """Days left of a trial, begun ones counted whole, told to owners while there is no payment method.

    paid: also where a provider has the billing.
    """
    if paid or not organization_rules.is_owner(standing.member):
        return None
    if subscription.status != Status.TRIALING or subscription.trial_end is None:
        return None
    return ceil((subscription.trial_end - now) / timedelta(days=1))


def resolution_of(standing: Standing, subscription: Subscription, *, managed: bool) -> str | None:
    """What this member can do about an inactive subscription; None when nothing is wrong with it.

    managed: a provider manages or resells the organization.
    """
    if standing.organization.enabled or subscription.status not in _RESOLUTIONS:
        return None
    if managed:
        return "contact_provider"
    if not organization_rules.is_owner(standing.member):
        return "contact_owner"
    return _RESOLUTIONS[subscription.status]


def reseller_renewal(kind: int, terms: Terms, now: datetime) -> ResellerRenewal | None:
    """What is said of the invoices of an organization with a provider of this type; None when nothing is."""
    if kind != ProviderType.RESELLER or not terms.by_invoice:
        return None
    due = terms.invoice_due
    if due is None and terms.status in (Status.TRIALING, Status.ACTIVE) and terms.period_end - now <= _SOON:
        return ResellerRenewal(upcoming=terms.period_end)
    if due is not None and terms.status == Status.ACTIVE and due > now:
        return ResellerRenewal(issued=(due - DAYS_UNTIL_DUE, due))
    if due is not None and terms.status == Status.PAST_DUE and due < now:
        return ResellerRenewal(past_due=due + SUSPENDED_AFTER)
    return None
