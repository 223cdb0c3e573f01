"""Event logs: which act writes which event, who may read them, paging and ranges. Numbers are upstream's EventType.

Source: src/Core/Dirt/Enums/EventType.cs, EventService.cs, EventsController.cs; fidelity.md: events.log.
"""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.app.cloud.test_public_api import key_client
from tests.support.club import CUSTOM, USER, Club, ok
from tests.support.harness import WRAPPED_KEY, Person, Side
from tests.support.scenarios import new_organization
from tests.support.statements import statements

CHROME, PUBLIC_API = 9, 3
MEMBERS = (
    "type",
    "userId",
    "organizationId",
    "providerId",
    "cipherId",
    "collectionId",
    "groupId",
    "policyId",
    "organizationUserId",
    "providerUserId",
    "providerOrganizationId",
    "actingUserId",
    "installationId",
    "date",
    "deviceType",
    "ipAddress",
    "systemUser",
    "domainName",
    "secretId",
    "projectId",
    "serviceAccountId",
    "grantedServiceAccountId",
    "sendId",
    "object",
)


@pytest.fixture
def club(cloud: Side) -> Club:
    owner = cloud.sign_up("olivia@acme.example")
    return Club(cloud, owner, new_organization(owner)["id"])


@pytest.fixture
def bob(cloud: Side) -> Person:
    return cloud.sign_up("bob@acme.example", "Bob")


def log(club: Club, by: Person | None = None, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ok(
        (by or club.owner).api.get(f"/api/organizations/{club.id}/events", params=query)
    ).json()["data"]
    return found


def kinds(club: Club) -> list[int]:
    """The oldest first, without those of the accounts."""
    return [each["type"] for each in reversed(log(club)) if each["type"] >= 1100]


def test_what_happens_to_members(club: Club, bob: Person) -> None:
    member = club.join(bob)
    one = f"{club.path}/{member}"
    ok(club.owner.api.put(one, json={"type": USER, "collections": [], "groups": []}))
    ok(club.owner.api.put(f"{one}/revoke"))
    ok(club.owner.api.put(f"{one}/restore"))
    ok(club.owner.api.delete(one))
    assert kinds(club) == [1500, 1501, 1502, 1511, 1512, 1503]
    removed, *_, invited = (each for each in log(club) if each["type"] >= 1500)
    assert tuple(removed) == MEMBERS
    assert (removed["organizationUserId"], removed["userId"]) == (member, bob.user_id)
    assert (invited["organizationUserId"], invited["userId"]) == (member, None)
    assert {each["actingUserId"] for each in log(club)} == {club.owner.user_id}
    assert (removed["organizationId"], removed["ipAddress"], removed["systemUser"]) == (club.id, "127.0.0.1", None)


def test_several_members_at_once_and_one_who_leaves(club: Club, bob: Person, cloud: Side) -> None:
    carol = cloud.sign_up("carol@acme.example")
    ids = [club.join(each) for each in (bob, carol)]
    for step in ("revoke", "restore"):
        ok(club.owner.api.put(f"{club.path}/{step}", json={"ids": ids}))
    ok(bob.api.post(f"/api/organizations/{club.id}/leave"))
    ok(club.owner.api.request("DELETE", club.path, json={"ids": [ids[1]]}))
    assert kinds(club)[-6:] == [1511, 1511, 1512, 1512, 1516, 1503]
    left = next(each for each in log(club) if each["type"] == 1516)
    assert (left["actingUserId"], left["userId"], left["organizationUserId"]) == (bob.user_id, bob.user_id, ids[0])


def test_groups_collections_policies_and_settings(club: Club, bob: Person) -> None:
    club.let_administrators_in()
    member = club.join(bob)
    base = f"/api/organizations/{club.id}"
    before = len(kinds(club))
    group = ok(club.owner.api.post(f"{base}/groups", json={"name": "G", "collections": [], "users": [member]})).json()
    ok(club.owner.api.put(f"{base}/groups/{group['id']}", json={"name": "H", "collections": [], "users": []}))
    ok(club.owner.api.delete(f"{base}/groups/{group['id']}"))
    new = {"name": WRAPPED_KEY, "groups": [], "users": []}
    collection = ok(club.owner.api.post(f"{base}/collections", json=new)).json()["id"]
    ok(club.owner.api.put(f"{base}/collections/{collection}", json=new))
    ok(club.owner.api.delete(f"{base}/collections/{collection}"))
    saved = ok(club.owner.api.put(f"{base}/policies/2", json={"policy": {"enabled": True, "data": None}})).json()
    ok(club.owner.api.put(base, json={"name": "Acme", "billingEmail": club.owner.email}))
    ok(club.owner.api.put(f"{base}/collection-management", json={"limitItemDeletion": True}))
    assert kinds(club)[before:] == [1504, 1400, 1504, 1401, 1402, 1300, 1301, 1302, 1700, 1600, 1614, 1617]
    by_type = {each["type"]: each for each in log(club)}
    assert (by_type[1402]["groupId"], by_type[1302]["collectionId"]) == (group["id"], collection)
    assert by_type[1700]["policyId"] == saved["id"]
    assert by_type[1504]["organizationUserId"] == member


def test_whom_a_policy_revokes(club: Club, bob: Person) -> None:
    member = club.join(bob)
    ok(club.owner.api.put(f"/api/organizations/{club.id}/policies/0", json={"policy": {"enabled": True}}))
    assert kinds(club)[-2:] == [1520, 1700]
    revoked = next(each for each in log(club) if each["type"] == 1520)
    assert (revoked["organizationUserId"], revoked["actingUserId"]) == (member, club.owner.user_id)


def test_a_user_has_a_log_and_stands_in_that_of_each_organization(side: Side) -> None:
    person = side.sign_up("alice@example.com")
    with pytest.raises(AssertionError, match="login failed"):
        Person(side, person.email, "d3Jvbmc=").log_in()
    told = ok(person.api.get("/api/events")).json()["data"]
    assert [each["type"] for each in told] == [1005, 1000]
    assert {(each["userId"], each["actingUserId"], each["organizationId"]) for each in told} == {
        (person.user_id, person.user_id, None)
    }


def test_the_client_is_that_of_the_header_or_of_the_token(club: Club) -> None:
    ok(club.invite("a@acme.example"))
    club.owner.api.headers["Device-Type"] = "25"
    ok(club.invite("b@acme.example"))
    latest, earlier = (each["deviceType"] for each in log(club)[:2])
    assert latest == 25
    assert earlier == CHROME


def test_the_public_api_acts_without_a_person(club: Club, cloud: Side) -> None:
    api = key_client(cloud, club.owner, club.id)
    member = api.post("/api/public/members", json={"email": "new@acme.example", "type": 2}).json()["id"]
    for step in ("revoke", "restore"):
        ok(api.post(f"/api/public/members/{member}/{step}"))
    ok(api.delete(f"/api/public/members/{member}"))
    told = ok(api.get("/api/public/events")).json()
    assert [each["type"] for each in told["data"]][:4] == [1503, 1512, 1511, 1500]
    assert list(told) == ["object", "data", "continuationToken"]
    assert told["data"][0]["memberId"] == member
    assert [each["systemUser"] for each in log(club)[:4]] == [None, PUBLIC_API, PUBLIC_API, PUBLIC_API]
    assert {each["actingUserId"] for each in log(club)[:4]} == {None}
    of_owner = ok(api.get("/api/public/events", params={"actingUserId": club.owner.user_id})).json()["data"]
    assert {each["actingUserId"] for each in of_owner} <= {club.owner.user_id}
    for nothing in ("itemId", "secretId", "projectId"):
        empty: dict[str, Any] = {"object": "list", "data": [], "continuationToken": None}
        assert api.get("/api/public/events", params={nothing: str(uuid4())}).json() == empty
    unfit = api.get("/api/public/events", params={"actingUserId": "me"})
    assert unfit.json()["errors"] == {"actingUserId": ["The value 'me' is not valid."]}


def test_what_a_directory_brings(club: Club, cloud: Side) -> None:
    api = key_client(cloud, club.owner, club.id)
    people = [{"email": f"p{number}@acme.example", "externalId": f"{number}"} for number in (1, 2)]
    group = {"name": "Staff", "externalId": "g", "memberExternalIds": ["1"]}
    body = {"members": people, "groups": [group], "overwriteExisting": False}
    ok(api.post("/api/public/organization/import", json=body))
    leaver = {"externalId": "2", "deleted": True}
    ok(api.post("/api/public/organization/import", json=body | {"members": [people[0], leaver]}))
    assert kinds(club)[-5:] == [1500, 1500, 1400, 1401, 1503]
    assert {each["systemUser"] for each in log(club)[:5]} == {PUBLIC_API}


def test_a_plan_without_events_and_a_suspended_organization_keep_nothing(club: Club) -> None:
    ok(club.invite("a@acme.example"))
    before = len(log(club))
    path = f"/_sim/organizations/{club.id}"
    ok(club.side.client.post(path, json={"useEvents": False}))
    ok(club.invite("b@acme.example"))
    assert len(log(club)) == before
    ok(club.side.client.post(path, json={"useEvents": True}))
    ok(club.invite("c@acme.example"))
    assert len(log(club)) == before + 1


def test_who_may_read(club: Club, bob: Person) -> None:
    member = club.join(bob, type=USER)
    urls = [f"/api/organizations/{club.id}/events", f"{club.path}/{member}/events"]
    for url in urls:
        refused = bob.api.get(url)
        assert (refused.status_code, refused.json()["message"]) == (404, "Resource not found.")
        assert club.side.client.get(url).status_code == 401
    granted = {"type": CUSTOM, "permissions": {"accessEventLogs": True}, "collections": [], "groups": []}
    ok(club.owner.api.put(f"{club.path}/{member}", json=granted))
    assert [bob.api.get(url).status_code for url in urls] == [200, 200]
    assert club.owner.api.get(f"/api/organizations/{uuid4()}/events").status_code == 404
    assert club.owner.api.get(f"{club.path}/{uuid4()}/events").status_code == 404
    ok(club.invite("new@acme.example"))
    invited = club.member("new@acme.example")["id"]
    assert club.owner.api.get(f"{club.path}/{invited}/events").status_code == 404


def test_what_one_member_did(club: Club, bob: Person) -> None:
    member = club.join(bob, type=0)
    ok(club.invite("a@acme.example", by=bob))
    told = ok(club.owner.api.get(f"{club.path}/{member}/events")).json()["data"]
    assert [(each["type"], each["actingUserId"]) for each in told] == [(1500, bob.user_id)]


def test_the_range(club: Club, cloud: Side) -> None:
    ok(club.invite("a@acme.example"))
    cloud.clock.advance(timedelta(days=31))
    club.owner.log_in()
    assert 1500 not in {each["type"] for each in log(club)}
    now = cloud.clock.now()
    start, end = ((now - timedelta(days=days)).isoformat() for days in (40, 0))
    assert 1500 in {each["type"] for each in log(club, start=start, end=end)}
    assert 1500 in {each["type"] for each in log(club, start=end, end=start)}
    assert 1500 not in {each["type"] for each in log(club, start=start)}
    url, year = f"/api/organizations/{club.id}/events", {"start": "2024-01-01", "end": "2025-06-01"}
    refused = club.owner.api.get(url, params=year)
    assert (refused.status_code, refused.json()["message"]) == (400, "Range too large.")
    assert club.owner.api.get("/api/events", params=year).status_code == 400
    public = key_client(cloud, club.owner, club.id).get("/api/public/events", params=year)
    assert (public.status_code, public.json()["message"]) == (400, "Date range must be < 367 days.")
    assert club.owner.api.get(url, params={"start": "soon"}).status_code == 400


def test_pages_of_fifty(club: Club, cloud: Side) -> None:
    for start in (0, 20, 40):
        ok(club.invite(*(f"p{start + number}@acme.example" for number in range(20))))
        cloud.clock.advance(timedelta(seconds=1))
    url = f"/api/organizations/{club.id}/events"
    first = ok(club.owner.api.get(url)).json()
    assert len(first["data"]) == 50
    second = ok(club.owner.api.get(url, params={"continuationToken": first["continuationToken"]})).json()
    assert second["continuationToken"] is None
    told = [each["organizationUserId"] for each in (*first["data"], *second["data"]) if each["type"] == 1500]
    assert len(told) == len(set(told)) == 60
    unknown = ok(club.owner.api.get(url, params={"continuationToken": "elsewhere"})).json()
    assert unknown == first


def test_many_events_are_written_by_one_statement(club: Club) -> None:
    with statements(club.side) as few:
        ok(club.invite("a@acme.example"))
    with statements(club.side) as many:
        ok(club.invite(*(f"p{number}@acme.example" for number in range(5))))
    assert len(many) == len(few)


def test_nothing_is_written_of_what_is_refused(club: Club) -> None:
    before = len(log(club))
    assert club.invite("a@acme.example", type=CUSTOM, collections=[{"id": str(uuid4())}]).status_code != 200
    assert len(log(club)) == before


def test_items_of_an_organization(club: Club) -> None:
    club.let_administrators_in()
    collection = ok(club.owner.api.get(f"/api/organizations/{club.id}/collections")).json()["data"][0]["id"]
    content = {"type": 2, "name": WRAPPED_KEY, "secureNote": {"type": 0}, "organizationId": club.id}
    made = club.owner.api.post("/api/ciphers/create", json={"cipher": content, "collectionIds": [collection]})
    cipher = ok(made).json()["id"]
    ok(club.owner.api.put(f"/api/ciphers/{cipher}/delete"))
    ok(club.owner.api.put(f"/api/ciphers/{cipher}/restore"))
    told = ok(club.owner.api.get(f"/api/ciphers/{cipher}/events")).json()["data"]
    assert [each["type"] for each in told] == [1116, 1115, 1100]
    ok(club.owner.api.delete(f"/api/ciphers/{cipher}"))
    assert kinds(club)[-1] == 1102
    assert club.owner.api.get(f"/api/ciphers/{cipher}/events").status_code == 404
