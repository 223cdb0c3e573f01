"""Moving to a bigger plan with all that it may bring, and premium that becomes an organization."""

from datetime import timedelta
from typing import Any

import pytest

from common.wire.base import iso
from tests.support.club import ok, refusal
from tests.support.harness import START, WRAPPED_KEY, Person, Side
from tests.support.scenarios import new_organization

TEAMS_MONTHLY, ENTERPRISE_ANNUALLY, FAMILIES = 17, 20, 22
ADDRESS = {"country": "DE", "postalCode": "10115"}
OWN = "/api/account/billing/vnext"
PREVIEW = "/api/billing/preview-invoice/premium/subscriptions/upgrade"


@pytest.fixture
def owner(cloud: Side) -> Person:
    return cloud.sign_up("olivia@acme.example")


def upgrade(person: Person, organization_id: str, **wanted: Any) -> Any:
    body = {"planType": ENTERPRISE_ANNUALLY, "useSecretsManager": False, **wanted}
    return person.api.post(f"/api/organizations/{organization_id}/upgrade", json=body)


def test_a_bigger_plan_with_secrets_manager_and_storage(owner: Person) -> None:
    organization = new_organization(owner, plan_type=TEAMS_MONTHLY, additionalSeats=5)["id"]
    wanted = {"additionalSeats": 8, "additionalStorageGb": 4, "businessName": "Acme & Sons"}
    secrets = {"useSecretsManager": True, "additionalSmSeats": 3, "additionalServiceAccounts": 10}
    ok(upgrade(owner, organization, **wanted, **secrets))
    shown = ok(owner.api.get(f"/api/organizations/{organization}/subscription")).json()
    told = (shown["seats"], shown["smSeats"], shown["smServiceAccounts"], shown["useSecretsManager"])
    assert told == (8, 3, 60, True)
    assert shown["businessName"] == "Acme & Sons"
    assert shown["maxStorageGb"] == 1 + 4
    bought = {item["name"]: item["quantity"] for item in shown["subscription"]["items"]}
    assert bought == {
        "Enterprise (Annually) Seat": 8,
        "Additional Storage": 4,
        "Secrets Manager Seat": 3,
        "Additional Machine Accounts": 10,
    }
    (own,) = owner.api.get("/api/accounts/profile").json()["organizations"]
    assert own["accessSecretsManager"] is True


def test_what_is_not_asked_for_again_is_given_back(owner: Person) -> None:
    organization = new_organization(owner, plan_type=TEAMS_MONTHLY, additionalSeats=5)["id"]
    path = f"/api/organizations/{organization}"
    ok(owner.api.post(f"{path}/subscribe-secrets-manager", json={"additionalSmSeats": 2}))
    ok(upgrade(owner, organization, additionalSeats=5))
    shown = ok(owner.api.get(f"{path}/subscription")).json()
    assert (shown["useSecretsManager"], [item["quantity"] for item in shown["subscription"]["items"]]) == (False, [5])


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ({"planType": FAMILIES, "additionalSeats": 0}, "You cannot upgrade to this plan."),
        ({"planType": TEAMS_MONTHLY}, "Organization is already on this plan."),
        ({"additionalSeats": 0}, "You do not have any Password Manager seats!"),
        ({"premiumAccessAddon": True}, "This plan does not allow you to buy the premium access addon."),
        ({"useSecretsManager": True}, "You do not have any Secrets Manager seats!"),
        (
            {"useSecretsManager": True, "additionalSmSeats": 6},
            "You cannot have more Secrets Manager seats than Password Manager seats.",
        ),
    ],
)
def test_what_a_bigger_plan_does_not_sell(owner: Person, wanted: dict[str, Any], text: str) -> None:
    organization = new_organization(owner, plan_type=TEAMS_MONTHLY, additionalSeats=5)["id"]
    assert refusal(upgrade(owner, organization, **{"additionalSeats": 5, **wanted})) == text
    assert owner.api.get(f"/api/organizations/{organization}").json()["planType"] == TEAMS_MONTHLY


def test_numbers_out_of_range(owner: Person) -> None:
    organization = new_organization(owner, plan_type=TEAMS_MONTHLY, additionalSeats=5)["id"]
    told = upgrade(owner, organization, additionalSmSeats=-1, additionalStorageGb=100).json()["validationErrors"]
    assert told == {
        "AdditionalSmSeats": ["The field AdditionalSmSeats must be between 0 and 2147483647."],
        "AdditionalStorageGb": ["The field AdditionalStorageGb must be between 0 and 99."],
    }


def become(person: Person, tier: str, **more: Any) -> Any:
    body = {
        "organizationName": "Home",
        "key": WRAPPED_KEY,
        "publicKey": "cHVi",
        "encryptedPrivateKey": "2.AAAA|AAAA|AAAA",
        "targetProductTierType": tier,
        "billingAddress": ADDRESS,
    }
    return person.api.post(f"{OWN}/upgrade", json=body | more)


def buy_premium(person: Person) -> None:
    card = {"type": "card", "token": "pm_card_visa"}
    wanted = {"additionalStorageGb": 2, "tokenizedPaymentMethod": card, "billingAddress": ADDRESS}
    ok(person.api.post(f"{OWN}/subscription", json=wanted))


def test_premium_becomes_an_organization_in_the_middle_of_its_year(cloud: Side, owner: Person) -> None:
    buy_premium(owner)
    cloud.clock.advance(timedelta(days=146))  # two fifths of the year
    owner.log_in()
    told = ok(owner.api.post(PREVIEW, json={"targetProductTierType": "Teams", "billingAddress": ADDRESS})).json()
    assert told == {
        "newPlanProratedAmount": 28.8,
        "credit": 10.8,
        "tax": 0,
        "total": 18.0,
        "newPlanProratedMonths": 7,
    }
    made = ok(become(owner, "Teams", collectionName="2.AAAA|AAAA|AAAA")).json()
    shown = ok(owner.api.get(f"/api/organizations/{made}/subscription")).json()
    assert (shown["seats"], shown["planType"], shown["billingEmail"]) == (1, 18, owner.email)
    assert shown["subscription"]["periodEndDate"] == iso(START.replace(year=START.year + 1))
    profile = owner.api.get("/api/accounts/profile").json()
    assert (profile["premium"], profile["organizations"][0]["id"]) == (False, made)
    invoices = owner.api.get(f"/api/organizations/{made}/billing/invoices").json()
    assert [each["amount"] for each in invoices] == [18.0, 18.0]
    assert owner.api.get("/api/accounts/billing/invoices").json() == []
    assert owner.api.get(f"/api/organizations/{made}/billing/vnext/payment-method").json()["last4"] == "4242"
    assert owner.api.get(f"/api/organizations/{made}/billing/vnext/address").json()["country"] == "DE"
    assert len(owner.api.get(f"/api/organizations/{made}/collections").json()["data"]) == 1
    assert refusal(become(owner, "Teams")) == "User does not have an active Premium subscription."


def test_premium_becomes_a_families_organization_with_all_its_seats(owner: Person) -> None:
    buy_premium(owner)
    made = ok(become(owner, "families")).json()
    assert ok(owner.api.get(f"/api/organizations/{made}")).json()["seats"] == 6


def test_what_cannot_become_an_organization(cloud: Side, owner: Person) -> None:
    text = "User does not have an active Premium subscription."
    assert refusal(become(owner, "Teams")) == text
    preview = {"targetProductTierType": "Teams", "billingAddress": ADDRESS}
    assert refusal(owner.api.post(PREVIEW, json=preview)) == text
    ok(cloud.client.post(f"/_sim/users/{owner.email}/premium"))
    assert refusal(become(owner, "Teams")) == (
        "No payment method found for the user. Please add a payment method to upgrade to Organization plan."
    )
    assert owner.api.get("/api/accounts/profile").json()["organizations"] == []
    for tier in ("Free", "TeamsStarter"):
        assert become(owner, tier).status_code == 500
    missing = owner.api.post(f"{OWN}/upgrade", json={}).json()
    assert missing["message"] == "The model state is invalid."
