"""Collections with who may use them, and changing them; the same on both apps."""

from typing import Any
from uuid import uuid4

import pytest

from tests.support.harness import ENC_STRING, Person
from tests.support.vault import SharedPlace, shared_place

OTHER = ENC_STRING.replace("2.A", "2.B", 1)


@pytest.fixture
def owner(side: Any) -> Person:
    person: Person = side.sign_up("olivia@example.com")
    return person


@pytest.fixture
def member(side: Any) -> Person:
    person: Person = side.sign_up("mark@example.com")
    return person


@pytest.fixture
def place(side: Any, rows: Any, owner: Person) -> SharedPlace:
    place = shared_place(side, rows)
    place.join(owner, kind=0, manage=True)
    return place


def _path(place: SharedPlace) -> str:
    return f"/api/organizations/{place.organization_id}/collections"


def test_details(place: SharedPlace, owner: Person, member: Person) -> None:
    place.join(member, read_only=True)
    (seen,) = member.api.get(f"{_path(place)}/details").json()["data"]
    assert seen == member.api.get(f"{_path(place)}/{place.collection_id}/details").json()
    users = seen.pop("users")
    assert member.api.get(f"{_path(place)}/{place.collection_id}/users").json() == users
    assert seen == {
        "id": str(place.collection_id),
        "organizationId": str(place.organization_id),
        "name": ENC_STRING,
        "externalId": None,
        "type": 0,
        "defaultUserCollectionEmail": None,
        "readOnly": True,
        "hidePasswords": False,
        "manage": False,
        "assigned": True,
        "unmanaged": False,
        "groups": [],
        "object": "collectionAccessDetails",
    }
    assert sorted((user["readOnly"], user["manage"]) for user in users) == [(False, True), (True, False)]


def test_a_change(place: SharedPlace, owner: Person, member: Person) -> None:
    place.join(member)
    path = f"{_path(place)}/{place.collection_id}"
    users = owner.api.get(f"{path}/details").json()["users"]
    kept = owner.api.put(path, json={"name": OTHER}).json()
    assert (kept["name"], len(kept["users"])) == (OTHER, 2)
    mine = [user for user in users if user["manage"]]
    changed = owner.api.put(path, json={"name": OTHER, "externalId": "x", "groups": [], "users": mine}).json()
    assert (changed["externalId"], changed["users"]) == ("x", mine)
    assert owner.api.get(f"{path}/details").json() == changed
    assert member.api.get("/api/sync").json()["collections"] == []


def test_only_who_may(place: SharedPlace, owner: Person, member: Person) -> None:
    path = f"{_path(place)}/{place.collection_id}"
    body = {"name": OTHER}
    assert member.api.get(path).status_code == 404
    assert member.api.get(f"{path}/users").status_code == 404
    assert member.api.get(f"{_path(place)}/details").status_code == 404
    assert member.api.put(path, json=body).status_code == 404
    place.join(member)
    assert member.api.put(path, json=body).status_code == 404
    assert owner.api.put(f"{_path(place)}/{uuid4()}", json=body).status_code == 404
    stranger = {"users": [{"id": str(uuid4())}]}
    assert owner.api.put(path, json=body | stranger).status_code == 404
    assert owner.api.get(path).json()["name"] == ENC_STRING
