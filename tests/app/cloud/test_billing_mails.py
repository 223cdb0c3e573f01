"""Mails of renewals, of failed payments and of a registration for a trial. fidelity.md: billing.mails."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.harness import ENC_STRING, PUBLIC_KEY, Pair, Person, Side
from tests.support.scenarios import PREMIUM, new_organization


@pytest.fixture
def owner(cloud: Side) -> Person:
    return cloud.sign_up("owner@acme.example")


def cause(side: Side, organization: str, event: str) -> Any:
    return side.client.post(f"/_sim/organizations/{organization}/subscription/{event}")


def test_a_renewal_is_announced(cloud: Side, owner: Person) -> None:
    acme = new_organization(owner, billingEmail="billing@acme.example")["id"]
    assert cause(cloud, acme, "invoice-upcoming").status_code == 200
    mail = cloud.mails[-1]
    assert (mail.to, mail.subject, mail.category) == (
        "billing@acme.example",
        "Your Subscription Will Renew Soon",
        "InvoiceUpcoming",
    )
    assert "08/20/2027" in mail.text and "$720.00" in mail.text
    cause(cloud, acme, "cancel")
    before = len(cloud.mails)
    assert (cause(cloud, acme, "invoice-upcoming").status_code, len(cloud.mails)) == (400, before)
    owner.api.post("/api/account/billing/vnext/subscription", json=PREMIUM)
    cloud.client.post(f"/_sim/users/{owner.email}/premium/invoice-upcoming")
    assert (cloud.mails[-1].to, cloud.mails[-1].subject) == (owner.email, "Your Subscription Will Renew Soon")


@pytest.mark.parametrize(("kind", "mailed"), [("payPal", 1), ("card", 0)])
def test_a_failed_payment_is_mailed_to_whoever_pays_by_paypal(
    cloud: Side, owner: Person, kind: str, mailed: int
) -> None:
    acme = new_organization(owner)["id"]
    method = {"type": kind, "token": "token"}
    owner.api.put(f"/api/organizations/{acme}/billing/vnext/payment-method", json=method)
    before = len(cloud.mails)
    cause(cloud, acme, "past-due")
    assert [mail.subject for mail in cloud.mails[before:]] == ["Payment Failed"] * mailed


PATH = "/identity/accounts/trial/send-verification-email"
ASKED = {"email": "new@acme.example", "name": "New", "productTier": 3, "products": [0]}


def test_a_registration_that_begins_with_a_trial(workshop: Any) -> None:
    cloud = workshop.cloud(enable_email_verification=True)
    assert cloud.client.post(PATH, json=ASKED | {"trialLength": 14, "paymentOptional": True}).status_code == 204
    mail = cloud.mails[-1]
    url = next(word for word in mail.text.split() if word.startswith("http"))
    page, _, query = urlsplit(url).fragment.partition("?")
    told = {name: value for name, (value,) in parse_qs(query).items()}
    token = told.pop("token")
    assert (mail.subject, page, told) == (
        "Verify your email",
        "/trial-initiation",
        {
            "email": "new@acme.example",
            "fromEmail": "true",
            "productTier": "3",
            "product": "0",
            "trialLength": "14",
            "paymentOptional": "true",
        },
    )
    body = {
        "email": "new@acme.example",
        "emailVerificationToken": token,
        "masterPasswordHash": "a" * 44,
        "userSymmetricKey": ENC_STRING,
        "userAsymmetricKeys": {"publicKey": PUBLIC_KEY, "encryptedPrivateKey": ENC_STRING},
        "kdf": 0,
        "kdfIterations": 600_000,
    }
    assert cloud.client.post("/identity/accounts/register/finish", json=body).status_code == 200
    assert cloud.client.post(PATH, json=ASKED | {"products": [1]}).status_code == 204
    assert "/#/create-organization?" in cloud.mails[-1].text


def test_without_verification_the_token_is_the_answer(pair: Pair) -> None:
    assert isinstance(pair.cloud.client.post(PATH, json=ASKED).json(), str)
    nothing = pair.cloud.client.post(PATH, json=ASKED | {"trialLength": 0, "paymentOptional": True})
    text = "Payment cannot be optional when trial length is zero."
    assert (nothing.status_code, nothing.json()) == (400, {"message": text})
    taken = pair.cloud.client.post(PATH, json=ASKED | {"email": pair.cloud_owner.email})
    assert taken.json()["message"] == f"Email {pair.cloud_owner.email} is already taken"
    unfit = pair.cloud.client.post(PATH, json=ASKED | {"products": [], "trialLength": 31}).json()["validationErrors"]
    assert unfit == {
        "Products": ["The field Products must be a string or array type with a minimum length of '1'."],
        "TrialLength": ["The field TrialLength must be between 0 and 30."],
    }
    refused = pair.selfhost.client.post(PATH, json=ASKED)
    assert (refused.status_code, refused.json()["message"]) == (400, "Only allowed when not self hosted.")
