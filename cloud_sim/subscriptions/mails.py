"""The mails of billing: upstream's subjects, our own words. Pure: facts in, a Mail out.

Source: src/Core/Platform/Mail/HandlebarsMailService.cs (SendInvoiceUpcoming, SendPaymentFailedAsync); fidelity.md:
billing.mails.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from common.server.mail.messages import Mail, compose


def renewal(to: str, amount: Decimal, due: datetime, items: Sequence[str]) -> Mail:
    """Tells that the next invoice is coming. items: what it is for."""
    return compose(
        to,
        "Your Subscription Will Renew Soon",
        "InvoiceUpcoming",
        [
            f"Your subscription renews on {due:%m/%d/%Y}; ${amount:.2f} will then be charged.",
            f"It is for: {', '.join(items)}.",
        ],
    )


def payment_failed(to: str, amount: Decimal) -> Mail:
    """Tells that a payment failed."""
    return compose(
        to,
        "Payment Failed",
        "PaymentFailed",
        [f"A payment of ${amount:.2f} failed. Please check your payment method and pay the open invoice."],
    )


def update_payment_method(to: str, organization: str, provider: str) -> Mail:
    """Tells that a provider has let the organization go. Source: SendProviderUpdatePaymentMethod."""
    return compose(
        to,
        "Update your billing information",
        "ProviderUpdatePaymentMethod",
        [
            f"{provider} no longer manages {organization}.",
            "It pays for itself from now on: please say with what, under Billing in the Admin Console.",
        ],
    )
