"""Shared organization routes where an instance differs from the cloud: seats, name, API keys."""

from typing import Any

import pytest

from tests.support.harness import Pair
from tests.support.scenarios import create_from_license, download_license, new_organization


@pytest.fixture
def path(pair: Pair) -> str:
    """An organization with three seats, made from its licence."""
    made = new_organization(pair.cloud_owner, additionalSeats=3)
    licence = download_license(pair.cloud_owner, made["id"], pair.installation["id"])
    return f"/api/organizations/{create_from_license(pair.owner, licence)['id']}"


def invite(pair: Pair, path: str, *emails: str) -> Any:
    return pair.owner.api.post(f"{path}/users/invite", json={"emails": list(emails), "type": 2})


def test_seats_are_those_of_the_licence(pair: Pair, path: str) -> None:
    assert invite(pair, path, "a@acme.example", "b@acme.example").status_code == 200
    full = invite(pair, path, "c@acme.example")
    assert (full.status_code, full.json()["message"]) == (400, "Cannot autoscale on self-hosted instance.")
    rows = pair.owner.api.get(f"{path}/users").json()["data"]
    revoked = next(row["id"] for row in rows if row["email"] == "a@acme.example")
    assert pair.owner.api.put(f"{path}/users/{revoked}/revoke").status_code == 200
    assert invite(pair, path, "c@acme.example").status_code == 200
    again = pair.owner.api.put(f"{path}/users/{revoked}/restore")
    assert (again.status_code, again.json()["message"]) == (400, "Cannot autoscale on self-hosted instance.")


def test_name_and_address_come_from_the_licence(pair: Pair, path: str) -> None:
    before = pair.owner.api.get(path).json()
    change = {"name": "Else", "billingEmail": "else@acme.example"}
    after = pair.owner.api.put(path, json=change).json()
    assert (after["name"], after["billingEmail"]) == (before["name"], before["billingEmail"])
    plan = before["plan"]
    assert (plan["type"], plan["productTier"], plan["name"]) == (20, 3, "Enterprise (Annually)")
    assert (plan["hasSso"], plan["passwordManager"]) == (False, None)


def test_keys_are_filled_when_they_are_missing(pair: Pair, path: str) -> None:
    assert pair.owner.api.get(path).json()["hasPublicAndPrivateKeys"] is False
    keys = {"publicKey": "pub", "encryptedPrivateKey": "2.priv"}
    answer = pair.owner.api.post(f"{path}/keys", json=keys)
    assert answer.json() == {"publicKey": "pub", "privateKey": "2.priv", "object": "organizationKeys"}
    assert pair.owner.api.get(path).json()["hasPublicAndPrivateKeys"] is True


def test_instance_has_api_keys_of_its_own(pair: Pair, path: str) -> None:
    body = {"type": 1, "masterPasswordHash": pair.owner.password_hash}
    key = pair.owner.api.post(f"{path}/api-key", json=body).json()
    assert len(key["apiKey"]) == 30
    rows = pair.owner.api.get(f"{path}/api-key-information").json()["data"]
    assert [row["keyType"] for row in rows] == [0, 1]


def test_instance_charges_nobody(pair: Pair, path: str) -> None:
    refused = pair.owner.api.get("/api/accounts/billing/history")
    assert (refused.status_code, refused.json()["message"]) == (400, "Only allowed when not self hosted.")
    lists = [f"{prefix}/billing/{name}" for prefix in ("/api/accounts", path) for name in ("invoices", "transactions")]
    assert [pair.owner.api.get(each).json() for each in lists] == [[]] * 4
    assert pair.owner.api.get(f"{path}/billing/history").json() == {"invoices": [], "transactions": []}
    stranger = pair.selfhost.sign_up("stranger@acme.example")
    assert stranger.api.get(f"{path}/billing/history").json()["message"] == "Unauthorized."
    bare = stranger.api.get(f"{path}/billing/invoices")
    assert (bare.status_code, bare.text) == (401, "")


@pytest.mark.parametrize(("method", "suffix"), [("DELETE", ""), ("POST", "/delete")])
def test_owner_deletes_an_organization_with_its_licence(pair: Pair, path: str, method: str, suffix: str) -> None:
    """Upstream's routes know no side: OrganizationsController.cs (Delete, PostDelete)."""
    organization_id = path.rpartition("/")[2]
    file = pair.selfhost.state / "bwdata" / "core" / "licenses" / "organization" / f"{organization_id}.json"
    stranger = pair.selfhost.sign_up("stranger@example.com")
    secret = {"masterPasswordHash": stranger.password_hash}
    assert stranger.api.request(method, path + suffix, json=secret).status_code == 404
    assert pair.owner.api.request(method, path + suffix, json=secret).status_code == 400
    assert file.is_file()
    mine = {"masterPasswordHash": pair.owner.password_hash}
    assert pair.owner.api.request(method, path + suffix, json=mine).status_code == 200
    assert pair.owner.api.get("/api/accounts/profile").json()["organizations"] == []
    assert not file.exists()
