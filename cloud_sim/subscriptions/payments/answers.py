"""With what somebody pays, as the wire tells it in words. Source: src/Core/Billing/Models/BillingInfo.cs."""

from cloud_sim.subscriptions.models import Customer
from cloud_sim.subscriptions.payments.rules import BY_NUMBER
from common.wire.billing import PaymentSource


def payment_source(customer: Customer | None) -> PaymentSource | None:
    """None when nobody said with what."""
    kept = customer and customer.payment_method
    if not kept:
        return None
    kind = BY_NUMBER.index(kept["type"])
    if kept["type"] == "payPal":
        return PaymentSource(type=kind, description=kept["email"])
    if kept["type"] == "bankAccount":
        return PaymentSource(type=kind, description=f"{kept['bankName']}, *{kept['last4']}")
    description = f"{kept['brand'].upper()}, *{kept['last4']}, {kept['expiration']}"
    return PaymentSource(type=kind, card_brand=kept["brand"], description=description)
