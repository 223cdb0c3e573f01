"""Pages of the Admin Console and of the account whose lists are always empty here."""

from typing import Any
from uuid import uuid4

import pytest

from tests.support.club import USER, Club, ok
from tests.support.harness import Person, Side
from tests.support.scenarios import new_organization


@pytest.fixture
def club(cloud: Side) -> Club:
    owner = cloud.sign_up("olivia@acme.example")
    return Club(cloud, owner, new_organization(owner)["id"])


@pytest.fixture
def bob(cloud: Side) -> Person:
    return cloud.sign_up("bob@acme.example", "Bob")


EMPTY: dict[str, Any] = {"data": [], "continuationToken": None, "object": "list"}


@pytest.mark.parametrize(("path", "refused"), [("domain", 401), ("auth-requests", 401), ("two-factor", 404)])
def test_nothing_is_there_for_who_may_look(club: Club, bob: Person, path: str, refused: int) -> None:
    url = f"/api/organizations/{club.id}/{path}"
    assert ok(club.owner.api.get(url)).json() == EMPTY
    club.join(bob, type=USER)
    assert bob.api.get(url).status_code == refused
    assert bob.api.get(url).json()["object"] == "error"
    assert club.owner.api.get(f"/api/organizations/{uuid4()}/{path}").status_code == refused


def test_what_is_not_simulated_says_so(side: Side) -> None:
    person = side.sign_up("alice@example.com")
    invited = person.api.post("/api/emergency-access/invite", json={"email": "a@b.cc", "type": 0, "waitTimeDays": 7})
    assert (invited.status_code, invited.json()["message"]) == (400, "Emergency access is not simulated.")
    device = side.client.post("/api/auth-requests", json={"email": person.email})
    assert (device.status_code, device.json()["message"]) == (400, "Login with device is not simulated.")


def test_no_domain_can_be_claimed(club: Club, bob: Person) -> None:
    url, body = f"/api/organizations/{club.id}/domain", {"domainName": "acme.example"}
    claimed = club.owner.api.post(url, json=body)
    assert (claimed.status_code, claimed.json()["message"]) == (400, "Claiming domains is not simulated.")
    assert bob.api.post(url, json=body).status_code == 401
