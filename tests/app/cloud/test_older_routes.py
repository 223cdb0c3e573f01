"""What web vaults of 2024 to 2026.4 ask for, although the reference no longer has it."""

import re
from typing import Any
from urllib.parse import unquote_plus

import pytest

from common.quirks import Quirk
from tests.support.harness import ENC_STRING, PUBLIC_KEY, Person, Side, Workshop
from tests.support.scenarios import new_organization

ADDRESS = {"country": "DE", "postalCode": "10115", "line1": "Weg 1", "line2": None, "city": "Berlin", "state": None}
GONE = (
    ("GET", "/api/organizations/{id}/billing/metadata"),
    ("GET", "/api/organizations/{id}/tax"),
    ("GET", "/api/accounts/tax"),
    ("GET", "/api/plans/sales-tax-rates"),
    ("GET", "/api/accounts/billing/payment-method"),
    ("POST", "/api/accounts/premium"),
    ("POST", "/api/accounts/reinstate-premium"),
    ("POST", "/api/setup-payment"),
    ("POST", "/identity/accounts/register"),
    ("PUT", "/api/two-factor/disable"),
)


OLDER = {"Bitwarden-Client-Version": "2024.8.3"}


def older(person: Person, version: str = "2024.8.3") -> Person:
    """At a web vault of an earlier release."""
    person.api.headers["Bitwarden-Client-Version"] = version
    return person


@pytest.fixture
def owner(cloud: Side) -> Person:
    return older(cloud.sign_up("olivia@acme.example"))


def ok(answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    return answer


def test_the_pages_of_an_organization_begin_with_its_metadata(cloud: Side, owner: Person) -> None:
    path = f"/api/organizations/{new_organization(owner)['id']}/billing/metadata"
    told = ok(owner.api.get(path)).json()
    assert list(told) == [
        "isEligibleForSelfHost",
        "isManaged",
        "isOnSecretsManagerStandalone",
        "isSubscriptionUnpaid",
        "hasSubscription",
        "hasOpenInvoice",
        "isSubscriptionCanceled",
        "invoiceDueDate",
        "invoiceCreatedDate",
        "subPeriodEndDate",
        "organizationOccupiedSeats",
    ]
    assert (told["isEligibleForSelfHost"], told["hasSubscription"], told["organizationOccupiedSeats"]) == (
        True,
        True,
        1,
    )
    stranger = older(cloud.sign_up("mallory@evil.example"))
    refused = stranger.api.get(path)
    assert (refused.status_code, refused.json()["message"]) == (401, "Unauthorized.")


def test_an_older_vault_pays_with_what_newer_ones_are_told(owner: Person) -> None:
    base = f"/api/organizations/{new_organization(owner)['id']}"
    assert set(ok(owner.api.get(f"{base}/tax")).json().values()) == {None}
    sent = {**ADDRESS, "taxId": "DE123456789", "paymentMethodType": 0, "paymentToken": "pm_card_mastercard"}
    ok(owner.api.post(f"{base}/payment", json=sent))
    assert owner.api.get(f"{base}/billing/vnext/payment-method").json()["brand"] == "mastercard"
    told = owner.api.get(f"{base}/tax").json()
    assert told == {"taxIdNumber": "DE123456789", "taxIdType": "", **ADDRESS}
    source = owner.api.get(f"{base}/billing").json()["paymentSource"]
    assert source == {
        "type": 0,
        "cardBrand": "mastercard",
        "description": "MASTERCARD, *4444, 12/2034",
        "needsVerification": False,
    }
    ok(owner.api.put(f"{base}/tax", json={"country": "FR", "postalCode": "75001"}))
    assert owner.api.get(f"{base}/tax").json()["city"] is None
    declined = owner.api.post(f"{base}/payment", json=sent | {"paymentToken": "pm_card_chargeDeclined"})
    assert declined.status_code == 500


def test_an_older_vault_buys_premium_and_sees_its_subscription(owner: Person) -> None:
    form = {"paymentMethodType": "0", "paymentToken": "pm_card_visa", "additionalStorageGb": "2", "country": "DE"}
    without = {name: value for name, value in form.items() if name != "country"}
    refused = owner.api.post("/api/accounts/premium", files={name: (None, text) for name, text in without.items()})
    assert (refused.status_code, refused.json()["message"]) == (400, "Country is required.")
    ok(owner.api.post("/api/accounts/premium", files={name: (None, text) for name, text in form.items()}))
    assert owner.api.get("/api/accounts/profile").json()["premium"] is True
    told = ok(owner.api.get("/api/accounts/subscription")).json()
    download = owner.api.get("/api/account/billing/vnext/license").json()
    assert told["license"].keys() == download.keys()
    assert (told["license"]["licenseKey"], told["expiration"]) == (download["licenseKey"], download["expires"])
    assert (told["subscription"]["status"], told["object"]) == ("active", "subscription")
    before = told["maxStorageGb"]
    ok(owner.api.post("/api/accounts/storage", json={"storageGbAdjustment": 3}))
    assert owner.api.get("/api/accounts/subscription").json()["maxStorageGb"] == before + 3
    assert owner.api.get("/api/accounts/billing/payment-method").json()["paymentSource"]["type"] == 0
    ok(owner.api.post("/api/accounts/cancel", json={}))
    ok(owner.api.post("/api/accounts/reinstate-premium"))
    assert owner.api.get("/api/accounts/subscription").json()["subscription"]["cancelAtEndDate"] is False


def test_whoever_was_invited_registers_in_one_step(cloud: Side, owner: Person) -> None:
    acme = new_organization(owner)["id"]
    ok(owner.api.post(f"/api/organizations/{acme}/users/invite", json={"emails": ["mia@acme.example"], "type": 2}))
    link = next(mail.text for mail in reversed(cloud.mails) if mail.to == "mia@acme.example")
    found = re.findall(r"[?&](token|organizationUserId)=([^&\s]+)", link)
    asked = {name: unquote_plus(value) for name, value in found}
    sent = {
        "email": "mia@acme.example",
        "name": "Mia",
        "masterPasswordHash": "aGFzaA==",
        "key": ENC_STRING,
        "keys": {"publicKey": PUBLIC_KEY, "encryptedPrivateKey": ENC_STRING},
        "kdf": 0,
        "kdfIterations": 600_000,
        **asked,
    }
    register = cloud.new_client().post
    other = register("/identity/accounts/register", headers=OLDER, json=sent | {"email": "eve@acme.example"})
    assert (other.status_code, other.json()["message"]) == (400, "Organization invite token is invalid.")
    made = ok(register("/identity/accounts/register", headers=OLDER, json=sent)).json()
    assert made == {"captchaBypassToken": "", "object": "register"}
    mia = Person(cloud, "mia@acme.example", "aGFzaA==")
    mia.log_in()
    told = mia.api.get("/api/accounts/profile").json()
    assert (told["name"], told["emailVerified"]) == ("Mia", True)


KEPT = ("/api/setup-payment", "/api/two-factor/disable")


def all_gone(owner: Person) -> bool:
    acme = str(new_organization(owner)["id"])
    found = []
    for method, path in GONE:
        body: Any = {} if method in ("POST", "PUT") else None
        answer = owner.api.request(method, path.replace("{id}", acme), json=body)
        if (answer.status_code, answer.content) != (404, b""):
            found.append(path)
    refused = owner.api.get("/api/accounts/subscription")
    assert (refused.status_code, refused.json()["message"]) == (400, "Only allowed when self hosted.")
    return [each for each in found if each not in KEPT] == []


@pytest.mark.parametrize("version", ["", "2026.5.0", "2026.9.0", "newest"])
def test_nobody_else_is_answered(cloud: Side, version: str) -> None:
    assert all_gone(older(cloud.sign_up("olivia@acme.example"), version))


def test_with_the_quirk_they_are_gone_as_upstream(workshop: Workshop) -> None:
    side = workshop.cloud(quirks=frozenset({Quirk.GONE_ROUTES}))
    assert all_gone(older(side.sign_up("olivia@acme.example")))
    for path in KEPT:
        assert side.sign_up(f"{len(path)}@acme.example").api.request("POST", path, json={}).status_code == 404
