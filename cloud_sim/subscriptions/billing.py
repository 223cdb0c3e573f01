"""A subscription as the pages show it. Source: spec/screens.md B1, C3."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from cloud_sim.subscriptions import prices, rules, service
from cloud_sim.subscriptions.models import Subscription


@dataclass(frozen=True)
class Billing:
    """A subscription as pages show it. status: rules.shown_status. next_charge: None when there is none."""

    subscription: Subscription
    status: str
    items: Sequence[prices.LineItem]
    total: Decimal
    next_charge: datetime | None
    may_cancel: bool
    events: Sequence[str]


def billing_of(subscription: Subscription | None) -> Billing | None:
    """What pages show of a subscription."""
    if subscription is None:
        return None
    terms = service.terms_of(subscription)
    items = service.line_items(subscription)
    return Billing(
        subscription,
        rules.shown_status(terms, sponsored=subscription.sponsored),
        items,
        prices.total(items),
        service.upcoming_invoice_date(subscription),
        rules.is_cancellable(terms),
        rules.rehearsed_events(terms),
    )
