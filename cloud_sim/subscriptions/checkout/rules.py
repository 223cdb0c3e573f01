"""What something would cost, and storage that is bought later. Pure; nothing is ever charged, nothing taxed.

Source: src/Core/Billing/Organizations/Commands/PreviewOrganizationTaxCommand.cs, src/Core/Billing/Tax/Services/
Implementations/TaxService.cs, src/Core/Utilities/BillingHelpers.cs; fidelity.md: billing.checkout.
"""

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from common.enums import ProductTier
from common.errors import Refusal, bad_request, payment_failed
from common.plans import NOTHING, Plan, sold_plan

MOST_STORAGE = 100
"""GB."""

_SECOND = timedelta(seconds=1)

_TAXED = """
AD AE AR AT AU BE BG BH BO BR BY CA CH CL CN CO CR CY CZ DE DK DO EC EE EG ES EU FI FR GB GE GR HK HR HU ID IE IL IN
IS IT JP KE KR KZ LI LT LU LV MA MD MT MX MY NG NL NO NZ OM PE PH PL PT RO RS RU SA SE SG SI SK SV TH TR TW TZ UA US
UY UZ VE VN ZA
"""
TAXED_COUNTRIES = frozenset(_TAXED.split())
"""Where a tax id can be given."""


_FOR_SALE = (ProductTier.FAMILIES, ProductTier.TEAMS, ProductTier.ENTERPRISE)


def plan_for_sale(tier: ProductTier, *, annual: bool, verb: str) -> Plan:
    """The plan of a family that is sold. verb: what is done about it, in the cause that stands beside upstream's 500.

    Source: src/Core/Billing/Organizations/Models/OrganizationSubscription{Purchase,PlanChange}.cs.
    """
    plan = sold_plan(tier, annual=annual) if tier in _FOR_SALE else None
    if plan is None:
        raise payment_failed(f"Cannot {verb} that isn't Families, Teams or Enterprise.", rule="billing.plan")
    return plan


class Wanted(NamedTuple):
    """What an invoice would be of: pieces of what a plan is sold by, None = it is not on the invoice."""

    seats: int | None = None
    storage_gb: int | None = None
    sm_seats: int | None = None
    service_accounts: int | None = None


def preview_total(plan: Plan, wanted: Wanted) -> Decimal:
    """US dollars of an invoice. A plan that is not sold by seats costs its price for each seat that is asked for."""
    sold, secrets = plan.password_manager, plan.secrets_manager
    total = (wanted.seats or 0) * (sold.seat_price if by_seats(plan) else sold.base_price)
    total += (wanted.storage_gb or 0) * sold.storage_price
    if secrets is not None and wanted.sm_seats:
        total += wanted.sm_seats * secrets.seat_price + (wanted.service_accounts or 0) * secrets.service_account_price
    return total or NOTHING


def by_seats(plan: Plan) -> bool:
    """Whether a plan is sold by seats, not by the piece. Source: HasNonSeatBasedPasswordManagerPlan."""
    return plan.password_manager.plan_id is None or plan.password_manager.seat_plan_id is not None


def free_becomes(plan: Plan, *, secrets_manager: bool) -> Wanted:
    """What a free organization buys: two seats, of the Secrets Manager, too, if it has that; one of Families."""
    if not by_seats(plan):
        return Wanted(seats=1)
    return Wanted(seats=2, sm_seats=2 if secrets_manager else None)


def pieces_for(plan: Plan, current: Plan, seats: int) -> int:
    """How many pieces of another plan an organization takes with it. Raises 400 where it has none. seats: all."""
    if current.password_manager.plan_id is not None and by_seats(plan):
        return seats
    if not by_seats(current):
        return 1
    if seats <= current.password_manager.base_seats:
        text = (
            "Your organization's subscription does not match its current plan. Please contact support for assistance."
        )
        raise bad_request(text, rule="billing.no-seats")
    return seats - current.password_manager.base_seats


def no_subscription() -> Refusal:
    """400 to an organization that nothing is charged for."""
    return bad_request("Organization does not have a subscription.", rule="billing.no-subscription")


class Proration(NamedTuple):
    """What it costs to turn premium into an organization. new: for the rest of the period. months: of that rest."""

    new: Decimal
    credit: Decimal
    months: int

    @property
    def total(self) -> Decimal:
        """US dollars that are due; less than nothing = a credit."""
        return self.new - self.credit


def organization_plan(tier: ProductTier) -> Plan:
    """What premium becomes. Raises 500 for the families of plans that it cannot become, as upstream.

    Source: src/Api/Billing/Models/Requests/Premium/UpgradePremiumToOrganizationRequest.cs.
    """
    if tier not in (ProductTier.FAMILIES, ProductTier.TEAMS, ProductTier.ENTERPRISE):
        raise Refusal(500, "An unhandled server error has occurred.", rule="premium.upgrade-plan")
    plan = sold_plan(tier, annual=True)
    if plan is None:
        raise bad_request("Plan not found.", rule="billing.plan")
    return plan


def first_seats(plan: Plan) -> int:
    """Seats of an organization that premium becomes: those of the plan, or one. Source: BuildOrganization."""
    return plan.password_manager.base_seats if plan.password_manager.plan_id is not None else 1


def prorate(plan: Plan, premium: Decimal, period: tuple[datetime, datetime], now: datetime) -> Proration:
    """What it costs by now. premium: US dollars for its period.

    Source: src/Core/Billing/Premium/Commands/PreviewPremiumUpgradeProrationCommand.cs.
    """
    begin, end = period
    rest = max(end - now, timedelta(0))
    sold = plan.password_manager
    price = sold.base_price if sold.plan_id is not None else sold.seat_price
    share = Decimal(rest // _SECOND) / Decimal((end - begin) // _SECOND)
    months = int((Decimal(rest // _SECOND) / (30 * 24 * 3600)).quantize(Decimal(1), ROUND_HALF_UP))
    return Proration(_cents(price * share), _cents(premium * share), max(1, months))


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def no_premium() -> Refusal:
    """400 to whoever has no premium that could become an organization."""
    return bad_request("User does not have an active Premium subscription.", rule="premium.upgrade")


def changed_storage(now: int | None, change: int, included: int) -> int:
    """GB of an organization that buys more or gives some back; never less than what the plan includes. Raises 400."""
    if now is None:
        raise bad_request("No access to storage.", rule="storage.none")
    wanted = max(now + change, included)
    if wanted > MOST_STORAGE:
        raise bad_request("Maximum storage is 100 GB.", rule="storage.limit")
    return wanted
