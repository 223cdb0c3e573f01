"""What members may do with collections, and the list of one's own organizations: the same on both sides."""

from tests.support.harness import Pair, Person
from tests.support.scenarios import license_loop

RIGHTS = {
    "limitCollectionCreation": True,
    "limitCollectionDeletion": True,
    "limitItemDeletion": True,
    "allowAdminAccessToAllCollectionItems": False,
}


def test_owners_say_what_members_may_do(pair: Pair) -> None:
    here = license_loop(pair)
    there = pair.cloud_owner.api.get("/api/organizations").json()["data"][0]["id"]
    for side, owner, organization in ((pair.cloud, pair.cloud_owner, there), (pair.selfhost, pair.owner, here)):
        path = f"/api/organizations/{organization}"
        stranger = side.sign_up("stranger@acme.example")
        assert stranger.api.put(f"{path}/collection-management", json=RIGHTS).status_code == 404
        saved = owner.api.put(f"{path}/collection-management", json=RIGHTS).json()
        assert {name: saved[name] for name in RIGHTS} == RIGHTS
        assert saved["object"] == "organization"
        assert _mine(owner) == RIGHTS
        owner.api.put(f"{path}/collection-management", json={})
        assert _mine(owner) == dict.fromkeys(RIGHTS, False)


def _mine(owner: Person) -> dict[str, bool]:
    listed = owner.api.get("/api/organizations").json()
    assert listed["object"] == "list"
    assert listed["data"] == owner.api.get("/api/accounts/profile").json()["organizations"]
    return {name: listed["data"][0][name] for name in RIGHTS}
