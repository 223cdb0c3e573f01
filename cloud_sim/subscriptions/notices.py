"""What subscribers are mailed of their billing, beside what the payment provider mails them itself.

Source: src/Billing/Services/Implementations/UpcomingInvoiceHandler.cs, StripeEventUtilityService.cs; fidelity.md:
billing.mails.
"""

from cloud_sim.subscriptions import charges, mails, prices, service
from cloud_sim.subscriptions.payments.service import customer_of
from cloud_sim.subscriptions.settling import Subscriber
from common.domains.organizations.models import Organization
from common.errors import bad_request
from common.server.context import Context
from common.server.outbox.service import queue

_FAILURES = frozenset({"past-due", "unpaid"})


def cause(ctx: Context, subscriber: Subscriber, event: str) -> None:
    """`service.cause`, and the mail that upstream sends of it: of a failed payment by PayPal only."""
    service.cause(ctx, subscriber, event)
    customer = customer_of(ctx, subscriber)
    method = customer.payment_method if customer is not None else None
    if event in _FAILURES and method is not None and method["type"] == "payPal":
        items = charges.line_items(service.require_subscription(ctx, subscriber))
        queue(ctx, mails.payment_failed(_address(subscriber), prices.total(items)))


def announce_renewal(ctx: Context, subscriber: Subscriber) -> None:
    """Mail that the next invoice is coming. Raises 400 where none is, or where it is of nothing."""
    subscription = service.require_subscription(ctx, subscriber)
    due, items = charges.upcoming_invoice_date(subscription), charges.line_items(subscription)
    amount = prices.total(items)
    if due is None or not amount:
        raise bad_request("No invoice is coming.", rule="subscription.upcoming-invoice")
    queue(ctx, mails.renewal(_address(subscriber), amount, due, [f"{each.quantity} x {each.name}" for each in items]))


def _address(subscriber: Subscriber) -> str:
    return subscriber.billing_email if isinstance(subscriber, Organization) else subscriber.email
