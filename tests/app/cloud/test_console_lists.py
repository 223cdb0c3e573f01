"""Pages of the Admin Console and of the account whose lists are always empty here, and the event log."""

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


@pytest.mark.parametrize(
    ("path", "refused"), [("domain", 401), ("auth-requests", 401), ("two-factor", 404), ("events", 404)]
)
def test_nothing_is_there_for_who_may_look(club: Club, bob: Person, path: str, refused: int) -> None:
    url = f"/api/organizations/{club.id}/{path}"
    assert ok(club.owner.api.get(url)).json() == EMPTY
    club.join(bob, type=USER)
    assert bob.api.get(url).status_code == refused
    assert bob.api.get(url).json()["object"] == "error"
    assert club.owner.api.get(f"/api/organizations/{uuid4()}/{path}").status_code == refused


def test_the_log_of_a_member_is_empty_and_a_strangers_unknown(club: Club, bob: Person) -> None:
    member = club.join(bob)
    url = f"/api/organizations/{club.id}/users"
    assert ok(club.owner.api.get(f"{url}/{member}/events")).json() == EMPTY
    other = new_organization(club.owner, "Other")["id"]
    assert club.owner.api.get(f"/api/organizations/{other}/users/{member}/events").status_code == 404
    assert club.owner.api.get(f"{url}/{uuid4()}/events").status_code == 404
    ok(club.invite("new@acme.example"))
    invited = club.member("new@acme.example")["id"]
    assert club.owner.api.get(f"{url}/{invited}/events").status_code == 404


def test_what_was_recorded_is_told_newest_first_and_within_dates(club: Club, rows: Any) -> None:
    from datetime import timedelta
    from uuid import UUID

    from cloud_sim.sponsorships.models import OrganizationEvent

    now, installation = club.side.clock.now(), uuid4()
    for age in (2, 1):
        date = now - timedelta(days=age)
        event = {"organization_id": UUID(club.id), "type": 1608, "installation_id": installation, "date": date}
        rows(club.side, OrganizationEvent(id=uuid4(), **event))
    url = f"/api/organizations/{club.id}/events"
    newest, oldest = ok(club.owner.api.get(url)).json()["data"]
    assert newest["date"] > oldest["date"]
    assert (newest["type"], newest["installationId"], newest["object"]) == (1608, str(installation), "event")
    first, last = oldest["date"], newest["date"]
    since = ok(club.owner.api.get(url, params={"start": last, "end": last})).json()["data"]
    until = ok(club.owner.api.get(url, params={"start": first, "end": first})).json()["data"]
    assert (since, until) == ([newest], [oldest])
    assert club.owner.api.get(f"{url}?start=yesterday").status_code == 400


def test_what_is_not_simulated_says_so(side: Side) -> None:
    person = side.sign_up("alice@example.com")
    invited = person.api.post("/api/emergency-access/invite", json={"email": "a@b.cc", "type": 0, "waitTimeDays": 7})
    assert (invited.status_code, invited.json()["message"]) == (400, "Emergency access is not simulated.")
    device = side.client.post("/api/auth-requests", json={"email": person.email})
    assert (device.status_code, device.json()["message"]) == (400, "Login with device is not simulated.")
    assert ok(person.api.get("/api/events")).json() == EMPTY


def test_no_domain_can_be_claimed(club: Club, bob: Person) -> None:
    url, body = f"/api/organizations/{club.id}/domain", {"domainName": "acme.example"}
    claimed = club.owner.api.post(url, json=body)
    assert (claimed.status_code, claimed.json()["message"]) == (400, "Claiming domains is not simulated.")
    assert bob.api.post(url, json=body).status_code == 401
