"""The billing sync token: who gets it, behind which secret, and what a wrong one leaves behind."""

import json
import re
from typing import Any

import pytest

from common.quirks import Quirk
from tests.support.harness import Person, Side, Workshop
from tests.support.scenarios import new_organization

BILLING_SYNC, SCIM = 1, 2
TRIAL = "Billing sync is not available during the free trial."


@pytest.fixture
def owner(cloud: Side) -> Person:
    return cloud.sign_up("olivia@acme.example")


@pytest.fixture
def path(owner: Person) -> str:
    return f"/api/organizations/{new_organization(owner)['id']}"


def secret(person: Person, key_type: int = BILLING_SYNC, **more: Any) -> dict[str, Any]:
    return {"type": key_type, "masterPasswordHash": person.password_hash} | more


def key_types(person: Person, path: str) -> list[int]:
    rows = person.api.get(f"{path}/api-key-information").json()["data"]
    return [row["keyType"] for row in rows]


def test_token_is_made_once_and_shown_again(owner: Person, path: str) -> None:
    first = owner.api.post(f"{path}/api-key", json=secret(owner))
    assert first.status_code == 200
    assert first.json()["object"] == "apiKey"
    assert re.fullmatch(r"[A-Za-z0-9]{30}", first.json()["apiKey"])
    assert owner.api.post(f"{path}/api-key", json=secret(owner)).json() == first.json()


def test_information_tells_of_the_key_without_showing_it(owner: Person, path: str) -> None:
    assert key_types(owner, path) == [0]
    key = owner.api.post(f"{path}/api-key", json=secret(owner)).json()
    answer = owner.api.get(f"{path}/api-key-information/1").json()
    expected = {"keyType": 1, "revisionDate": key["revisionDate"], "object": "keyInformation"}
    assert answer == {"data": [expected], "continuationToken": None, "object": "list"}
    assert owner.api.get(f"{path}/api-key-information/2").json()["data"] == []


def test_rotation_replaces_the_token(owner: Person, path: str) -> None:
    old = owner.api.post(f"{path}/api-key", json=secret(owner)).json()
    new = owner.api.post(f"{path}/rotate-api-key", json=secret(owner)).json()
    assert new["apiKey"] != old["apiKey"]
    assert owner.api.post(f"{path}/api-key", json=secret(owner)).json() == new
    assert key_types(owner, path) == [0, 1]


@pytest.mark.parametrize("route", ["api-key", "rotate-api-key"])
def test_wrong_password_makes_no_key(owner: Person, path: str, route: str) -> None:
    answer = owner.api.post(f"{path}/{route}", json=secret(owner, masterPasswordHash="wrong"))
    assert answer.status_code == 400
    assert answer.json()["message"] == "The model state is invalid."
    assert answer.json()["validationErrors"] == {"MasterPasswordHash": ["Invalid password."]}
    assert key_types(owner, path) == [0]


def test_quirk_makes_the_key_before_the_password_is_checked(workshop: Workshop) -> None:
    cloud = workshop.cloud(quirks=frozenset({Quirk.KEY_BEFORE_PASSWORD}))
    owner = cloud.sign_up("olivia@acme.example")
    path = f"/api/organizations/{new_organization(owner)['id']}"
    assert owner.api.post(f"{path}/api-key", json=secret(owner, masterPasswordHash="wrong")).status_code == 400
    assert key_types(owner, path) == [0, 1]


def test_mailed_code_stands_in_for_the_password(owner: Person, path: str, cloud: Side) -> None:
    assert owner.api.post("/api/accounts/request-otp").status_code == 200
    found = re.search(r"\b\d{6,8}\b", cloud.mails[-1].text)
    assert found is not None
    body = {"type": BILLING_SYNC, "otp": found.group()}
    assert owner.api.post(f"{path}/api-key", json=body).status_code == 200
    assert owner.api.post(f"{path}/api-key", json=body).status_code == 400


@pytest.mark.parametrize("empty", [{}, {"masterPasswordHash": ""}, {"otp": ""}, {"authRequestAccessCode": None}])
def test_some_secret_must_be_given(owner: Person, path: str, empty: dict[str, Any]) -> None:
    answer = owner.api.post(f"{path}/api-key", json={"type": 1} | empty)
    assert answer.json()["validationErrors"] == {"": ["MasterPasswordHash, OTP, or AccessCode must be supplied."]}


@pytest.mark.parametrize(("plan_type", "status"), [(0, 404), (22, 404), (18, 200), (17, 200), (19, 200), (20, 200)])
def test_only_teams_and_enterprise_have_one(owner: Person, plan_type: int, status: int) -> None:
    seats = 2 if plan_type in (17, 18, 19, 20) else 0
    path = f"/api/organizations/{new_organization(owner, 'Other', plan_type, additionalSeats=seats)['id']}"
    assert owner.api.post(f"{path}/api-key", json=secret(owner)).status_code == status
    assert owner.api.post(f"{path}/api-key", json=secret(owner, 0)).status_code == 200


def test_administrator_and_stranger_get_nothing(owner: Person, path: str, cloud: Side) -> None:
    stranger = cloud.sign_up("stranger@example.com")
    for method, route in (("POST", "api-key"), ("POST", "rotate-api-key"), ("GET", "api-key-information")):
        answer = stranger.api.request(method, f"{path}/{route}", json=secret(stranger))
        assert (answer.status_code, answer.json()["message"]) == (404, "Resource not found.")


def test_trial_organization_is_refused_until_it_pays(owner: Person, cloud: Side) -> None:
    organization = new_organization(owner, skipTrial=False)["id"]
    path = f"/api/organizations/{organization}"
    for route in ("api-key", "rotate-api-key"):
        answer = owner.api.post(f"{path}/{route}", json=secret(owner))
        assert (answer.status_code, answer.json()["message"]) == (400, TRIAL)
    assert key_types(owner, path) == [0]
    assert owner.api.post(f"{path}/api-key", json=secret(owner, 0)).status_code == 200
    cloud.client.post(f"/_sim/organizations/{organization}/subscription/trial-end")
    assert owner.api.post(f"{path}/api-key", json=secret(owner)).status_code == 200


def test_quirk_lets_a_trial_organization_have_one(workshop: Workshop) -> None:
    cloud = workshop.cloud(quirks=frozenset({Quirk.TRIAL_BILLING_SYNC}))
    owner = cloud.sign_up("olivia@acme.example")
    path = f"/api/organizations/{new_organization(owner, skipTrial=False)['id']}"
    assert owner.api.post(f"{path}/api-key", json=secret(owner)).status_code == 200


@pytest.mark.parametrize("odd", [7, -1, 2**31 - 1])
def test_unknown_purpose_is_refused(owner: Person, path: str, odd: int) -> None:
    answer = owner.api.post(f"{path}/api-key", json=secret(owner, odd))
    assert answer.json()["validationErrors"] == {"Type": ["The field Type is invalid."]}


@pytest.mark.parametrize("odd", [[], None, "x", {"type": "1"}, {"type": None}, {"type": 1.5}])
def test_odd_body_is_never_our_fault(owner: Person, path: str, odd: Any) -> None:
    owner.api.headers["Content-Type"] = "application/json"
    assert owner.api.post(f"{path}/api-key", data=json.dumps(odd)).status_code == 400
