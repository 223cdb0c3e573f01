"""Several members confirmed, revoked and restored at once; public keys of people. The same on both apps."""

import uuid
from typing import Any

import pytest

from tests.support.club import ACCEPTED, ADMIN, CONFIRMED, CUSTOM, OWNER, REVOKED, Club, ok, refusal
from tests.support.harness import ENC_STRING, PUBLIC_KEY, WRAPPED_KEY, Person, Side
from tests.support.scenarios import new_organization
from tests.support.statements import statements_of


@pytest.fixture
def club(cloud: Side) -> Club:
    owner = cloud.sign_up("olivia@acme.example")
    return Club(cloud, owner, new_organization(owner)["id"])


@pytest.fixture
def bob(cloud: Side) -> Person:
    return cloud.sign_up("bob@acme.example", "Bob")


@pytest.fixture
def carol(cloud: Side) -> Person:
    return cloud.sign_up("carol@acme.example", "Carol")


def accepted(club: Club, *people: Person) -> list[str]:
    ok(club.invite(*(person.email for person in people)))
    for person in people:
        ok(club.accept(person))
    return [club.member(person.email)["id"] for person in people]


def outcomes(answer: Any) -> dict[str, str]:
    rows = ok(answer).json()["data"]
    assert {row["object"] for row in rows} <= {"OrganizationBulkConfirmResponseModel"}
    return {row["id"]: row["error"] for row in rows}


def choose(club: Club, verb: str, *ids: str, by: Person | None = None) -> Any:
    return (by or club.owner).api.put(f"{club.path}/{verb}", json={"ids": list(ids)})


def keys(*ids: str) -> dict[str, Any]:
    return {"keys": [{"id": each, "key": WRAPPED_KEY} for each in ids]}


def test_public_key_is_told_to_every_signed_in_user(side: Side) -> None:
    alice, stranger = side.sign_up("alice@acme.example"), side.sign_up("stranger@acme.example")
    path = f"/api/users/{alice.user_id}"
    key = stranger.api.get(f"{path}/public-key").json()
    assert key == {"userId": alice.user_id, "publicKey": PUBLIC_KEY, "object": "userKey"}
    everything = stranger.api.get(f"{path}/keys").json()
    assert everything == {
        "verifyingKey": None,
        "signedPublicKey": None,
        "publicKey": PUBLIC_KEY,
        "object": "publicKeys",
    }
    for name in ("public-key", "keys"):
        unknown = stranger.api.get(f"/api/users/{uuid.uuid4()}/{name}")
        assert (unknown.status_code, unknown.json()["message"]) == (404, "Resource not found.")
        assert side.client.get(f"{path}/{name}").status_code == 401


def test_several_are_confirmed_and_mailed(club: Club, bob: Person, carol: Person) -> None:
    ids = accepted(club, bob, carol)
    ok(club.invite("dave@acme.example"))
    invited = club.member("dave@acme.example")["id"]
    told = outcomes(club.owner.api.post(f"{club.path}/confirm", json=keys(*ids, invited, str(uuid.uuid4()))))
    assert told == dict.fromkeys(ids, "")
    assert sorted(mail.to for mail in club.side.mails if mail.subject == "You have been confirmed to Acme") == [
        bob.email,
        carol.email,
    ]
    (mine,) = carol.api.get("/api/accounts/profile").json()["organizations"]
    assert (mine["id"], mine["status"], mine["key"]) == (club.id, CONFIRMED, WRAPPED_KEY)


def test_nobody_leads_two_free_organizations(cloud: Side, bob: Person) -> None:
    owner = cloud.sign_up("olivia@acme.example")
    keys_of_free = {"publicKey": "x", "encryptedPrivateKey": ENC_STRING}
    free = {"name": "Small", "billingEmail": "a@b.cc", "planType": 0, "key": WRAPPED_KEY, "keys": keys_of_free}
    club = Club(cloud, owner, ok(owner.api.post("/api/organizations", json=free)).json()["id"])
    ok(club.invite(bob.email, type=ADMIN))
    ok(club.accept(bob))
    member = club.member(bob.email)["id"]
    ok(bob.api.post("/api/organizations", json=free))
    text = "User can only be an admin of 1 free organization vault."
    assert outcomes(owner.api.post(f"{club.path}/confirm", json=keys(member))) == {member: text}
    assert club.member(bob.email)["status"] == ACCEPTED
    ok(owner.api.put(f"{club.path}/{member}/revoke"))
    text = (
        "User is an owner / admin of another free organization vault."
        " Please have them upgrade to a paid plan to restore their account."
    )
    assert outcomes(choose(club, "restore", member)) == {member: text}
    assert refusal(owner.api.put(f"{club.path}/{member}/restore")) == text


def test_revoking_and_restoring_report_for_each(club: Club, bob: Person, carol: Person) -> None:
    mine, ids = club.member(club.owner.email)["id"], [club.join(bob), club.join(carol)]
    ok(club.owner.api.put(f"{club.path}/{ids[1]}/revoke"))
    told = outcomes(choose(club, "revoke", mine, *ids))
    assert told == {mine: "You cannot revoke yourself.", ids[0]: "", ids[1]: "Already revoked."}
    assert [club.member(each.email)["status"] for each in (bob, carol)] == [REVOKED, REVOKED]
    told = outcomes(choose(club, "restore", mine, *ids))
    assert told == {mine: "Already active.", ids[0]: "", ids[1]: ""}
    assert [club.member(each.email)["status"] for each in (bob, carol)] == [CONFIRMED, CONFIRMED]


def test_no_owner_is_revoked_when_none_would_remain(club: Club, bob: Person) -> None:
    mine, other = club.member(club.owner.email)["id"], club.join(bob, type=OWNER)
    told = outcomes(choose(club, "revoke", mine, other))
    assert told == {
        mine: "You cannot revoke yourself.",
        other: "Organization must have at least one confirmed owner.",
    }
    assert outcomes(choose(club, "revoke", other)) == {other: ""}


def test_who_manages_users_only_touches_no_leader(club: Club, bob: Person, carol: Person) -> None:
    admin = club.join(carol, type=ADMIN)
    club.join(bob, type=CUSTOM, permissions={"manageUsers": True})
    owner = club.member(club.owner.email)["id"]
    dan = club.side.sign_up("dan@acme.example")
    second = club.join(dan, type=OWNER)
    told = outcomes(choose(club, "revoke", owner, admin, by=bob))
    assert told == {owner: "Only owners can revoke other owners.", admin: "Custom users can not revoke admins."}
    outcomes(choose(club, "revoke", second, admin))
    told = outcomes(choose(club, "restore", second, admin, by=bob))
    assert told == {second: "Only owners can restore other owners.", admin: "Custom users can not restore admins."}


def test_restoring_needs_seats_for_all_chosen(club: Club, bob: Person, carol: Person) -> None:
    ids = [club.join(bob), club.join(carol)]
    outcomes(choose(club, "revoke", *ids))
    limit = {"seatAdjustment": -8, "maxAutoscaleSeats": 2}
    ok(club.owner.api.post(f"/api/organizations/{club.id}/subscription", json=limit))
    assert refusal(choose(club, "restore", *ids)) == "Seat limit has been reached."
    assert club.member(bob.email)["status"] == REVOKED
    assert outcomes(choose(club, "restore", ids[0])) == {ids[0]: ""}


def test_members_of_another_organization_have_no_outcome(club: Club, bob: Person) -> None:
    member = club.join(bob)
    other = Club(club.side, club.owner, new_organization(club.owner, "Other")["id"])
    assert outcomes(other.owner.api.post(f"{other.path}/confirm", json=keys(member))) == {}
    assert outcomes(choose(other, "revoke", member)) == {}
    assert refusal(choose(other, "restore", member)) == "Users invalid."
    for verb in ("revoke", "restore"):
        assert choose(club, verb, member, by=bob).status_code in (403, 404)
        assert choose(club, verb).status_code == 400
    assert bob.api.post(f"{club.path}/confirm", json=keys(member)).status_code in (403, 404)
    assert club.member(bob.email)["status"] == CONFIRMED


def test_an_invited_one_of_another_organization_is_invalid(club: Club) -> None:
    other = Club(club.side, club.owner, new_organization(club.owner, "Other")["id"])
    ids = []
    for each in (other, club):
        ok(each.invite(f"new@{each.id}.example"))
        ids.append(each.member(f"new@{each.id}.example")["id"])
    sent = len(club.side.mails)
    rows = ok(club.owner.api.post(f"{club.path}/reinvite", json={"ids": ids})).json()["data"]
    assert [(row["id"], row["error"]) for row in rows] == [(ids[0], "User invalid."), (ids[1], "")]
    assert [mail.to for mail in club.side.mails[sent:]] == [f"new@{club.id}.example"]


DELIVERY_OF_A_MAIL = 1
"""Statements of the outbox, for each mail, after the answer."""


@pytest.mark.parametrize(("verb", "for_each"), [("confirm", DELIVERY_OF_A_MAIL), ("revoke", 0), ("restore", 0)])
def test_many_cost_the_statements_of_few(club: Club, verb: str, for_each: int) -> None:
    people = [club.side.sign_up(f"m{number}@acme.example") for number in range(6)]
    ids = accepted(club, *people)
    if verb == "restore":
        outcomes(choose(club, "revoke", *ids))

    def cost(*some: str) -> int:
        if verb == "confirm":
            return statements_of(club.side, lambda: ok(club.owner.api.post(f"{club.path}/confirm", json=keys(*some))))
        return statements_of(club.side, lambda: ok(choose(club, verb, *some)))

    one = cost(ids[0])
    assert cost(*ids[1:]) == one + for_each * 4


def test_collections_and_groups_are_told_when_asked_for(club: Club) -> None:
    def told(query: str) -> list[Any]:
        (row,) = ok(club.owner.api.get(f"{club.path}{query}")).json()["data"]
        return [row["collections"], row["groups"]]

    assert told("") == [[], []]
    (own,) = told("?IncludeCollections=True")[0]
    assert own["manage"] is True
    assert told("?includeCollections=false&includeGroups=true") == [[], []]
    assert club.owner.api.get(f"{club.path}?includeCollections=perhaps").status_code == 400
