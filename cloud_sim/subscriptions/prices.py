"""What a subscription costs: its line items. Pure; nothing is ever charged.

Source: src/Core/Models/Business/SubscriptionInfo.cs; fidelity.md: organization.subscription, account.subscription.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from common.enums import ProductTier
from common.plans import NOTHING, PREMIUM, SPONSORED_FAMILIES_PLAN_ID, Plan, sold_plan


class LineItem(NamedTuple):
    """One position. amount: US dollars per piece and period. product_id: of the price, as the provider names it.

    kind: what is sold, `plan`, `seat`, `storage`, `premium-access`, `premium`, `sm-seat` or `service-account`.
    """

    product_id: str
    name: str
    amount: Decimal
    quantity: int
    interval: str
    sponsored: bool = False
    addon: bool = False
    kind: str = "plan"


def organization_items(
    plan: Plan, *, seats: int, storage_gb: int, premium_access: bool, sponsored: bool, sm: tuple[int, int] = (0, 0)
) -> list[LineItem]:
    """The positions of an organization. seats: all of them; storage_gb: all of it, included or bought.

    sm: seats and service accounts of the Secrets Manager, all of them.
    """
    interval = "year" if plan.annual else "month"
    items = list(_organization_items(plan, interval, seats, storage_gb, premium_access, sponsored))
    return [*items, *_secrets_manager_items(plan, interval, *sm)]


def _secrets_manager_items(plan: Plan, interval: str, seats: int, service_accounts: int) -> Iterator[LineItem]:
    sold = plan.secrets_manager
    if sold is None:
        return
    if sold.seat_plan_id is not None and seats > sold.base_seats:
        extra = seats - sold.base_seats
        yield LineItem(
            sold.seat_plan_id, "Secrets Manager Seat", sold.seat_price, extra, interval, addon=True, kind="sm-seat"
        )
    if sold.service_account_plan_id is not None and service_accounts > sold.base_service_accounts:
        extra = service_accounts - sold.base_service_accounts
        price, name = sold.service_account_price, "Additional Machine Accounts"
        yield LineItem(sold.service_account_plan_id, name, price, extra, interval, addon=True, kind="service-account")


def _organization_items(
    plan: Plan, interval: str, seats: int, storage_gb: int, premium_access: bool, sponsored: bool
) -> Iterator[LineItem]:
    sold = plan.password_manager
    if sponsored:
        yield LineItem(SPONSORED_FAMILIES_PLAN_ID, plan.name, NOTHING, 1, interval, sponsored=True)
    elif sold.plan_id is not None:
        yield LineItem(sold.plan_id, plan.name, sold.base_price, 1, interval)
    if sold.seat_plan_id is not None and seats > sold.base_seats:
        extra = seats - sold.base_seats
        yield LineItem(sold.seat_plan_id, f"{plan.name} Seat", sold.seat_price, extra, interval, kind="seat")
    if sold.storage_plan_id is not None and storage_gb > (sold.base_storage_gb or 0):
        extra = storage_gb - (sold.base_storage_gb or 0)
        yield LineItem(
            sold.storage_plan_id, "Additional Storage", sold.storage_price, extra, interval, addon=True, kind="storage"
        )
    if premium_access and sold.premium_access_plan_id is not None:
        yield LineItem(
            sold.premium_access_plan_id,
            "Premium Access",
            sold.premium_access_price,
            1,
            interval,
            addon=True,
            kind="premium-access",
        )


def premium_items(storage_gb: int) -> list[LineItem]:
    """The positions of a premium membership. storage_gb: all of it, included or bought."""
    items = [LineItem(PREMIUM.price_id, "Premium", PREMIUM.price, 1, "year", kind="premium")]
    if storage_gb > PREMIUM.storage_gb:
        extra = storage_gb - PREMIUM.storage_gb
        items.append(
            LineItem(
                PREMIUM.storage_price_id,
                "Additional Storage",
                PREMIUM.storage_price,
                extra,
                "year",
                addon=True,
                kind="storage",
            )
        )
    return items


def total(items: list[LineItem]) -> Decimal:
    """US dollars for one period."""
    return sum((item.amount * item.quantity for item in items), NOTHING)


def seat_cost(plan: Plan, seats: int) -> Decimal:
    """US dollars for one period of so many seats, those that come with the plan left out."""
    return max(seats - plan.password_manager.base_seats, 0) * plan.password_manager.seat_price


TIERS = {
    "free": ProductTier.FREE,
    "families": ProductTier.FAMILIES,
    "teams": ProductTier.TEAMS,
    "enterprise": ProductTier.ENTERPRISE,
}
"""Name on a form -> family of plans, the smallest first."""


def plan_on_offer(name: str, *, annual: bool) -> Plan | None:
    """The plan that is sold today. name: of TIERS. A family that is sold for years only comes for a year."""
    tier = TIERS.get(name)
    if tier is None:
        return None
    return sold_plan(tier, annual=annual) or sold_plan(tier, annual=not annual)


def plans_on_offer() -> dict[str, Plan]:
    """What the price list shows: by names of TIERS for a year, and with `_monthly` behind them for a month."""
    yearly = {name: plan_on_offer(name, annual=True) for name in TIERS}
    monthly = {f"{name}_monthly": plan_on_offer(name, annual=False) for name in ("teams", "enterprise")}
    return {name: plan for name, plan in (yearly | monthly).items() if plan is not None}
