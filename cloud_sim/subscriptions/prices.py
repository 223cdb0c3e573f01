"""What a subscription costs: its line items. Pure; nothing is ever charged.

Source: src/Core/Models/Business/SubscriptionInfo.cs; spec/identity-and-accounts.md 9.2, 10.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from common.plans import NOTHING, PREMIUM, SPONSORED_FAMILIES_PLAN_ID, Plan


@dataclass(frozen=True)
class LineItem:
    """One position. amount: US dollars per piece and period. product_id: of the price, as the provider names it."""

    product_id: str
    name: str
    amount: Decimal
    quantity: int
    interval: str
    sponsored: bool = False
    addon: bool = False


def organization_items(
    plan: Plan, *, seats: int, storage_gb: int, premium_access: bool, sponsored: bool
) -> list[LineItem]:
    """The positions of an organization. seats: all of them; storage_gb: all of it, included or bought."""
    interval = "year" if plan.annual else "month"
    return list(_organization_items(plan, interval, seats, storage_gb, premium_access, sponsored))


def _organization_items(
    plan: Plan, interval: str, seats: int, storage_gb: int, premium_access: bool, sponsored: bool
) -> Iterator[LineItem]:
    sold = plan.password_manager
    if sponsored:
        yield LineItem(SPONSORED_FAMILIES_PLAN_ID, plan.name, NOTHING, 1, interval, sponsored=True)
    elif sold.plan_id is not None:
        yield LineItem(sold.plan_id, plan.name, sold.base_price, 1, interval)
    if sold.seat_plan_id is not None and seats > sold.base_seats:
        yield LineItem(sold.seat_plan_id, f"{plan.name} Seat", sold.seat_price, seats - sold.base_seats, interval)
    if sold.storage_plan_id is not None and storage_gb > (sold.base_storage_gb or 0):
        extra = storage_gb - (sold.base_storage_gb or 0)
        yield LineItem(sold.storage_plan_id, "Additional Storage", sold.storage_price, extra, interval, addon=True)
    if premium_access and sold.premium_access_plan_id is not None:
        yield LineItem(
            sold.premium_access_plan_id, "Premium Access", sold.premium_access_price, 1, interval, addon=True
        )


def premium_items(storage_gb: int) -> list[LineItem]:
    """The positions of a premium membership. storage_gb: all of it, included or bought."""
    items = [LineItem(PREMIUM.price_id, "Premium", PREMIUM.price, 1, "year")]
    if storage_gb > PREMIUM.storage_gb:
        extra = storage_gb - PREMIUM.storage_gb
        items.append(
            LineItem(PREMIUM.storage_price_id, "Additional Storage", PREMIUM.storage_price, extra, "year", addon=True)
        )
    return items


def total(items: list[LineItem]) -> Decimal:
    """US dollars for one period."""
    return sum((item.amount * item.quantity for item in items), NOTHING)
