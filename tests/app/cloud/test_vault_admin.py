"""An organization's items as the Admin Console handles them: opening, changing, moving, deleting, restoring, giving.

The same on both apps.
"""

import uuid
from typing import Any

import pytest

from tests.support.club import ADMIN, CUSTOM, USER, Club, ok, refusal
from tests.support.harness import ENC_STRING, Person, Side
from tests.support.scenarios import new_organization
from tests.support.statements import statements_of
from tests.support.vault import login_item

OTHER_NAME = ENC_STRING.replace("AAAA|", "AAAB|")


@pytest.fixture
def club(cloud: Side) -> Club:
    owner = cloud.sign_up("olivia@acme.example")
    return Club(cloud, owner, new_organization(owner)["id"]).let_administrators_in()


@pytest.fixture
def bob(cloud: Side) -> Person:
    return cloud.sign_up("bob@acme.example", "Bob")


def places(club: Club, count: int = 1) -> list[str]:
    path = f"/api/organizations/{club.id}/collections"
    for _ in range(count - 1):
        ok(club.owner.api.post(path, json={"name": ENC_STRING, "users": [], "groups": []}))
    return [row["id"] for row in club.owner.api.get(path).json()["data"]]


def make(club: Club, *collections: str, by: Person | None = None) -> dict[str, Any]:
    body = {"cipher": login_item(organizationId=club.id), "collectionIds": list(collections)}
    made: dict[str, Any] = ok((by or club.owner).api.post("/api/ciphers/admin", json=body)).json()
    return made


def opened(club: Club, item_id: str) -> dict[str, Any]:
    found: dict[str, Any] = ok(club.owner.api.get(f"/api/ciphers/{item_id}/admin")).json()
    return found


def hide_from_admins(club: Club) -> None:
    """Owners and administrators manage only what they are assigned to."""
    from common.domains.organizations.models import Organization
    from common.server.transaction import db

    with club.side.app.app_context():
        db.session.get_one(Organization, uuid.UUID(club.id)).allow_admin_access_to_all_collection_items = False
        db.session.commit()


def test_an_item_is_made_opened_changed_moved_and_deleted(club: Club) -> None:
    first, second = places(club, 2)
    made = make(club, first)
    assert (made["object"], made["organizationId"], made["organizationUseTotp"]) == ("cipherMini", club.id, False)
    assert "edit" not in made
    found = opened(club, made["id"])
    assert (found["object"], found["collectionIds"]) == ("cipherMiniDetails", [first])
    path = f"/api/ciphers/{made['id']}"
    changed = ok(club.owner.api.put(f"{path}/admin", json=login_item(organizationId=club.id, name=OTHER_NAME))).json()
    assert (changed["name"], changed["organizationUseTotp"]) == (OTHER_NAME, True)
    assert opened(club, made["id"])["name"] == OTHER_NAME
    moved = ok(club.owner.api.put(f"{path}/collections-admin", json={"collectionIds": [second]})).json()
    assert (moved["object"], moved["collectionIds"]) == ("cipherMiniDetails", [second])
    ok(club.owner.api.post(f"{path}/collections-admin", json={"collectionIds": []}))
    assert opened(club, made["id"])["collectionIds"] == []
    ok(club.owner.api.put(f"{path}/delete-admin"))
    assert opened(club, made["id"])["deletedDate"] is not None
    restored = ok(club.owner.api.put(f"{path}/restore-admin")).json()
    assert (restored["id"], restored["deletedDate"]) == (made["id"], None)
    ok(club.owner.api.delete(f"{path}/admin"))
    assert club.owner.api.get(f"{path}/admin").status_code == 404


def test_many_are_put_into_the_trash_restored_and_deleted_together(club: Club) -> None:
    place = places(club)[0]
    ids = [make(club, place)["id"] for _ in range(3)]
    body = {"ids": ids, "organizationId": club.id}
    ok(club.owner.api.put("/api/ciphers/delete-admin", json=body))
    assert all(opened(club, each)["deletedDate"] for each in ids)
    rows = ok(club.owner.api.put("/api/ciphers/restore-admin", json=body)).json()["data"]
    assert {(row["id"], row["deletedDate"], row["object"]) for row in rows} == {
        (each, None, "cipherMini") for each in ids
    }
    ok(club.owner.api.delete("/api/ciphers/admin", json={"ids": ids[:1], "organizationId": club.id}))
    ok(club.owner.api.post("/api/ciphers/delete-admin", json={"ids": ids[1:], "organizationId": club.id}))
    listed = club.owner.api.get(f"/api/ciphers/organization-details?organizationId={club.id}").json()["data"]
    assert listed == []


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "delete-admin"), ("PUT", "restore-admin"), ("DELETE", "admin"), ("POST", "delete-admin")],
)
def test_all_or_none_of_one_organization(club: Club, method: str, path: str) -> None:
    mine = make(club, places(club)[0])["id"]
    other = Club(club.side, club.owner, new_organization(club.owner, "Other")["id"]).let_administrators_in()
    foreign = make(other, places(other)[0])["id"]
    for body in (
        {"ids": [mine, foreign], "organizationId": club.id},
        {"ids": [mine, str(uuid.uuid4())], "organizationId": club.id},
        {"ids": [mine]},
        {"ids": [mine], "organizationId": ""},
        {"ids": [mine], "organizationId": str(uuid.uuid4())},
    ):
        assert club.owner.api.request(method, f"/api/ciphers/{path}", json=body).status_code == 404
    assert opened(club, mine)["deletedDate"] is None
    many = {"ids": [str(uuid.uuid4()) for _ in range(501)], "organizationId": club.id}
    assert "up to 500 items" in refusal(club.owner.api.request(method, f"/api/ciphers/{path}", json=many))


def test_many_are_put_into_collections_and_taken_out(club: Club) -> None:
    first, second = places(club, 2)
    ids = [make(club, first)["id"] for _ in range(2)]
    body = {"organizationId": club.id, "cipherIds": ids, "collectionIds": [second], "removeCollections": False}
    ok(club.owner.api.post("/api/ciphers/bulk-collections", json=body))
    assert [sorted(opened(club, each)["collectionIds"]) for each in ids] == [sorted([first, second])] * 2
    ok(club.owner.api.post("/api/ciphers/bulk-collections", json=body | {"removeCollections": True}))
    assert [opened(club, each)["collectionIds"] for each in ids] == [[first]] * 2
    for wrong in ({"collectionIds": [str(uuid.uuid4())]}, {"cipherIds": [str(uuid.uuid4())]}):
        assert club.owner.api.post("/api/ciphers/bulk-collections", json=body | wrong).status_code == 404


@pytest.mark.parametrize("role", [{"type": USER}, {"type": CUSTOM, "permissions": {"manageUsers": True}}])
def test_others_handle_no_items_here(club: Club, bob: Person, role: dict[str, Any]) -> None:
    place = places(club)[0]
    access = [{"id": place, "readOnly": False, "hidePasswords": False, "manage": True}]
    club.join(bob, collections=access, **role)
    bob.log_in()
    item = make(club, place)["id"]
    path, chosen = f"/api/ciphers/{item}", {"ids": [item], "organizationId": club.id}
    calls = [
        ("GET", f"{path}/admin", None),
        ("PUT", f"{path}/admin", login_item(organizationId=club.id)),
        ("PUT", f"{path}/collections-admin", {"collectionIds": [place]}),
        ("DELETE", f"{path}/admin", None),
        ("PUT", f"{path}/delete-admin", None),
        ("PUT", f"{path}/restore-admin", None),
        ("PUT", "/api/ciphers/delete-admin", chosen),
        ("PUT", "/api/ciphers/restore-admin", chosen),
        ("DELETE", "/api/ciphers/admin", chosen),
        ("POST", "/api/ciphers/admin", {"cipher": login_item(organizationId=club.id), "collectionIds": [place]}),
        ("GET", f"/api/ciphers/organization-details?organizationId={club.id}", None),
    ]
    assert [bob.api.request(verb, url, json=body).status_code for verb, url, body in calls] == [404] * len(calls)
    body = {"organizationId": club.id, "cipherIds": [item], "collectionIds": [place]}
    ok(bob.api.post("/api/ciphers/bulk-collections", json=body))  # whoever may edit them may, wherever they are


def test_who_edits_any_collection_handles_every_item(club: Club, bob: Person) -> None:
    item = make(club, places(club)[0])["id"]
    club.join(bob, type=CUSTOM, permissions={"editAnyCollection": True})
    ok(bob.api.get(f"/api/ciphers/{item}/admin"))
    ok(bob.api.put(f"/api/ciphers/{item}/admin", json=login_item(organizationId=club.id)))
    make(club, places(club)[0], by=bob)
    ok(bob.api.put(f"/api/ciphers/{item}/delete-admin"))


def test_administrators_who_are_kept_out_handle_what_is_theirs_and_what_is_nobodys(club: Club, bob: Person) -> None:
    first, second = places(club, 2)
    theirs, nobodys, others = make(club, first)["id"], make(club, first)["id"], make(club, second)["id"]
    ok(club.owner.api.put(f"/api/ciphers/{nobodys}/collections-admin", json={"collectionIds": []}))
    access = [{"id": first, "readOnly": False, "hidePasswords": False, "manage": False}]
    club.join(bob, type=ADMIN, collections=access)
    hide_from_admins(club)
    edit = login_item(organizationId=club.id)
    statuses = [bob.api.put(f"/api/ciphers/{each}/admin", json=edit).status_code for each in (theirs, nobodys, others)]
    assert statuses == [200, 200, 404]
    listed = bob.api.get(f"/api/ciphers/organization-details/assigned?organizationId={club.id}").json()["data"]
    assert {(row["id"], tuple(row["collectionIds"])) for row in listed} == {(theirs, (first,)), (nobodys, ())}
    assert {row["object"] for row in listed} == {"cipherDetails"}

    def move(place: str) -> int:
        path, body = f"/api/ciphers/{nobodys}/collections-admin", {"collectionIds": [place]}
        return int(bob.api.put(path, json=body).status_code)

    assert [move(second), move(first)] == [404, 200]
    new = {"cipher": edit, "collectionIds": [first]}
    assert bob.api.post("/api/ciphers/admin", json=new).status_code == 404
    ids = {"ids": [theirs, others], "organizationId": club.id}
    assert bob.api.put("/api/ciphers/delete-admin", json=ids).status_code == 404
    ok(bob.api.put("/api/ciphers/delete-admin", json=ids | {"ids": [theirs]}))
    exported = bob.api.get(f"/api/ciphers/organization-details?organizationId={club.id}").json()["data"]
    assert {row["id"] for row in exported} == {theirs, nobodys, others}


def test_a_members_assigned_items_are_theirs_alone(club: Club, bob: Person) -> None:
    first, second = places(club, 2)
    theirs, _ = make(club, first), make(club, second)
    club.join(bob, collections=[{"id": first, "readOnly": True, "hidePasswords": False, "manage": False}])
    path = "/api/ciphers/organization-details/assigned?organizationId="
    (row,) = ok(bob.api.get(f"{path}{club.id}")).json()["data"]
    assert (row["id"], row["edit"]) == (theirs["id"], False)
    assert bob.api.get(f"{path}{uuid.uuid4()}").status_code == 404
    assert bob.api.get(f"{path}x").status_code == 400


def test_own_items_of_a_person_are_no_organizations(club: Club) -> None:
    own = ok(club.owner.api.post("/api/ciphers", json=login_item())).json()["id"]
    for verb, path in (("GET", "admin"), ("DELETE", "admin"), ("PUT", "delete-admin"), ("PUT", "restore-admin")):
        assert club.owner.api.request(verb, f"/api/ciphers/{own}/{path}").status_code == 404
    assert club.owner.api.put(f"/api/ciphers/{own}/admin", json=login_item()).status_code == 404


def test_a_stale_revision_is_refused(club: Club) -> None:
    item = make(club, places(club)[0])
    stale = login_item(organizationId=club.id, lastKnownRevisionDate="2020-01-01T00:00:00Z")
    assert "out of date" in refusal(club.owner.api.put(f"/api/ciphers/{item['id']}/admin", json=stale))
    wrong = login_item(organizationId=club.id, encryptedFor=str(uuid.uuid4()))
    assert "not encrypted for" in refusal(club.owner.api.put(f"/api/ciphers/{item['id']}/admin", json=wrong))


def shared(club: Club, ids: list[str], *collections: str) -> dict[str, Any]:
    ciphers = [login_item(organizationId=club.id, id=each) for each in ids]
    return {"ciphers": ciphers, "collectionIds": list(collections)}


def test_several_own_items_are_given_away(club: Club, bob: Person) -> None:
    place = places(club)[0]
    club.join(bob, collections=[{"id": place, "readOnly": False, "hidePasswords": False, "manage": False}])
    ids = [ok(bob.api.post("/api/ciphers", json=login_item())).json()["id"] for _ in range(2)]
    rows = ok(bob.api.put("/api/ciphers/share", json=shared(club, ids, place))).json()["data"]
    assert {(row["id"], row["organizationId"], row["object"]) for row in rows} == {
        (each, club.id, "cipherMini") for each in ids
    }
    assert [opened(club, each)["collectionIds"] for each in ids] == [[place]] * 2
    again = bob.api.post("/api/ciphers/share", json=shared(club, ids, place))
    assert refusal(again) == "Trying to share ciphers that you do not own."


def test_what_cannot_be_given_away(club: Club, bob: Person) -> None:
    place = places(club)[0]
    mine = ok(bob.api.post("/api/ciphers", json=login_item())).json()["id"]
    assert bob.api.put("/api/ciphers/share", json=shared(club, [mine], place)).status_code == 404
    club.join(bob)
    assert bob.api.put("/api/ciphers/share", json=shared(club, [mine], place)).status_code == 404

    def found(**more: Any) -> Any:
        return bob.api.put("/api/ciphers/share", json=shared(club, [mine], place) | more).json()["validationErrors"]

    assert found(collectionIds=[]) == {"CollectionIds": ["You must select at least one collection."]}
    assert found(ciphers=[]) == {"Ciphers": ["You must select at least one cipher."]}
    (row,) = bob.api.get("/api/ciphers").json()["data"]
    assert (row["id"], row["organizationId"]) == (mine, None)


def test_many_cost_the_statements_of_few(club: Club) -> None:
    place = places(club)[0]
    api = club.owner.api

    def fresh(count: int) -> list[str]:
        return [make(club, place)["id"] for _ in range(count)]

    def own(count: int) -> list[str]:
        return [ok(api.post("/api/ciphers", json=login_item())).json()["id"] for _ in range(count)]

    def cost(act: str, count: int) -> int:
        if act == "share":
            gift = shared(club, own(count), place)
            return statements_of(club.side, lambda: ok(api.put("/api/ciphers/share", json=gift)))
        chosen = {"ids": (ids := fresh(count)), "organizationId": club.id}
        if act == "restore-admin":
            ok(api.put("/api/ciphers/delete-admin", json=chosen))
        body = {"organizationId": club.id, "cipherIds": ids, "collectionIds": [place]}
        body = body if act == "bulk-collections" else chosen
        method = "POST" if act == "bulk-collections" else "DELETE" if act == "admin" else "PUT"
        return statements_of(club.side, lambda: ok(api.request(method, f"/api/ciphers/{act}", json=body)))

    for act in ("share", "bulk-collections", "delete-admin", "restore-admin", "admin"):
        assert cost(act, 1) == cost(act, 5), act
