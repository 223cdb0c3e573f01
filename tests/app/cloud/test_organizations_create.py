"""Creating, reading, changing and deleting organizations of the cloud."""

import json
from typing import Any

import pytest

from common.plans import PLANS
from tests.support.harness import ENC_STRING, PUBLIC_KEY, WRAPPED_KEY, Person, Side
from tests.support.scenarios import new_organization

NOT_FOUND = {"message": "Resource not found.", "object": "error"}
FREE, FAMILIES, TEAMS, ENTERPRISE, ENTERPRISE_MONTHLY = 0, 22, 18, 20, 19


@pytest.fixture
def owner(cloud: Side) -> Person:
    return cloud.sign_up("olivia@acme.example")


def body(**more: Any) -> dict[str, Any]:
    return {
        "name": "Acme",
        "billingEmail": "billing@acme.example",
        "planType": ENTERPRISE,
        "additionalSeats": 5,
        "key": WRAPPED_KEY,
        "keys": {"publicKey": PUBLIC_KEY, "encryptedPrivateKey": ENC_STRING},
        "collectionName": ENC_STRING,
    } | more


def errors_of(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 400, answer.text
    found: dict[str, list[str]] = answer.json()["validationErrors"]
    return found


def test_enterprise_organization_has_what_its_plan_gives(owner: Person) -> None:
    answer = owner.api.post("/api/organizations", json=body(name="Contoso & Söhne"))
    assert answer.status_code == 200
    made = answer.json()
    assert made["object"] == "organization"
    assert (made["name"], made["billingEmail"]) == ("Contoso & Söhne", "billing@acme.example")
    assert (made["planType"], made["plan"]["name"], made["plan"]["productTier"]) == (20, "Enterprise (Annually)", 3)
    assert (made["seats"], made["maxStorageGb"], made["maxCollections"]) == (5, 1, None)
    on = {name for name, value in made.items() if value is True}
    assert {"useSso", "usePolicies", "useGroups", "use2fa", "selfHost", "useRiskInsights", "usePasswordManager"} <= on
    assert {"useKeyConnector", "useSecretsManager", "useAdminSponsoredFamilies"}.isdisjoint(on)
    assert made["hasPublicAndPrivateKeys"] is True
    assert owner.api.get(f"/api/organizations/{made['id']}").json() == made


@pytest.mark.parametrize("plan", [plan for plan in PLANS.values() if not plan.disabled], ids=lambda plan: plan.name)
def test_every_plan_on_sale_can_be_bought(owner: Person, plan: Any) -> None:
    extra = 3 if plan.password_manager.sells_seats else 0
    made = owner.api.post("/api/organizations", json=body(planType=plan.type, additionalSeats=extra)).json()
    assert (made["plan"]["name"], made["seats"]) == (plan.name, plan.password_manager.base_seats + extra)
    assert made["selfHost"] is plan.allows("self_host")


def test_creator_is_the_confirmed_owner_with_the_first_collection(owner: Person) -> None:
    organization = new_organization(owner)["id"]
    members = owner.api.get(f"/api/organizations/{organization}/users?includeCollections=true").json()["data"]
    assert [(each["email"], each["type"], each["status"]) for each in members] == [(owner.email, 0, 2)]
    collections = owner.api.get(f"/api/organizations/{organization}/collections").json()["data"]
    assert [(each["name"], each["object"]) for each in collections] == [(ENC_STRING, "collection")]
    assert [each["manage"] for each in members[0]["collections"]] == [True]


def test_free_organization_has_no_subscription_and_one_is_enough(owner: Person) -> None:
    free = body(planType=FREE, additionalSeats=0)
    made = owner.api.post("/api/organizations", json=free).json()
    assert (made["seats"], made["maxCollections"]) == (2, 2)
    subscription = owner.api.get(f"/api/organizations/{made['id']}/subscription").json()
    assert (subscription["subscription"], subscription["expiration"]) == (None, None)
    again = owner.api.post("/api/organizations", json=free)
    assert again.status_code == 400
    assert again.json()["message"] == "You can only be an admin of 1 free organization vault."


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"planType": 5}, "Password Manager Plan not found."),
        ({"additionalSeats": 0}, "You do not have any Password Manager seats!"),
        ({"planType": FREE, "additionalSeats": 1}, "Plan does not allow additional users."),
        ({"planType": FREE, "additionalSeats": 0, "additionalStorageGb": 1}, "Plan does not allow additional storage."),
        ({"premiumAccessAddon": True}, "This plan does not allow you to buy the premium access addon."),
        ({"useSecretsManager": True}, "You do not have any Secrets Manager seats!"),
        (
            {"useSecretsManager": True, "additionalSmSeats": 6},
            "You cannot have more Secrets Manager seats than Password Manager seats.",
        ),
        (
            {"planType": FAMILIES, "additionalSeats": 0, "useSecretsManager": True},
            "Invalid Secrets Manager plan selected.",
        ),
    ],
)
def test_what_is_not_sold_is_refused(owner: Person, more: dict[str, Any], text: str) -> None:
    answer = owner.api.post("/api/organizations", json=body(**more))
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(text)


def test_a_declined_card(owner: Person) -> None:
    answer = owner.api.post("/api/organizations", json=body(paymentToken="pm_card_chargeDeclined"))
    told = answer.json()
    assert (answer.status_code, told["message"]) == (400, "Errors have occurred.")
    assert told["validationErrors"] == {"": ["Your card was declined."]}


@pytest.mark.parametrize(
    ("more", "errors"),
    [
        ({"name": None}, {"Name": ["The Name field is required."]}),
        ({"name": "x" * 51}, {"Name": ["The field Name exceeds the maximum length."]}),
        ({"billingEmail": "nobody"}, {"BillingEmail": ["The BillingEmail field is not a valid e-mail address."]}),
        ({"key": ""}, {"Key": ["The Key field is required."]}),
        ({"keys": None}, {"Keys": ["The Keys field is required."]}),
        ({"collectionName": "plain"}, {"CollectionName": ["CollectionName is not a valid encrypted string."]}),
    ],
)
def test_body_that_does_not_fit_is_described(owner: Person, more: dict[str, Any], errors: dict[str, list[str]]) -> None:
    assert errors_of(owner.api.post("/api/organizations", json=body(**more))) == errors


ODD: list[Any] = [
    [],
    "x",
    1,
    {"name": {}, "planType": "20"},
    {"name": 1, "keys": []},
    body(planType=2**40),
    body(additionalSeats=-1),
    body(keys={"publicKey": 1}),
    body(collectionName=ENC_STRING * 20),
    body(name="\u0000"),
    body(businessName="x" * 51),
    body(useSecretsManager=None),
]


@pytest.mark.parametrize("odd", ODD)
def test_odd_body_is_never_our_fault(owner: Person, odd: Any) -> None:
    owner.api.headers["Content-Type"] = "application/json"
    assert owner.api.post("/api/organizations", data=json.dumps(odd)).status_code in (200, 400)


@pytest.mark.parametrize("days", [-1, 31])
def test_a_trial_of_a_length_that_is_not_offered_is_told_the_range(owner: Person, days: int) -> None:
    told = owner.api.post("/api/organizations", json=body(trialLength=days)).json()["validationErrors"]
    assert told == {"TrialLength": ["The field TrialLength must be between 0 and 30."]}


def test_stranger_sees_nothing_of_an_organization(cloud: Side, owner: Person) -> None:
    organization = new_organization(owner)["id"]
    stranger = cloud.sign_up("stranger@example.com")
    for path in ("", "/subscription", "/users", "/collections", "/sso", "/api-key-information"):
        answer = stranger.api.get(f"/api/organizations/{organization}{path}")
        assert (answer.status_code, answer.json()["message"]) == (404, "Resource not found."), path
    assert cloud.client.get(f"/api/organizations/{organization}").status_code == 401
    unknown = owner.api.get("/api/organizations/00000000-0000-0000-0000-000000000000")
    assert unknown.json().items() >= NOT_FOUND.items()


def test_public_key_is_for_everybody_signed_in(cloud: Side, owner: Person) -> None:
    organization = new_organization(owner)["id"]
    stranger = cloud.sign_up("stranger@example.com")
    expected = {"publicKey": PUBLIC_KEY, "object": "organizationPublicKey"}
    assert stranger.api.get(f"/api/organizations/{organization}/public-key").json() == expected
    assert stranger.api.get(f"/api/organizations/{organization}/keys").json() == expected


def test_keys_are_set_once(owner: Person) -> None:
    organization = new_organization(owner)["id"]
    pair = {"publicKey": "other", "encryptedPrivateKey": ENC_STRING}
    answer = owner.api.post(f"/api/organizations/{organization}/keys", json=pair)
    assert (answer.status_code, answer.json()["message"]) == (400, "Organization Keys already exist.")


def test_owner_changes_name_and_billing_address(owner: Person) -> None:
    organization = new_organization(owner)["id"]
    change = {"name": "A & B", "billingEmail": " Billing@New.Example"}
    answer = owner.api.put(f"/api/organizations/{organization}", json=change)
    assert (answer.json()["name"], answer.json()["billingEmail"]) == ("A & B", "billing@new.example")
    profile = owner.api.get("/api/accounts/profile").json()
    assert [each["name"] for each in profile["organizations"]] == ["A & B"]


def test_deleting_needs_the_master_password(owner: Person) -> None:
    organization = new_organization(owner)["id"]
    wrong = owner.api.delete(f"/api/organizations/{organization}", json={"masterPasswordHash": "wrong"})
    assert errors_of(wrong) == {"": ["User verification failed."]}
    right = owner.api.delete(f"/api/organizations/{organization}", json={"masterPasswordHash": owner.password_hash})
    assert (right.status_code, right.content) == (200, b"")
    assert owner.api.get(f"/api/organizations/{organization}").status_code == 404
