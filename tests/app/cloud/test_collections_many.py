"""Several collections at once, a person's own collections, and equivalent domains."""

import uuid
from typing import Any

import pytest

from tests.support.club import Club, ok, refusal
from tests.support.harness import ENC_STRING, Person, Side
from tests.support.scenarios import new_organization
from tests.support.statements import statements_of


@pytest.fixture
def club(cloud: Side) -> Club:
    owner = cloud.sign_up("olivia@acme.example")
    return Club(cloud, owner, new_organization(owner)["id"]).let_administrators_in()


@pytest.fixture
def bob(cloud: Side) -> Person:
    return cloud.sign_up("bob@acme.example", "Bob")


def path(club: Club, more: str = "") -> str:
    return f"/api/organizations/{club.id}/collections{more}"


def places(club: Club, count: int) -> list[str]:
    return [ok(club.owner.api.post(path(club), json={"name": ENC_STRING})).json()["id"] for _ in range(count)]


def listed(club: Club) -> set[str]:
    return {row["id"] for row in club.owner.api.get(path(club)).json()["data"]}


def access(of: str, **more: bool) -> dict[str, Any]:
    return {"id": of, "readOnly": False, "hidePasswords": False, "manage": False} | more


def test_several_go_together_or_none(club: Club, bob: Person) -> None:
    ids = places(club, 3)
    club.join(bob)
    other = Club(club.side, club.owner, new_organization(club.owner, "Other")["id"])
    assert bob.api.delete(path(club), json={"ids": ids[:1]}).status_code == 404
    for wrong in ([ids[0], str(uuid.uuid4())], [ids[0], *listed(other)], []):
        assert club.owner.api.delete(path(club), json={"ids": wrong}).status_code == 404
    assert set(ids) < listed(club)
    ok(club.owner.api.delete(path(club), json={"ids": ids[:2]}))
    ok(club.owner.api.post(path(club, "/delete"), json={"ids": ids[2:]}))
    assert not set(ids) & listed(club)


def test_members_and_groups_are_let_into_several(club: Club, bob: Person) -> None:
    ids, member = places(club, 2), club.join(bob)
    group = ok(club.owner.api.post(f"/api/organizations/{club.id}/groups", json={"name": "Ops"})).json()["id"]
    body = {"collectionIds": ids, "users": [access(member)], "groups": [access(group, readOnly=True)]}
    ok(club.owner.api.post(path(club, "/bulk-access"), json=body))
    ok(club.owner.api.post(path(club, "/bulk-access"), json=body | {"users": [access(member, manage=True)]}))
    for each in ids:
        details = club.owner.api.get(path(club, f"/{each}/details")).json()
        assert (details["users"], details["groups"]) == ([access(member, manage=True)], [access(group, readOnly=True)])
    mine = ok(bob.api.get("/api/collections")).json()["data"]
    assert {(row["id"], row["manage"], row["object"]) for row in mine} == {
        (each, True, "collectionDetails") for each in ids
    }


def test_who_is_let_in_belongs_here(club: Club, bob: Person) -> None:
    ids, member = places(club, 1), club.join(bob)
    other = Club(club.side, club.owner, new_organization(club.owner, "Other")["id"])
    owner_there = other.member(club.owner.email)["id"]
    bulk = path(club, "/bulk-access")

    def said(**changes: Any) -> str:
        return refusal(club.owner.api.post(bulk, json={"collectionIds": ids} | changes))

    assert said(users=[access(str(uuid.uuid4()))]) == "One or more users do not exist."
    assert said(groups=[access(str(uuid.uuid4()))]) == "One or more groups do not exist."
    assert said(users=[access(owner_there)]) == (
        "One or more users do not belong to the same organization as the collection being assigned."
    )
    assert said(collectionIds=[]) == "No collections were provided."
    body = {"collectionIds": ids, "users": [access(member)]}
    assert bob.api.post(bulk, json=body).status_code == 404
    assert club.owner.api.post(path(other, "/bulk-access"), json=body).status_code == 404
    assert club.owner.api.post(bulk, json=body | {"collectionIds": [str(uuid.uuid4())]}).status_code == 404


def test_many_cost_the_statements_of_few(club: Club, bob: Person) -> None:
    member = club.join(bob)

    def cost(count: int) -> list[int]:
        ids = places(club, count)
        bulk = {"collectionIds": ids, "users": [access(member)]}
        return [
            statements_of(club.side, lambda: ok(club.owner.api.post(path(club, "/bulk-access"), json=bulk))),
            statements_of(club.side, lambda: ok(club.owner.api.delete(path(club), json={"ids": ids}))),
        ]

    assert cost(1) == cost(6)


def test_equivalent_domains_are_kept_and_synchronized(side: Side) -> None:
    alice, stranger = side.sign_up("alice@example.com"), side.sign_up("stranger@example.com")
    url = "/api/settings/domains"
    nothing = {"equivalentDomains": None, "globalEquivalentDomains": None, "object": "domains"}
    assert ok(alice.api.get(url)).json() == nothing
    wanted = {"equivalentDomains": [["acme.example", "acme.test"]], "excludedGlobalEquivalentDomains": [3]}
    kept = nothing | {"equivalentDomains": [["acme.example", "acme.test"]]}
    assert ok(alice.api.put(url, json=wanted)).json() == kept
    assert alice.api.get(url).json() == kept
    assert alice.api.get("/api/sync").json()["domains"] == kept
    assert alice.api.get("/api/sync?excludeDomains=true").json()["domains"] is None
    assert stranger.api.get(url).json() == nothing
    assert ok(alice.api.post(url, json={})).json() == nothing
    assert alice.api.put(url, json={"equivalentDomains": "acme.example"}).status_code == 400
