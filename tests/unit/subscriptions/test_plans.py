"""The plan table."""

from decimal import Decimal

import pytest

from cloud_sim.subscriptions import prices
from common.enums import PlanType, ProductTier
from common.plans import PLANS, plan_of, sign_up_abilities, tier_of


def test_every_number_has_a_plan_and_nothing_else_has() -> None:
    assert list(PLANS) == list(PlanType) == list(range(23))
    assert [plan_of(number) for number in (-1, 23, 99)] == [None, None, None]


@pytest.mark.parametrize(
    ("number", "name", "tier", "annual"),
    [
        (0, "Free", ProductTier.FREE, False),
        (1, "Families 2019", ProductTier.FAMILIES, True),
        (5, "Enterprise (Annually) 2019", ProductTier.ENTERPRISE, True),
        (6, "Custom", ProductTier.FREE, False),
        (8, "Teams (Monthly) 2020", ProductTier.TEAMS, False),
        (14, "Enterprise (Monthly)", ProductTier.ENTERPRISE, False),
        (16, "Teams (Starter)", ProductTier.TEAMS_STARTER, False),
        (20, "Enterprise (Annually)", ProductTier.ENTERPRISE, True),
        (22, "Families", ProductTier.FAMILIES, True),
    ],
)
def test_plan_is_called_and_counted_as_upstream(number: int, name: str, tier: ProductTier, annual: bool) -> None:
    plan = PLANS[PlanType(number)]
    assert (plan.name, plan.tier, plan.annual) == (name, tier, annual)


def test_unknown_plan_number_counts_as_free() -> None:
    assert tier_of(99) == ProductTier.FREE


def test_sold_today() -> None:
    assert [int(plan.type) for plan in PLANS.values() if not plan.disabled] == [0, 17, 18, 19, 20, 22]


def test_only_families_and_enterprise_may_be_self_hosted() -> None:
    tiers = {plan.tier for plan in PLANS.values() if plan.allows("self_host")}
    assert tiers == {ProductTier.FAMILIES, ProductTier.ENTERPRISE}


def test_new_enterprise_organization_starts_without_key_connector() -> None:
    abilities = sign_up_abilities(PLANS[PlanType.ENTERPRISE_ANNUALLY])
    assert abilities["use_sso"] and abilities["use_risk_insights"] and abilities["use_password_manager"]
    assert not abilities["use_key_connector"]


def test_2019_families_buy_premium_for_their_members() -> None:
    plan = PLANS[PlanType.FAMILIES_ANNUALLY_2019]
    assert not sign_up_abilities(plan)["users_get_premium"]
    assert sign_up_abilities(plan, premium_access=True)["users_get_premium"]


def test_included_seats_and_storage_are_not_billed_twice() -> None:
    plan = PLANS[PlanType.TEAMS_ANNUALLY_2019]
    items = prices.organization_items(plan, seats=7, storage_gb=3, premium_access=False, sponsored=False)
    assert [(item.product_id, item.quantity) for item in items] == [
        ("teams-org-annually", 1),
        ("teams-org-seat-annually", 2),
        ("storage-gb-annually", 2),
    ]
    assert prices.total(items) == Decimal(60 + 2 * 24 + 2 * 4)


def test_sponsored_families_cost_nothing() -> None:
    plan = PLANS[PlanType.FAMILIES_ANNUALLY]
    items = prices.organization_items(plan, seats=6, storage_gb=1, premium_access=False, sponsored=True)
    assert [(item.product_id, item.sponsored) for item in items] == [("2021-family-for-enterprise-annually", True)]
    assert prices.total(items) == 0
