"""An organization's items: who sees them, who changes them, which collections they are in; the same on both apps."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from common.domains.organizations.models import Collection
from tests.support.harness import ENC_STRING, Person, Workshop
from tests.support.statements import statements_of
from tests.support.vault import SharedPlace, login_item, shared_place


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
    place = shared_place(side, rows, use_totp=True)
    place.join(owner, kind=0, manage=True)
    return place


def _share(person: Person, place: SharedPlace, **changes: Any) -> dict[str, Any]:
    answer = person.api.post("/api/ciphers/create", json=place.item(**changes))
    assert answer.status_code == 200, answer.text
    added: dict[str, Any] = answer.json()
    return added


def _synced(person: Person) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = person.api.get("/api/sync").json()["ciphers"]
    return items


def test_members_of_the_collection_see_it(place: SharedPlace, owner: Person, member: Person) -> None:
    place.join(member, hide_passwords=True)
    stranger = place.side.sign_up("stranger@example.com")
    item = _share(owner, place)
    assert (item["organizationId"], item["organizationUseTotp"]) == (str(place.organization_id), True)
    (seen,) = _synced(member)
    assert seen["collectionIds"] == [str(place.collection_id)]
    assert (seen["edit"], seen["viewPassword"]) == (True, False)
    assert _synced(stranger) == []
    assert stranger.api.get(f"/api/ciphers/{item['id']}").status_code == 404
    assert stranger.api.post("/api/ciphers/create", json=place.item()).status_code == 404


@pytest.mark.parametrize("status", [-1, 0, 1])
def test_only_confirmed_members_see_it(place: SharedPlace, owner: Person, member: Person, status: int) -> None:
    place.join(member, status=status)
    _share(owner, place)
    assert _synced(member) == []


def test_folder_and_favorite_are_everybodys_own(place: SharedPlace, owner: Person, member: Person) -> None:
    place.join(member, read_only=True)
    item = _share(owner, place, favorite=True)
    folder = member.api.post("/api/folders", json={"name": ENC_STRING}).json()["id"]
    partial = {"folderId": folder, "favorite": False}
    assert member.api.put(f"/api/ciphers/{item['id']}/partial", json=partial).json()["folderId"] == folder
    assert (_synced(owner)[0]["folderId"], _synced(owner)[0]["favorite"]) == (None, True)


def test_a_change_moves_the_revision_date_of_every_member(place: SharedPlace, owner: Person, member: Person) -> None:
    place.join(member)
    before = int(member.api.get("/api/accounts/revision-date").text)
    place.side.clock.advance(timedelta(minutes=1))
    _share(owner, place)
    assert int(member.api.get("/api/accounts/revision-date").text) == before + 60_000


@pytest.mark.parametrize(
    ("method", "path", "text"),
    [
        ("PUT", "", "You do not have permissions to edit this."),
        ("PUT", "/delete", "You do not have permissions to soft delete this."),
        ("DELETE", "", "You do not have permissions to delete this."),
        ("PUT", "/restore", "You do not have permissions to delete this."),
        ("PUT", "/collections", "You do not have permissions to edit this."),
    ],
)
def test_readers_only_read(
    place: SharedPlace, owner: Person, member: Person, method: str, path: str, text: str
) -> None:
    place.join(member, read_only=True)
    item = _share(owner, place)
    body = place.item()["cipher"] | {"collectionIds": [str(place.collection_id)]}
    refused = member.api.request(method, f"/api/ciphers/{item['id']}{path}", json=body)
    assert (refused.status_code, refused.json()["message"]) == (400, text)
    assert member.api.post("/api/ciphers/create", json=place.item()).status_code == 404
    member.api.delete("/api/ciphers", json={"ids": [item["id"]]})
    assert [each["deletedDate"] for each in _synced(owner)] == [None]


def test_deletion_can_be_limited_to_managers(side: Any, rows: Any, owner: Person, member: Person) -> None:
    place = shared_place(side, rows, limit_item_deletion=True)
    place.join(owner, kind=0, manage=True)
    place.join(member)
    item = _share(owner, place)
    assert _synced(member)[0]["permissions"] == {"delete": False, "restore": False}
    assert member.api.delete(f"/api/ciphers/{item['id']}").status_code == 400
    assert owner.api.delete(f"/api/ciphers/{item['id']}").status_code == 200


def test_an_own_item_is_given_away(place: SharedPlace, owner: Person, member: Person) -> None:
    place.join(member)
    own = owner.api.post("/api/ciphers", json=login_item()).json()
    shared = owner.api.put(f"/api/ciphers/{own['id']}/share", json=place.item())
    assert shared.json()["organizationId"] == str(place.organization_id)
    assert [each["id"] for each in _synced(member)] == [own["id"]]
    assert owner.api.put(f"/api/ciphers/{own['id']}/share", json=place.item()).status_code == 404
    mismatch = owner.api.put(f"/api/ciphers/{own['id']}", json=login_item())
    assert mismatch.json()["message"].startswith("Organization mismatch.")


def test_an_organizations_item_is_in_a_collection(place: SharedPlace, owner: Person) -> None:
    without = place.item() | {"collectionIds": []}
    text = "You must select at least one collection."
    assert owner.api.post("/api/ciphers/create", json=without).json()["validationErrors"] == {"": [text]}
    elsewhere = place.item() | {"collectionIds": [str(uuid4())]}
    assert owner.api.post("/api/ciphers/create", json=elsewhere).status_code == 404


def test_moving_between_collections(place: SharedPlace, rows: Any, owner: Person, member: Person) -> None:
    place.join(member)
    now = place.side.clock.now()
    dates = {"creation_date": now, "revision_date": now}
    second = uuid4()
    rows(place.side, Collection(id=second, organization_id=place.organization_id, name=ENC_STRING, **dates))
    item = _share(owner, place)
    path = f"/api/ciphers/{item['id']}/collections_v2"
    both = [str(place.collection_id), str(second)]
    moved = owner.api.put(path, json={"collectionIds": both}).json()
    assert (moved["unavailable"], moved["object"]) == (False, "optionalCipherDetails")
    assert moved["cipher"]["collectionIds"] == [str(place.collection_id)]
    listed = owner.api.get(f"/api/ciphers/organization-details?organizationId={place.organization_id}").json()["data"]
    assert (sorted(listed[0]["collectionIds"]), listed[0]["object"]) == (sorted(both), "cipherMiniDetails")
    gone = owner.api.put(path, json={"collectionIds": [str(second)]}).json()
    assert (gone["unavailable"], gone["cipher"]) == (True, None)
    assert (_synced(member), _synced(owner)) == ([], [])


def test_a_member_cannot_take_an_item_out_of_a_collection_it_does_not_know(
    place: SharedPlace, rows: Any, owner: Person, member: Person
) -> None:
    place.join(member)
    now = place.side.clock.now()
    second = uuid4()
    dates = {"creation_date": now, "revision_date": now}
    rows(place.side, Collection(id=second, organization_id=place.organization_id, name=ENC_STRING, **dates))
    body = place.item()
    body["collectionIds"].append(str(second))
    item = owner.api.post("/api/ciphers/create", json=body).json()
    only_first = {"collectionIds": [str(place.collection_id)]}
    assert member.api.put(f"/api/ciphers/{item['id']}/collections_v2", json=only_first).status_code == 200
    listed = owner.api.get(f"/api/ciphers/organization-details?organizationId={place.organization_id}").json()["data"]
    assert len(listed[0]["collectionIds"]) == 2


def test_the_list_of_all_items_is_for_those_who_manage(place: SharedPlace, owner: Person, member: Person) -> None:
    place.join(member)
    path = "/api/ciphers/organization-details?organizationId="
    assert member.api.get(f"{path}{place.organization_id}").status_code == 404
    assert owner.api.get(f"{path}{uuid4()}").status_code == 404
    assert owner.api.get(f"{path}x").status_code == 400


def test_purging_an_organization_is_for_administrators(place: SharedPlace, owner: Person, member: Person) -> None:
    place.join(member)
    _share(owner, place)
    own = member.api.post("/api/ciphers", json=login_item()).json()["id"]
    path = f"/api/ciphers/purge?organizationId={place.organization_id}"
    assert member.api.post(path, json={"masterPasswordHash": member.password_hash}).status_code == 404
    assert owner.api.post(path, json={"masterPasswordHash": owner.password_hash}).status_code == 200
    assert [each["id"] for each in _synced(member)] == [own]


def test_shared_items_live_on_postgresql(workshop: Workshop, rows: Any, postgres_url: str) -> None:
    cloud = workshop.cloud(database_url=postgres_url)
    owner, member = cloud.sign_up("olivia@example.com"), cloud.sign_up("mark@example.com")
    place = shared_place(cloud, rows)
    place.join(owner, kind=0, manage=True)
    place.join(member)
    item = _share(owner, place)
    assert member.api.put(f"/api/ciphers/{item['id']}", json=place.item()["cipher"]).status_code == 200
    path = f"/api/ciphers/{item['id']}/collections"
    assert owner.api.put(path, json={"collectionIds": [str(place.collection_id)]}).status_code == 200
    assert len(_synced(member)) == 1


def _own_and_shared(place: SharedPlace, owner: Person, count: int) -> list[str]:
    own = [owner.api.post("/api/ciphers", json=login_item()).json()["id"] for _ in range(count // 2)]
    return own + [_share(owner, place)["id"] for _ in range(count - len(own))]


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "ciphers/move"), ("PUT", "ciphers/delete"), ("DELETE", "ciphers")]
)
def test_many_items_cost_the_statements_of_few(place: SharedPlace, owner: Person, method: str, path: str) -> None:
    folder = owner.api.post("/api/folders", json={"name": ENC_STRING}).json()["id"]

    def cost(count: int) -> int:
        body = {"ids": _own_and_shared(place, owner, count), "folderId": folder}
        return statements_of(place.side, lambda: owner.api.request(method, f"/api/{path}", json=body))

    assert cost(2) == cost(20)


def test_restoring_many_items_costs_the_statements_of_few(place: SharedPlace, owner: Person) -> None:
    def cost(count: int) -> int:
        ids = {"ids": _own_and_shared(place, owner, count)}
        owner.api.put("/api/ciphers/delete", json=ids)
        return statements_of(place.side, lambda: owner.api.put("/api/ciphers/restore", json=ids))

    assert cost(2) == cost(20)
    assert [each["deletedDate"] for each in _synced(owner)] == [None] * 22


def test_purging_costs_the_same_however_much_there_is(place: SharedPlace, owner: Person) -> None:
    secret = {"masterPasswordHash": owner.password_hash}
    path = f"/api/ciphers/purge?organizationId={place.organization_id}"

    def cost(count: int) -> int:
        for _ in range(count):
            _share(owner, place)
        return statements_of(place.side, lambda: owner.api.post(path, json=secret))

    assert cost(1) == cost(20)
    assert _synced(owner) == []


def test_sharing_into_many_collections_costs_the_statements_of_one(place: SharedPlace, owner: Person) -> None:
    now = place.side.clock.now()
    dates = {"creation_date": now, "revision_date": now}
    more = [Collection(id=uuid4(), organization_id=place.organization_id, name=ENC_STRING, **dates) for _ in range(9)]
    everywhere = [str(place.collection_id), *(str(each.id) for each in more)]
    place.rows(place.side, *more)

    def cost(wanted: list[str]) -> int:
        own = owner.api.post("/api/ciphers", json=login_item()).json()["id"]
        body = place.item() | {"collectionIds": wanted}
        path = f"/api/ciphers/{own}/share"
        return statements_of(place.side, lambda: owner.api.put(path, json=body))

    assert cost(everywhere[:1]) == cost(everywhere)
    assert len([each for each in _synced(owner) if each["organizationId"]]) == 2
