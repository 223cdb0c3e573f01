"""What is kept of a payment method: no number, as the payment provider masks it. Pure.

Source: src/Core/Billing/Payment/Models/MaskedPaymentMethod.cs; fidelity.md: billing.payment-method.
"""

from collections.abc import Mapping
from typing import Any

CARD_BRANDS = {"mastercard": "4444", "amex": "8431", "discover": "9424", "jcb": "0505", "diners": "0004"}
"""Words in the names of Stripe's test cards -> the last digits; every other token is a Visa."""

BY_NUMBER = ("card", "bankAccount", "payPal")
"""Source: src/Core/Enums/PaymentMethodType.cs, which has credit behind them."""


def masked(kind: str, token: str, email: str) -> dict[str, Any]:
    """A payment method as it is told. kind: of BY_NUMBER. email: of whoever pays by PayPal."""
    if kind == "bankAccount":
        return {"bankName": "STRIPE TEST BANK", "last4": "6789", "hostedVerificationUrl": None, "type": kind}
    if kind == "payPal":
        return {"email": email, "type": kind}
    brand = next((each for each in CARD_BRANDS if each in token.lower()), "visa")
    return {"brand": brand, "last4": CARD_BRANDS.get(brand, "4242"), "expiration": "12/2034", "type": "card"}


def address_of(sent: Mapping[str, Any], *, business: bool) -> dict[str, Any]:
    """A billing address as it is told. business: only those give a tax id."""
    kept = {name: sent.get(name) for name in ("country", "postalCode", "line1", "line2", "city", "state")}
    return kept | {"taxId": sent.get("taxId") if business else None}
