"""What policies say to who is let in, restored, or founds an organization. The same on both apps.

fidelity.md: policies.kept.
"""

from typing import Any

import pytest

from tests.support.club import ADMIN, CONFIRMED, REVOKED, USER, Club, ok, refusal
from tests.support.harness import WRAPPED_KEY, Person, Side
from tests.support.scenarios import new_organization

TWO_STEP, SINGLE_ORG, AUTOMATIC = 0, 3, 18


@pytest.fixture
def club(cloud: Side) -> Club:
    owner = cloud.sign_up("olivia@acme.example")
    return Club(cloud, owner, new_organization(owner)["id"])


@pytest.fixture
def bob(cloud: Side) -> Person:
    return cloud.sign_up("bob@acme.example")


def switch(club: Club, *numbers: int, on: bool = True) -> None:
    for number in numbers:
        path = f"/api/organizations/{club.id}/policies/{number}"
        ok(club.owner.api.put(path, json={"policy": {"enabled": on}}))


def free(person: Person) -> Any:
    return new_organization(person, "Elsewhere", plan_type=0, additionalSeats=0)


def confirm(club: Club, person: Person) -> Any:
    member = club.member(person.email)["id"]
    return club.owner.api.post(f"{club.path}/{member}/confirm", json={"key": WRAPPED_KEY})


def restore(club: Club, person: Person) -> Any:
    member = club.member(person.email)["id"]
    return club.owner.api.put(f"{club.path}/{member}/restore/vnext", json={})


def test_an_invitation_is_taken_by_nobody_who_is_elsewhere(club: Club, bob: Person) -> None:
    switch(club, SINGLE_ORG)
    ok(club.invite(bob.email))
    free(bob)
    told = "You cannot accept this invite until you leave all other organization vaults."
    assert refusal(club.accept(bob)) == told
    switch(club, AUTOMATIC)
    assert refusal(club.accept(bob)) == f"Cannot confirm {bob.email} until they leave all other organization vaults."
    switch(club, AUTOMATIC, SINGLE_ORG, on=False)
    ok(club.accept(bob))


def test_administrators_may_be_elsewhere(club: Club, bob: Person) -> None:
    switch(club, SINGLE_ORG, TWO_STEP)
    free(bob)
    club.join(bob, type=ADMIN)
    assert club.member(bob.email)["status"] == CONFIRMED


def test_whoever_is_bound_to_one_organization_joins_and_founds_no_other(cloud: Side, club: Club, bob: Person) -> None:
    switch(club, SINGLE_ORG)
    club.join(bob)
    paula = cloud.sign_up("paula@other.example")
    other = Club(cloud, paula, new_organization(paula, "Other")["id"])
    ok(other.invite(bob.email))
    told = "You cannot accept this invite because you are a member of another organization vault which forbids it."
    assert refusal(other.accept(bob)) == told
    body = {"name": "Mine", "billingEmail": bob.email, "planType": 0, "key": WRAPPED_KEY}
    body |= {"keys": {"publicKey": "cHVi", "encryptedPrivateKey": WRAPPED_KEY}}
    founded = bob.api.post("/api/organizations", json=body)
    assert refusal(founded).startswith("You cannot create a new organization vault because your current membership")


def test_two_step_login_comes_first(club: Club, bob: Person) -> None:
    ok(club.invite(bob.email))
    switch(club, TWO_STEP)
    told = "You cannot join this organization vault until you enable two-step login on your user account."
    assert refusal(club.accept(bob)) == told
    switch(club, TWO_STEP, on=False)
    ok(club.accept(bob))
    switch(club, TWO_STEP)
    assert refusal(restore(club, bob)) == f"{bob.email} is not compliant with the two-step login policy."
    free(bob)
    switch(club, SINGLE_ORG)
    both = f"{bob.email} is not compliant with the single organization membership and two-step login policy."
    assert refusal(restore(club, bob)) == both
    switch(club, TWO_STEP, on=False)
    alone = f"{bob.email} cannot be restored until they leave all other organization vaults."
    assert refusal(restore(club, bob)) == alone
    many = club.owner.api.put(f"{club.path}/restore", json={"ids": [club.member(bob.email)["id"]]})
    assert [each["error"] for each in ok(many).json()["data"]] == [alone]


def test_who_is_an_administrator_no_more_is_not_confirmed(club: Club, bob: Person) -> None:
    switch(club, SINGLE_ORG)
    free(bob)
    ok(club.invite(bob.email, type=ADMIN))
    ok(club.accept(bob))
    member = club.member(bob.email)["id"]
    ok(club.owner.api.put(f"{club.path}/{member}", json={"type": USER, "collections": [], "groups": []}))
    told = f"{bob.email} cannot be confirmed until they leave all other organization vaults."
    assert refusal(confirm(club, bob)) == told
    many = ok(club.owner.api.post(f"{club.path}/confirm", json={"keys": [{"id": member, "key": WRAPPED_KEY}]}))
    assert [each["error"] for each in many.json()["data"]] == [told]
    switch(club, TWO_STEP)
    assert club.member(bob.email)["status"] == REVOKED
