"""Invoices and charges as the wire tells them."""

from collections.abc import Iterable

from cloud_sim.subscriptions.history.rules import Invoice
from common.wire.billing import BillingInvoice, BillingTransaction, HistoryInvoice, HistoryTransaction

CARD = "Visa, *4242"
"""What pays everything here."""


def invoices(found: Iterable[Invoice]) -> list[BillingInvoice]:
    """A list of invoices."""
    return [
        BillingInvoice(id=each.id, amount=each.amount, date=each.date, number=each.number, paid=each.paid)
        for each in found
    ]


def transactions(found: Iterable[Invoice]) -> list[BillingTransaction]:
    """A list of the charges for these invoices."""
    return [BillingTransaction(id=each.id, created_date=each.date, amount=each.amount, details=CARD) for each in found]


def history_invoices(found: Iterable[Invoice]) -> list[HistoryInvoice]:
    """The same in a person's whole history."""
    return [HistoryInvoice(amount=each.amount, date=each.date, number=each.number, paid=each.paid) for each in found]


def history_transactions(found: Iterable[Invoice]) -> list[HistoryTransaction]:
    """The same in a person's whole history."""
    return [HistoryTransaction(created_date=each.date, amount=each.amount, details=CARD) for each in found]
