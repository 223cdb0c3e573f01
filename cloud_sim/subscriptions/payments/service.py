"""With what and from where somebody pays. Source: fidelity.md: billing.payment-method.

Rows belong to their organization or account and are locked with it.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from cloud_sim.subscriptions import rules as subscription_rules
from cloud_sim.subscriptions.models import Customer
from cloud_sim.subscriptions.payments import rules
from cloud_sim.subscriptions.settling import Subscriber
from common.domains.accounts.service import User
from common.domains.organizations.models import Organization
from common.enums import ProductTier
from common.errors import bad_request
from common.server.context import Context


class Payment(NamedTuple):
    """A payment method that a page got a token for. kind: `card`, `bankAccount` or `payPal`."""

    kind: str
    token: str


def customer_of(ctx: Context, subscriber: Subscriber) -> Customer | None:
    """What is known of whoever pays; None when nobody said anything yet."""
    column = Customer.organization_id if isinstance(subscriber, Organization) else Customer.user_id
    return ctx.session.scalar(sa.select(Customer).where(column == subscriber.id))


def has_payment_method(ctx: Context, subscriber: Subscriber) -> bool:
    """Whether somebody said with what this is paid."""
    customer = customer_of(ctx, subscriber)
    return customer is not None and customer.payment_method is not None


def set_payment_method(
    ctx: Context, subscriber: Subscriber, payment: Payment, address: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Pay with this from now on; the method, masked. Raises 500 for a declined card, as upstream.

    address: kept only where none is known, as upstream does. Source also: UpdatePaymentMethodCommand.cs.
    """
    subscription_rules.check_payment_method(payment.token)
    customer = _customer(ctx, subscriber)
    email = subscriber.billing_email if isinstance(subscriber, Organization) else subscriber.email
    customer.payment_method = rules.masked(payment.kind, payment.token, email)
    if address is not None and customer.billing_address is None:
        customer.billing_address = rules.address_of(address, business=_is_business(subscriber))
    return customer.payment_method


def forget_payment_method(ctx: Context, subscriber: Subscriber) -> None:
    """Pay with nothing."""
    customer = customer_of(ctx, subscriber)
    if customer is not None:
        customer.payment_method = None


def hand_over_customer(ctx: Context, user: User, organization: Organization) -> None:
    """Have a new organization pay as the user did. Raises 400 when nobody said with what."""
    customer = customer_of(ctx, user)
    if customer is None or customer.payment_method is None:
        raise bad_request(
            "No payment method found for the user. Please add a payment method to upgrade to Organization plan.",
            rule="premium.upgrade-payment",
        )
    customer.user_id, customer.organization_id = None, organization.id


def set_billing_address(ctx: Context, subscriber: Subscriber, address: Mapping[str, Any]) -> dict[str, Any]:
    """Live there from now on; the address. Source also: UpdateBillingAddressCommand.cs."""
    customer = _customer(ctx, subscriber)
    customer.billing_address = rules.address_of(address, business=_is_business(subscriber))
    return customer.billing_address


def _customer(ctx: Context, subscriber: Subscriber) -> Customer:
    """The row of a subscriber who is locked, made if need be."""
    customer = customer_of(ctx, subscriber)
    if customer is None:
        owner = "organization_id" if isinstance(subscriber, Organization) else "user_id"
        customer = Customer(id=ctx.ids.uuid(), **{owner: subscriber.id})
        ctx.session.add(customer)
    return customer


def _is_business(subscriber: Subscriber) -> bool:
    """Source: src/Core/Billing/Extensions/SubscriberExtensions.cs (GetProductUsageType)."""
    return isinstance(subscriber, Organization) and subscriber.tier not in (ProductTier.FREE, ProductTier.FAMILIES)
