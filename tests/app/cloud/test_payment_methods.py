"""With what and from where somebody pays, trials that nobody pays after, and beginning anew.

fidelity.md: billing.payment-method.
"""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.harness import Person, Side
from tests.support.scenarios import new_organization

CARD = {"type": "card", "token": "pm_card_mastercard"}
MASKED = {"brand": "mastercard", "last4": "4444", "expiration": "12/2034", "type": "card"}
ADDRESS = {"country": "DE", "postalCode": "10115"}
FULL = {"line1": None, "line2": None, "city": None, "state": None, "taxId": None}


@pytest.fixture
def owner(cloud: Side) -> Person:
    return cloud.sign_up("owner@acme.example")


def billing(organization: Any) -> str:
    return f"/api/organizations/{organization['id']}/billing/vnext"


def assert_nothing(answer: Any) -> None:
    assert (answer.status_code, answer.content, answer.headers.get("Content-Type")) == (200, b"", None)


def test_a_payment_method_is_kept_masked(owner: Person) -> None:
    path = billing(new_organization(owner))
    for what in ("payment-method", "address"):
        assert_nothing(owner.api.get(f"{path}/{what}"))
    assert owner.api.get(f"{path}/credit").json() == 0
    assert_nothing(owner.api.get("/api/account/billing/vnext/credit"))
    free = new_organization(owner, "Free", plan_type=0, additionalSeats=0)["id"]
    assert_nothing(owner.api.get(f"/api/organizations/{free}/billing/vnext/credit"))
    assert owner.api.put(f"{path}/payment-method", json=CARD | {"billingAddress": ADDRESS}).json() == MASKED
    assert owner.api.get(f"{path}/payment-method").json() == MASKED
    assert owner.api.get(f"{path}/address").json() == FULL | ADDRESS
    tax = {"taxId": {"code": "eu_vat", "value": "DE123456789"}, "city": "Berlin"}
    assert owner.api.put(f"{path}/address", json=ADDRESS | tax).json() == FULL | ADDRESS | tax
    assert owner.api.put(f"{path}/payment-method", json=CARD | {"billingAddress": {"country": "FR", "postalCode": "1"}})
    assert owner.api.get(f"{path}/address").json()["country"] == "DE"
    bank = owner.api.put(f"{path}/payment-method", json={"type": "bankAccount", "token": "pm_usBankAccount"}).json()
    assert list(bank) == ["bankName", "last4", "hostedVerificationUrl", "type"]


def test_families_and_people_have_no_tax_id(owner: Person) -> None:
    path = billing(new_organization(owner, "Family", plan_type=22, additionalSeats=0))
    sent = ADDRESS | {"taxId": {"code": "eu_vat", "value": "DE123456789"}}
    assert owner.api.put(f"{path}/address", json=sent).json()["taxId"] is None
    assert owner.api.put("/api/account/billing/vnext/payment-method", json=CARD).json() == MASKED
    assert owner.api.get("/api/account/billing/vnext/payment-method").json() == MASKED


def test_what_does_not_fit(cloud: Side, owner: Person) -> None:
    path = billing(new_organization(owner))
    answer = owner.api.put(f"{path}/payment-method", json={"type": "gold", "token": "x"})
    text = "Payment method type must be one of: bankAccount, card, payPal"
    assert answer.json()["validationErrors"] == {"Type": [text]}
    declined = owner.api.put(f"{path}/payment-method", json={"type": "card", "token": "pm_card_chargeDeclined"})
    assert declined.status_code == 500
    assert_nothing(owner.api.get(f"{path}/payment-method"))
    address = owner.api.put(f"{path}/address", json={"country": "Germany", "postalCode": ""}).json()
    assert address["validationErrors"] == {
        "Country": ["Country code must be 2 characters long."],
        "PostalCode": ["The PostalCode field is required."],
    }
    member = cloud.sign_up("stranger@acme.example")
    for method, what in (("PUT", "payment-method"), ("PUT", "address"), ("POST", "subscription/restart")):
        refused = member.api.request(method, f"{path}/{what}", json={})
        assert (refused.status_code, refused.content) == (403, b"")


def test_a_trial_that_nobody_pays_after_is_warned_of(cloud: Side, owner: Person) -> None:
    body = {
        "name": "Trying",
        "billingEmail": owner.email,
        "planType": 20,
        "additionalSeats": 3,
        "key": "4.AAAA",
        "keys": {"publicKey": "AAAA", "encryptedPrivateKey": "AAAA"},
        "useSecretsManager": False,
        "skipTrial": True,  # a member that this route does not know
        "trialLength": 14,
    }
    made = owner.api.post("/api/organizations/create-without-payment", json=body).json()
    assert (made["object"], made["seats"]) == ("organization", 3)
    owner.log_in()
    path = billing(made)
    assert owner.api.get(f"{path}/warnings").json()["freeTrial"] == {"remainingTrialDays": 14}
    cloud.clock.advance(timedelta(minutes=30, days=3))
    owner.log_in()
    assert owner.api.get(f"{path}/warnings").json()["freeTrial"] == {"remainingTrialDays": 11}
    owner.api.put(f"{path}/payment-method", json=CARD)
    assert owner.api.get(f"{path}/warnings").json()["freeTrial"] is None


def test_a_card_at_the_creation_is_the_payment_method(owner: Person) -> None:
    paid: dict[str, Any] = {"paymentMethodType": 0, "paymentToken": "pm_card_visa"}
    place: dict[str, Any] = {"billingAddressCountry": "US", "billingAddressPostalCode": "94105"}
    path = billing(new_organization(owner, **paid, **place))
    assert owner.api.get(f"{path}/payment-method").json() == MASKED | {"brand": "visa", "last4": "4242"}
    assert owner.api.get(f"{path}/address").json() == FULL | {"country": "US", "postalCode": "94105"}


def test_a_cancelled_subscription_begins_anew(cloud: Side, owner: Person) -> None:
    made = new_organization(owner, useSecretsManager=True, additionalSmSeats=2)
    path, restart = billing(made), {"paymentMethod": CARD, "billingAddress": ADDRESS}
    refused = owner.api.post(f"{path}/subscription/restart", json=restart)
    text = "Cannot restart a subscription that is not canceled."
    assert (refused.status_code, refused.json()["message"]) == (400, text)
    assert_nothing(owner.api.get(f"{path}/payment-method"))
    cloud.client.post(f"/_sim/organizations/{made['id']}/subscription/cancel")
    assert owner.api.get(f"{path}/warnings").json()["inactiveSubscription"] == {"resolution": "resubscribe"}
    assert owner.api.post(f"{path}/subscription/restart", json=restart).json() == {}
    told = owner.api.get(f"/api/organizations/{made['id']}/subscription").json()
    assert (told["subscription"]["status"], told["seats"], told["smSeats"]) == ("active", 10, 2)
    assert {item["quantity"] for item in told["subscription"]["items"]} == {10, 2}
    assert owner.api.get(f"{path}/payment-method").json() == MASKED
    assert owner.api.get(f"{path}/warnings").json()["inactiveSubscription"] is None
