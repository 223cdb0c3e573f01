"""What somebody with an invitation, or a place, may read of an organization's policies. The same on both apps."""

import uuid
from typing import Any

import pytest

from tests.support.club import Club, ok
from tests.support.harness import Person, Side
from tests.support.scenarios import new_organization

MASTER_PASSWORD, SINGLE_ORG = 1, 3
FAMILIES_ANNUALLY = 22


@pytest.fixture
def club(cloud: Side) -> Club:
    owner = cloud.sign_up("olivia@acme.example")
    club = Club(cloud, owner, new_organization(owner)["id"])
    path = f"/api/organizations/{club.id}/policies"
    ok(owner.api.put(f"{path}/{MASTER_PASSWORD}", json={"policy": {"enabled": True, "data": {"minLength": 14}}}))
    ok(owner.api.put(f"{path}/{SINGLE_ORG}", json={"policy": {"enabled": False}}))
    return club


@pytest.fixture
def bob(cloud: Side) -> Person:
    return cloud.sign_up("bob@acme.example", "Bob")


def by_link(club: Club, invited: str, /, **changes: Any) -> Any:
    link = club.link(invited)
    query = {name: link[name] for name in ("token", "email", "organizationUserId")} | changes
    return club.side.client.get(f"/api/organizations/{club.id}/policies/token", params=query)


def test_the_link_of_an_invitation_opens_the_enabled_policies(club: Club) -> None:
    ok(club.invite("new@acme.example"))
    (row,) = ok(by_link(club, "new@acme.example")).json()["data"]
    del row["revisionDate"], row["id"]
    assert row == {
        "organizationId": club.id,
        "type": MASTER_PASSWORD,
        "data": {"minLength": 14},
        "enabled": True,
        "object": "policy",
    }


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"token": "BwOrgUserInviteToken_forged"}, 404),
        ({"token": ""}, 404),
        ({"email": "other@acme.example"}, 404),
        ({"organizationUserId": str(uuid.uuid4())}, 404),
        ({"organizationUserId": "nobody"}, 400),
    ],
)
def test_nothing_else_does(club: Club, wrong: dict[str, str], status: int) -> None:
    ok(club.invite("new@acme.example"))
    assert by_link(club, "new@acme.example", **wrong).status_code == status


def test_the_link_opens_no_other_organization(club: Club) -> None:
    ok(club.invite("new@acme.example"))
    other = Club(club.side, club.owner, new_organization(club.owner, "Other")["id"])
    other.link = club.link  # type: ignore[method-assign]
    assert by_link(other, "new@acme.example").status_code == 404


def test_a_plan_without_policies_tells_none(cloud: Side) -> None:
    owner = cloud.sign_up("olivia@acme.example")
    families = new_organization(owner, "Home", FAMILIES_ANNUALLY, additionalSeats=0)["id"]
    club = Club(cloud, owner, families)
    ok(club.invite("new@acme.example"))
    assert by_link(club, "new@acme.example").status_code == 404
    assert owner.api.get(f"/api/organizations/{families}/policies/master-password").status_code == 404


def test_who_has_a_place_reads_what_a_master_password_must_be(club: Club, bob: Person) -> None:
    path = f"/api/organizations/{club.id}/policies/master-password"
    assert bob.api.get(path).status_code in (403, 404)
    assert club.side.client.get(path).status_code == 401
    ok(club.invite(bob.email))
    assert bob.api.get(path).status_code in (403, 404)
    ok(club.accept(bob))
    found = ok(bob.api.get(path)).json()
    assert (found["type"], found["data"], found["object"]) == (MASTER_PASSWORD, {"minLength": 14}, "policy")
    ok(
        club.owner.api.put(
            f"/api/organizations/{club.id}/policies/{MASTER_PASSWORD}", json={"policy": {"enabled": False}}
        )
    )
    assert bob.api.get(path).status_code == 404
