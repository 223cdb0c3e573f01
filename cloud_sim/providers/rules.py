"""What a provider means for the organizations that it manages or resells. Pure.

Source: src/Core/AdminConsole/Enums/Provider/ProviderType.cs, src/Core/Billing/Extensions/BillingExtensions.cs;
fidelity.md: organization.providers.
"""

from enum import IntEnum

from common.enums import PlanType, ProductTier
from common.errors import Refusal, bad_request, not_found


class ProviderType(IntEnum):
    """Managed service provider, reseller, business unit."""

    MSP = 0
    RESELLER = 1
    BUSINESS_UNIT = 2


PERIOD_MONTHS = {ProviderType.MSP: 1, ProviderType.BUSINESS_UNIT: 12}
"""How long a period of the provider's own subscription is."""


def pays_for_clients(kind: int) -> bool:
    """Whether its organizations are paid for by its own subscription; a reseller's pay for themselves.

    Source: BillingExtensions.cs (SupportsConsolidatedBilling).
    """
    return kind != ProviderType.RESELLER


def managed_plan(kind: int, tier: ProductTier) -> PlanType:
    """The plan of an organization that such a provider takes on. Raises 400 for families and free ones.

    Source: ProviderBillingService.cs (GetManagedPlanTypeAsync).
    """
    if tier not in (ProductTier.TEAMS, ProductTier.ENTERPRISE):
        raise bad_request("Only Teams and Enterprise organizations can be managed by a provider.", rule="provider.plan")
    if kind == ProviderType.BUSINESS_UNIT:
        return PlanType.ENTERPRISE_ANNUALLY
    return PlanType.TEAMS_MONTHLY if tier == ProductTier.TEAMS else PlanType.ENTERPRISE_MONTHLY


def seat_limit(kind: int) -> Refusal:
    """400 to an invitation that is short of seats: only the provider gets more.

    Source: src/Core/AdminConsole/Services/Implementations/OrganizationService.cs (CanScaleAsync).
    """
    if pays_for_clients(kind):
        return bad_request(
            "Seat limit has been reached. Please contact your provider to add more seats.", rule="seats.provider"
        )
    return bad_request(
        "Seat limit has been reached. Contact your provider to purchase additional seats.", rule="seats.reseller"
    )


def not_yours() -> Refusal:
    """404 to owners: billing of an organization with a provider is the provider's.

    Source: src/Core/Context/CurrentContext.cs (EditSubscription, ViewSubscription).
    """
    return not_found("subscription.provider")
