"""Rows as older releases told them. Source: fidelity.md: clients.older."""

from collections.abc import Mapping
from typing import Any

from cloud_sim.subscriptions.answers import details, upcoming_invoice
from cloud_sim.subscriptions.models import Customer, Subscription
from common.domains.accounts.service import User
from common.domains.organizations.models import Organization
from common.enums import OrganizationStatus, SubscriptionStatus
from common.plans import plan_of
from common.wire.older import OlderAddress, OlderAddressUpdate, OlderMetadata, OlderPremium


def metadata(organization: Organization, subscription: Subscription | None, occupied: int) -> OlderMetadata:
    """Billing metadata. Source: src/Core/Billing/Services/Implementations/OrganizationBillingService.cs (v2025.6.0)."""
    plan = plan_of(organization.plan_type)
    overdue = subscription is not None and subscription.status in (
        SubscriptionStatus.PAST_DUE,
        SubscriptionStatus.UNPAID,
    )
    return OlderMetadata(
        is_eligible_for_self_host=plan is not None and "self_host" in plan.abilities,
        is_managed=organization.status == OrganizationStatus.MANAGED,
        is_subscription_unpaid=subscription is not None and subscription.status == SubscriptionStatus.UNPAID,
        has_subscription=subscription is not None,
        has_open_invoice=overdue,
        is_subscription_canceled=subscription is not None and subscription.status == SubscriptionStatus.CANCELED,
        sub_period_end_date=subscription.period_end if subscription is not None else None,
        organization_occupied_seats=occupied,
    )


def address(customer: Customer | None) -> OlderAddress:
    """Where somebody pays from; all null when nobody said."""
    kept: Mapping[str, Any] = (customer and customer.billing_address) or {}
    known = kept.get("taxId") or {}
    return OlderAddress(
        tax_id_number=known.get("value"),
        tax_id_type=known.get("code"),
        line1=kept.get("line1"),
        line2=kept.get("line2"),
        city=kept.get("city"),
        state=kept.get("state"),
        postal_code=kept.get("postalCode"),
        country=kept.get("country"),
    )


def sent_address(sent: OlderAddressUpdate) -> dict[str, Any]:
    """An address as it is kept; of the tax id only the number was given."""
    return sent.wire() | {"taxId": {"code": "", "value": sent.tax_id} if sent.tax_id else None}


def premium(user: User, subscription: Subscription | None, issued: dict[str, Any]) -> OlderPremium:
    """The premium of a user with its licence. issued: the file."""
    return OlderPremium(
        max_storage_gb=user.max_storage_gb,
        upcoming_invoice=upcoming_invoice(subscription) if subscription is not None else None,
        subscription=details(subscription) if subscription is not None else None,
        license=issued,
        expiration=issued["expires"] if subscription is not None else user.premium_expiration_date,
    )
