"""Groups: who is in them, which collections they may use, who changes them. The same on both apps."""

import uuid
from typing import Any

import pytest

from tests.support.club import CUSTOM, Club, ok, refusal
from tests.support.harness import ENC_STRING, Person, Side
from tests.support.scenarios import new_organization
from tests.support.statements import statements_of
from tests.support.vault import login_item


@pytest.fixture
def club(cloud: Side) -> Club:
    owner = cloud.sign_up("olivia@acme.example")
    return Club(cloud, owner, new_organization(owner)["id"]).let_administrators_in()


@pytest.fixture
def bob(cloud: Side) -> Person:
    return cloud.sign_up("bob@acme.example", "Bob")


def groups(club: Club, path: str = "") -> str:
    return f"/api/organizations/{club.id}/groups{path}"


def collection(club: Club) -> str:
    found: str = ok(club.owner.api.get(f"/api/organizations/{club.id}/collections")).json()["data"][0]["id"]
    return found


def access(collection_id: str, **more: bool) -> dict[str, Any]:
    return {"id": collection_id, "readOnly": False, "hidePasswords": False, "manage": False} | more


def make(club: Club, name: str = "Ops", **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = ok(club.owner.api.post(groups(club), json={"name": name} | more)).json()
    return made


def test_a_group_is_made_opened_changed_and_deleted(club: Club, bob: Person) -> None:
    member, place = club.join(bob), collection(club)
    made = make(club, collections=[access(place, readOnly=True)], users=[member])
    plain = {"id": made["id"], "organizationId": club.id, "name": "Ops", "externalId": None, "object": "group"}
    assert made == plain
    path = groups(club, f"/{made['id']}")
    details = plain | {"collections": [access(place, readOnly=True)], "object": "groupDetails"}
    assert club.owner.api.get(path).json() == plain
    assert club.owner.api.get(f"{path}/details").json() == details
    assert club.owner.api.get(groups(club, "/details")).json()["data"] == [details]
    assert club.owner.api.get(f"{path}/users").json() == [member]
    assert club.member(bob.email)["groups"] == [made["id"]]
    assert club.owner.api.get(f"{club.path}/{member}?includeGroups=true").json()["groups"] == [made["id"]]

    changed = ok(club.owner.api.put(path, json={"name": "Dev", "collections": [], "users": []})).json()
    assert changed == plain | {"name": "Dev"}
    assert club.owner.api.get(f"{path}/details").json()["collections"] == []
    assert club.owner.api.get(f"{path}/users").json() == []

    ok(club.owner.api.delete(path))
    assert club.owner.api.get(path).status_code == 404
    assert club.owner.api.delete(path).status_code == 404


def test_several_go_together_or_none(club: Club) -> None:
    ids = [make(club, name)["id"] for name in ("Ops", "Dev")]
    other = Club(club.side, club.owner, new_organization(club.owner, "Other")["id"])
    assert other.owner.api.delete(groups(other), json={"ids": ids}).status_code == 404
    assert len(club.owner.api.get(groups(club)).json()["data"]) == 2
    ok(club.owner.api.post(groups(club, "/delete"), json={"ids": [*ids, str(uuid.uuid4())]}))
    assert club.owner.api.get(groups(club)).json()["data"] == []


def test_a_member_leaves_a_group(club: Club, bob: Person) -> None:
    member = club.join(bob)
    group = make(club, users=[member])["id"]
    assert club.owner.api.delete(groups(club, f"/{group}/user/{uuid.uuid4()}")).status_code == 404
    ok(club.owner.api.delete(groups(club, f"/{group}/user/{member}")))
    assert club.owner.api.get(groups(club, f"/{group}/users")).json() == []
    ok(club.owner.api.post(groups(club, f"/{group}/delete-user/{member}")))


def test_groups_come_with_an_invitation_and_change_with_the_role(club: Club, bob: Person) -> None:
    ops, dev = make(club, "Ops")["id"], make(club, "Dev")["id"]
    member = club.join(bob, groups=[ops])
    assert club.member(bob.email)["groups"] == [ops]
    ok(club.owner.api.put(f"{club.path}/{member}", json={"collections": [], "type": 2, "groups": [dev]}))
    assert club.member(bob.email)["groups"] == [dev]
    ok(club.owner.api.put(f"{club.path}/{member}", json={"collections": [], "type": 2}))
    assert club.member(bob.email)["groups"] == [dev]
    refused = club.owner.api.put(
        f"{club.path}/{member}", json={"collections": [], "type": 2, "groups": [str(uuid.uuid4())]}
    )
    assert refused.status_code == 404
    assert club.member(bob.email)["groups"] == [dev]
    assert club.invite("new@acme.example", groups=[str(uuid.uuid4())]).status_code == 404


def shared_item(club: Club, place: str) -> str:
    body = {"cipher": login_item(organizationId=club.id), "collectionIds": [place]}
    found: str = ok(club.owner.api.post("/api/ciphers/create", json=body)).json()["id"]
    return found


def test_what_a_group_may_use_its_members_see(club: Club, bob: Person) -> None:
    member, place = club.join(bob), collection(club)
    item = shared_item(club, place)

    def sync() -> Any:
        return bob.api.get("/api/sync").json()

    assert sync()["ciphers"] == []
    group = make(club, collections=[access(place, readOnly=True, hidePasswords=True)], users=[member])["id"]
    (seen,) = sync()["ciphers"]
    assert (seen["id"], seen["edit"], seen["viewPassword"]) == (item, False, False)
    assert seen["collectionIds"] == [place]
    (where,) = sync()["collections"]
    assert (where["id"], where["readOnly"], where["hidePasswords"], where["manage"]) == (place, True, True, False)
    assert bob.api.delete(f"/api/ciphers/{item}").status_code == 400

    second = make(club, "Dev", collections=[access(place, manage=True)], users=[member])["id"]
    (seen,) = sync()["ciphers"]
    assert (seen["edit"], seen["viewPassword"], seen["collectionIds"]) == (True, True, [place])
    (where,) = sync()["collections"]
    assert (where["readOnly"], where["hidePasswords"], where["manage"]) == (False, False, True)

    assigned = {"name": ENC_STRING, "users": [access(member, readOnly=True)]}
    ok(club.owner.api.put(f"/api/organizations/{club.id}/collections/{place}", json=assigned))
    (seen,) = sync()["ciphers"]
    assert (seen["edit"], seen["viewPassword"]) == (False, True)  # an assignment in person alone counts

    ok(club.owner.api.delete(groups(club), json={"ids": [group, second]}))
    assert [each["readOnly"] for each in sync()["collections"]] == [True]


def test_a_collection_says_which_groups_use_it(club: Club, bob: Person) -> None:
    member, place = club.join(bob), collection(club)
    group = make(club, users=[member])["id"]
    path = f"/api/organizations/{club.id}/collections"
    body = {"name": ENC_STRING, "groups": [access(group, manage=True)], "users": []}
    changed = ok(club.owner.api.put(f"{path}/{place}", json=body)).json()
    assert (changed["groups"], changed["users"], changed["unmanaged"]) == ([access(group, manage=True)], [], False)
    (mine,) = bob.api.get(f"{path}/details").json()["data"]
    assert (mine["id"], mine["manage"], mine["assigned"]) == (place, True, True)
    new = ok(club.owner.api.post(path, json=body)).json()
    assert club.owner.api.get(f"{path}/{new['id']}/details").json()["groups"] == [access(group, manage=True)]
    stays = ok(club.owner.api.put(f"{path}/{place}", json={"name": ENC_STRING})).json()
    assert stays["groups"] == [access(group, manage=True)]
    foreign = body | {"groups": [access(str(uuid.uuid4()))]}
    assert club.owner.api.put(f"{path}/{place}", json=foreign).status_code == 404
    ok(bob.api.delete(f"{path}/{new['id']}"))  # who manages it through a group may delete it


def test_who_may_do_what(club: Club, bob: Person) -> None:
    place = collection(club)
    group = make(club)["id"]
    member = club.join(bob)
    body = {"name": "Dev", "collections": [], "users": [member]}
    calls = [
        ("GET", "/details"),
        ("GET", f"/{group}"),
        ("GET", f"/{group}/details"),
        ("GET", f"/{group}/users"),
        ("POST", ""),
        ("PUT", f"/{group}"),
        ("DELETE", f"/{group}"),
        ("DELETE", f"/{group}/user/{member}"),
    ]
    assert {bob.api.request(verb, groups(club, path), json=body).status_code for verb, path in calls} <= {403, 404}
    assert len(bob.api.get(groups(club)).json()["data"]) == 1  # whoever may make collections assigns groups to them
    ok(
        club.owner.api.put(
            f"{club.path}/{member}", json={"collections": [], "type": CUSTOM, "permissions": {"manageGroups": True}}
        )
    )
    bob.log_in()
    ok(bob.api.put(groups(club, f"/{group}"), json=body | {"collections": [access(place)]}))
    assert bob.api.get(groups(club, f"/{group}/details")).json()["collections"] == [access(place)]


def test_foreign_groups_members_and_collections_are_unknown(club: Club, bob: Person) -> None:
    member, place = club.join(bob), collection(club)
    group = make(club)["id"]
    other = Club(club.side, club.owner, new_organization(club.owner, "Other")["id"])
    for verb, path in (("GET", ""), ("GET", "/details"), ("GET", "/users"), ("PUT", ""), ("DELETE", "")):
        answer = club.owner.api.request(verb, groups(other, f"/{group}{path}"), json={"name": "Dev"})
        assert (answer.status_code, answer.json()["message"]) == (404, "Resource not found.")
    for more in ({"users": [member]}, {"collections": [access(place)]}):
        assert other.owner.api.post(groups(other), json={"name": "Dev"} | more).status_code == 404
        own = make(other)["id"]
        assert other.owner.api.put(groups(other, f"/{own}"), json={"name": "Dev"} | more).status_code == 404
        assert other.owner.api.get(groups(other, f"/{own}")).json()["name"] == "Ops"


def test_what_is_refused_in_words(club: Club) -> None:
    both = [access(collection(club), manage=True, readOnly=True)]
    assert "mutually exclusive" in refusal(club.owner.api.post(groups(club), json={"name": "Ops", "collections": both}))
    group = make(club)["id"]
    assert "mutually exclusive" in refusal(
        club.owner.api.put(groups(club, f"/{group}"), json={"name": "Ops", "collections": both})
    )
    long = club.owner.api.post(groups(club), json={"name": "x" * 101}).json()["validationErrors"]
    assert long == {"Name": ["The field Name must be a string with a maximum length of 100."]}


def test_many_groups_and_members_cost_the_statements_of_few(club: Club) -> None:
    place = collection(club)

    def cost(path: str) -> int:
        return statements_of(club.side, lambda: ok(club.owner.api.get(path)))

    def add(number: int) -> None:
        ok(club.invite(f"m{number}@acme.example"))
        member = club.member(f"m{number}@acme.example")["id"]
        make(club, f"g{number}", users=[member], collections=[access(place)])

    paths = [groups(club), groups(club, "/details"), f"{club.path}?includeGroups=true&includeCollections=true"]
    add(0)
    few = [cost(path) for path in paths]
    for number in range(1, 5):
        add(number)
    assert [cost(path) for path in paths] == few
