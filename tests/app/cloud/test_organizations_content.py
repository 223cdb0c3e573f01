"""Collections, groups, policies and single sign-on: what the checks of a smaller licence look at."""

import uuid
from typing import Any

import pytest

from common.domains.organizations import service
from common.server.app import context
from tests.support.harness import ENC_STRING, Person, Side
from tests.support.scenarios import new_organization

TEAMS = 18
KEY_CONNECTOR = 1


@pytest.fixture
def owner(cloud: Side) -> Person:
    return cloud.sign_up("olivia@acme.example")


@pytest.fixture
def path(owner: Person) -> str:
    return f"/api/organizations/{new_organization(owner)['id']}"


def data(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["data"]
    return rows


def test_collection_is_made_and_deleted(owner: Person, path: str) -> None:
    made = owner.api.post(f"{path}/collections", json={"name": ENC_STRING, "externalId": "x-1"}).json()
    assert made.items() >= {"name": ENC_STRING, "externalId": "x-1", "object": "collection"}.items()
    assert len(data(owner.api.get(f"{path}/collections"))) == 2
    assert owner.api.delete(f"{path}/collections/{made['id']}").status_code == 200
    assert owner.api.delete(f"{path}/collections/{made['id']}").status_code == 404
    assert len(data(owner.api.get(f"{path}/collections"))) == 1


def test_free_organization_holds_two_collections(owner: Person) -> None:
    path = f"/api/organizations/{new_organization(owner, 'Small', 0, additionalSeats=0)['id']}"
    assert owner.api.post(f"{path}/collections", json={"name": ENC_STRING}).status_code == 200
    full = owner.api.post(f"{path}/collections", json={"name": ENC_STRING})
    expected = "You have reached the maximum number of collections (2) for this organization."
    assert (full.status_code, full.json()["message"]) == (400, expected)


def test_name_of_a_collection_is_encrypted(owner: Person, path: str) -> None:
    answer = owner.api.post(f"{path}/collections", json={"name": "plain"})
    assert answer.json()["validationErrors"] == {"Name": ["Name is not a valid encrypted string."]}


def test_group_is_made_and_deleted(owner: Person, path: str) -> None:
    made = owner.api.post(f"{path}/groups", json={"name": "Ops"}).json()
    assert made.items() >= {"name": "Ops", "object": "group"}.items()
    assert [group["id"] for group in data(owner.api.get(f"{path}/groups"))] == [made["id"]]
    assert owner.api.post(f"{path}/groups/{made['id']}/delete").status_code == 200
    assert owner.api.delete(f"{path}/groups/{uuid.uuid4()}").status_code == 404


def test_plan_without_groups_and_policies_refuses_them(owner: Person) -> None:
    families = f"/api/organizations/{new_organization(owner, 'Home', 22, additionalSeats=0)['id']}"
    groups = owner.api.post(f"{families}/groups", json={"name": "Kids"})
    assert groups.json()["message"] == "This organization cannot use groups."
    policies = owner.api.put(f"{families}/policies/13", json={"policy": {"enabled": True}})
    assert policies.json()["message"] == "This organization cannot use policies."


def switch_on(owner: Person, path: str, *policies: int) -> None:
    for each in policies:
        assert owner.api.put(f"{path}/policies/{each}", json={"policy": {"enabled": True}}).status_code == 200


def test_policy_is_off_until_it_is_set(owner: Person, path: str) -> None:
    before = owner.api.get(f"{path}/policies/13").json()
    assert before.items() >= {"type": 13, "enabled": False, "data": {}, "object": "policy"}.items()
    saved = owner.api.put(f"{path}/policies/13", json={"policy": {"enabled": True, "data": {"a": 1}}}).json()
    assert saved.items() >= {"type": 13, "enabled": True, "data": {"a": 1}, "object": "policy"}.items()
    everything = data(owner.api.get(f"{path}/policies"))
    assert {row["type"] for row in everything if row["enabled"]} == {13}
    assert owner.api.get(f"{path}/policies/13").json()["data"] == {"a": 1}


def test_older_clients_send_the_policy_without_its_wrapping_and_are_refused(owner: Person, path: str) -> None:
    refused = owner.api.put(f"{path}/policies/3", json={"enabled": True, "data": None})
    assert refused.json()["validationErrors"] == {"Policy": ["The Policy field is required."]}
    assert owner.api.get(f"{path}/policies/3").json()["enabled"] is False


@pytest.mark.parametrize("odd", [{}, {"policy": None}, {"policy": {"enabled": "maybe"}}, [], {"enabled": None}])
def test_odd_policy_is_refused(owner: Person, path: str, odd: Any) -> None:
    assert owner.api.put(f"{path}/policies/3", json=odd).status_code == 400


def test_unknown_policy_number_is_not_found(owner: Person, path: str) -> None:
    assert owner.api.put(f"{path}/policies/99", json={"policy": {"enabled": True}}).status_code == 400


def test_who_joins_may_be_enrolled_in_account_recovery(cloud: Side, owner: Person, path: str) -> None:
    organization = path.rsplit("/", 1)[1]
    sso = {"enabled": False, "identifier": "acme", "data": {"memberDecryptionType": 0}}
    assert owner.api.post(f"{path}/sso", json=sso).status_code == 200
    status = "/api/organizations/acme/auto-enroll-status"
    off = {"id": organization, "resetPasswordEnabled": False, "object": "organizationAutoEnrollStatus"}
    assert owner.api.get(status).json() == off
    switch_on(owner, path, 3)
    wanted = {"policy": {"enabled": True, "data": {"autoEnrollEnabled": True}}}
    assert owner.api.put(f"{path}/policies/8", json=wanted).status_code == 200
    assert owner.api.get(status).json() == off | {"resetPasswordEnabled": True}
    stranger = cloud.sign_up("stranger@acme.example")
    assert (stranger.api.get(status).status_code, cloud.client.get(status).status_code) == (404, 401)
    assert owner.api.get("/api/organizations/other/auto-enroll-status").json()["message"] == "Resource not found."


def test_single_sign_on_is_saved(owner: Person, path: str) -> None:
    assert owner.api.get(f"{path}/sso").json().items() >= {"enabled": False, "data": None}.items()
    body = {"enabled": True, "identifier": "acme", "data": {"configType": 1, "memberDecryptionType": 0}}
    saved = owner.api.post(f"{path}/sso", json=body).json()
    assert saved.items() >= {"enabled": True, "identifier": "acme", "object": "organizationSso"}.items()
    profile = owner.api.get("/api/accounts/profile").json()["organizations"][0]
    assert (profile["ssoEnabled"], profile["identifier"]) == (True, "acme")


def test_key_connector_is_switched_on_by_staff_first(owner: Person, path: str, cloud: Side) -> None:
    body = {"enabled": True, "data": {"memberDecryptionType": KEY_CONNECTOR}}
    refused = owner.api.post(f"{path}/sso", json=body)
    assert refused.json()["message"] == "Organization cannot use Key Connector."
    organization = path.rsplit("/", 1)[1]
    cloud.client.post(f"/_sim/organizations/{organization}", json={"useKeyConnector": True})
    needs = "Key Connector requires the {} policy to be enabled."
    assert owner.api.post(f"{path}/sso", json=body).json()["message"] == needs.format("Single Organization")
    switch_on(owner, path, 3)
    assert owner.api.post(f"{path}/sso", json=body).json()["message"] == needs.format("Single Sign-On Authentication")
    switch_on(owner, path, 4)
    disabled = owner.api.post(f"{path}/sso", json=body | {"enabled": False})
    assert disabled.json()["message"] == "You must enable SSO to use Key Connector."
    assert owner.api.post(f"{path}/sso", json=body).status_code == 200
    secret = {"masterPasswordHash": owner.password_hash}
    deletion = owner.api.delete(path, json=secret)
    assert deletion.json()["message"] == "You cannot delete an organization vault that is using Key Connector."


def test_usage_counts_what_a_licence_looks_at(owner: Person, path: str, cloud: Side) -> None:
    owner.api.post(f"{path}/collections", json={"name": ENC_STRING})
    owner.api.post(f"{path}/groups", json={"name": "Ops"})
    switch_on(owner, path, 3, 8)
    owner.api.put(f"{path}/policies/2", json={"policy": {"enabled": False}})
    owner.api.post(f"{path}/sso", json={"enabled": True, "data": {"memberDecryptionType": 0}})
    invite = {"emails": ["c@acme.example"], "type": 4, "permissions": {"manageSso": True}}
    assert owner.api.post(f"{path}/users/invite", json=invite).status_code == 200
    with cloud.app.test_request_context():
        usage = service.usage(context(), uuid.UUID(path.rsplit("/", 1)[1]))
    assert (usage.seats.total, usage.collections, usage.groups, usage.enabled_policies) == (2, 2, 1, 2)
    assert (usage.sso_enabled, usage.key_connector, usage.custom_members) == (True, False, 1)
    assert usage.reset_password_policy


def test_plain_member_sees_only_own_collections(owner: Person, path: str, cloud: Side) -> None:
    bob = cloud.sign_up("bob@acme.example")
    owner.api.post(f"{path}/users/invite", json={"emails": [bob.email], "type": 2})
    text = cloud.mails[-1].text
    token = text.split("&token=")[1].split("&")[0]
    member = next(row["id"] for row in data(owner.api.get(f"{path}/users")) if row["email"] == bob.email)
    assert bob.api.post(f"{path}/users/{member}/accept", json={"token": token}).status_code == 200
    assert owner.api.post(f"{path}/users/{member}/confirm", json={"key": "4.x"}).status_code == 200
    assert data(bob.api.get(f"{path}/collections")) == []
    mine = bob.api.post(f"{path}/collections", json={"name": ENC_STRING, "users": [{"id": member, "manage": True}]})
    assert mine.status_code == 200
    assert [row["id"] for row in data(bob.api.get(f"{path}/collections"))] == [mine.json()["id"]]
    assert data(bob.api.get(f"{path}/groups")) == []
    assert bob.api.post(f"{path}/groups", json={"name": "Staff"}).status_code == 403
    theirs = next(row["id"] for row in data(owner.api.get(f"{path}/collections")) if row["id"] != mine.json()["id"])
    assert bob.api.delete(f"{path}/collections/{theirs}").status_code == 404
    assert bob.api.delete(f"{path}/collections/{mine.json()['id']}").status_code == 200
