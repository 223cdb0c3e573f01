"""Members: invitation by mail, acceptance, confirmation, roles, revocation, removal. The same on both apps."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.support.club import ACCEPTED, ADMIN, CONFIRMED, CUSTOM, INVITED, OWNER, REVOKED, USER, Club, ok, refusal
from tests.support.harness import ENC_STRING, WRAPPED_KEY, Person, Side
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


def test_member_comes_in_by_invitation_acceptance_and_confirmation(club: Club, bob: Person) -> None:
    ok(club.invite("Bob@Acme.example"))
    mail = club.side.mails[-1]
    assert (mail.to, mail.subject) == (bob.email, "Acme invited you to their Bitwarden vault")
    link = club.link(bob.email)
    assert (link["organizationId"], link["email"], link["orgUserHasExistingUser"]) == (club.id, bob.email, "True")
    assert link["token"].startswith("BwOrgUserInviteToken_")
    assert club.member(bob.email)["status"] == INVITED

    ok(club.accept(bob))
    accepted = club.member(bob.email)
    assert (accepted["status"], accepted["name"], accepted["userId"]) == (ACCEPTED, "Bob", bob.user_id)

    keys = club.owner.api.post(f"{club.path}/public-keys", json={"ids": [accepted["id"]]}).json()["data"]
    assert [(key["id"], key["userId"]) for key in keys] == [(accepted["id"], bob.user_id)]
    ok(club.owner.api.post(f"{club.path}/{accepted['id']}/confirm", json={"key": WRAPPED_KEY}))
    assert club.side.mails[-1].subject == "You have been confirmed to Acme"
    profile = bob.api.get("/api/accounts/profile").json()
    mine = [(each["id"], each["status"], each["key"]) for each in profile["organizations"]]
    assert mine == [(club.id, CONFIRMED, WRAPPED_KEY)]


def test_stranger_is_invited_to_make_an_account(club: Club) -> None:
    ok(club.invite("new@acme.example"))
    assert club.side.mails[-1].subject == "Acme set up a Bitwarden account for you"
    assert club.link("new@acme.example")["orgUserHasExistingUser"] == "False"


def test_known_addresses_are_skipped_silently(club: Club, bob: Person) -> None:
    club.join(bob)
    before = len(club.side.mails)
    ok(club.invite(bob.email, club.owner.email, "new@acme.example", "NEW@acme.example"))
    assert [mail.to for mail in club.side.mails[before:]] == ["new@acme.example"]


@pytest.mark.parametrize(
    ("emails", "text"),
    [
        ([], "An email is required."),
        (["x@y.zz", "nobody"], "Email #2 is not valid."),
        ([f"a{n}@y.zz" for n in range(21)], "You can only submit up to 20 emails at a time."),
    ],
)
def test_addresses_are_checked(club: Club, emails: list[str], text: str) -> None:
    answer = club.invite(*emails)
    assert answer.status_code == 400
    assert answer.json()["validationErrors"] == {"Emails": [text]}


def test_token_of_another_invitation_is_refused(club: Club, bob: Person, carol: Person) -> None:
    ok(club.invite(bob.email, carol.email))
    assert refusal(club.accept(bob, club.link(carol.email)["token"])) == "Invalid token."
    assert refusal(club.accept(bob, "BwOrgUserInviteToken_AAAA")) == "Invalid token."


def test_token_in_other_hands_is_refused(club: Club, bob: Person, carol: Person) -> None:
    ok(club.invite(bob.email))
    member = club.member(bob.email)["id"]
    body = {"token": club.link(bob.email)["token"]}
    answer = carol.api.post(f"{club.path}/{member}/accept", json=body)
    assert refusal(answer) == "User email does not match invite."


def test_token_lives_five_days_and_can_be_sent_again(club: Club, bob: Person) -> None:
    ok(club.invite(bob.email))
    club.side.clock.advance(timedelta(days=5))
    bob.log_in()
    club.owner.log_in()
    assert refusal(club.accept(bob)) == "Expired token."
    ok(club.owner.api.post(f"{club.path}/{club.member(bob.email)['id']}/reinvite"))
    ok(club.accept(bob))


def test_reinviting_reports_for_each(club: Club, bob: Person) -> None:
    member = club.join(bob)
    ok(club.invite("new@acme.example"))
    invited = club.member("new@acme.example")["id"]
    answer = club.owner.api.post(f"{club.path}/reinvite", json={"ids": [member, invited]}).json()["data"]
    assert {row["id"]: row["error"] for row in answer} == {member: "User invalid.", invited: ""}
    assert refusal(club.owner.api.post(f"{club.path}/{member}/reinvite")) == "User invalid."


def test_only_accepted_members_are_confirmed(club: Club, bob: Person) -> None:
    ok(club.invite(bob.email))
    member = club.member(bob.email)["id"]
    answer = club.owner.api.post(f"{club.path}/{member}/confirm", json={"key": WRAPPED_KEY})
    assert refusal(answer) == "User not valid."


def test_role_decides_what_a_member_may_do(club: Club, bob: Person, carol: Person) -> None:
    member = club.join(bob)
    assert bob.api.get(club.path).status_code == 404
    assert [row["email"] for row in bob.api.get(f"{club.path}/mini-details").json()["data"]]
    ok(club.owner.api.put(f"{club.path}/{member}", json={"collections": [], "type": ADMIN}))
    assert bob.api.get(club.path).status_code == 200
    text = "Only an Owner can configure another Owner's account."
    assert refusal(club.invite(carol.email, by=bob, type=OWNER)) == text


def test_custom_member_manages_users_only(club: Club, bob: Person, carol: Person) -> None:
    member = club.join(bob, type=CUSTOM, permissions={"manageUsers": True})
    shown = club.owner.api.get(f"{club.path}/{member}").json()
    assert (shown["permissions"]["manageUsers"], shown["permissions"]["manageSso"]) == (True, False)
    assert refusal(club.invite(carol.email, by=bob, type=ADMIN)) == "Custom users can not manage Admins or Owners."
    ok(club.invite(carol.email, by=bob))
    assert bob.api.get(f"/api/organizations/{club.id}/policies").status_code == 403


def test_organization_keeps_a_confirmed_owner(club: Club, bob: Person) -> None:
    text = "Organization must have at least one confirmed owner."
    own = club.member(club.owner.email)["id"]
    assert refusal(club.owner.api.put(f"{club.path}/{own}", json={"collections": [], "type": USER})) == text
    assert refusal(club.owner.api.post(f"/api/organizations/{club.id}/leave")) == text
    club.join(bob, type=OWNER)
    ok(club.owner.api.post(f"/api/organizations/{club.id}/leave"))
    assert club.owner.api.get(f"/api/organizations/{club.id}").status_code == 404


@pytest.mark.parametrize(("verb", "method"), [("remove", "DELETE"), ("revoke", "PUT")])
def test_nobody_removes_themselves_nor_an_owner(club: Club, bob: Person, verb: str, method: str) -> None:
    club.join(bob, type=ADMIN)
    suffix = "" if method == "DELETE" else "/revoke"
    own = club.member(club.owner.email)["id"]
    assert refusal(club.owner.api.request(method, f"{club.path}/{own}{suffix}")) == f"You cannot {verb} yourself."
    by_admin = bob.api.request(method, f"{club.path}/{own}{suffix}")
    assert refusal(by_admin) == f"Only owners can {verb} other owners."


def test_revoked_member_frees_the_seat_and_returns(club: Club, bob: Person) -> None:
    member = club.join(bob)
    ok(club.owner.api.put(f"{club.path}/{member}/revoke"))
    assert club.member(bob.email)["status"] == REVOKED
    assert refusal(club.owner.api.patch(f"{club.path}/{member}/revoke")) == "Already revoked."
    occupied = club.owner.api.get(f"/api/organizations/{club.id}/billing/vnext/metadata").json()
    assert occupied == {"isOnSecretsManagerStandalone": False, "organizationOccupiedSeats": 1}
    ok(club.owner.api.put(f"{club.path}/{member}/restore"))
    assert club.member(bob.email)["status"] == CONFIRMED
    assert refusal(club.owner.api.put(f"{club.path}/{member}/restore")) == "Already active."


def test_removed_member_is_gone_and_can_come_again(club: Club, bob: Person) -> None:
    member = club.join(bob)
    ok(club.owner.api.post(f"{club.path}/{member}/remove"))
    assert club.owner.api.delete(f"{club.path}/{member}").status_code == 404
    assert bob.api.get("/api/accounts/profile").json()["organizations"] == []
    club.join(bob)


def test_removing_several_reports_for_each(club: Club, bob: Person, carol: Person) -> None:
    ids = [club.join(bob), club.join(carol), str(uuid.uuid4())]
    rows = club.owner.api.delete(club.path, json={"ids": ids}).json()["data"]
    assert {row["id"]: row["error"] for row in rows} == {ids[0]: "", ids[1]: ""}


def test_members_of_one_organization_are_unknown_to_another(club: Club, bob: Person) -> None:
    member = club.join(bob)
    other = Club(club.side, club.owner, new_organization(club.owner, "Other")["id"])
    calls: list[Callable[[], Any]] = [
        lambda: club.owner.api.get(f"{other.path}/{member}"),
        lambda: club.owner.api.put(f"{other.path}/{member}", json={"collections": [], "type": ADMIN}),
        lambda: club.owner.api.delete(f"{other.path}/{member}"),
        lambda: club.owner.api.put(f"{other.path}/{member}/revoke"),
        lambda: club.owner.api.put(f"{other.path}/{member}/restore"),
        lambda: bob.api.post(f"{other.path}/{member}/accept", json={"token": "x"}),
    ]
    assert [call().status_code for call in calls] == [404] * len(calls)


def test_free_organization_is_full_with_two(club: Club, bob: Person, cloud: Side) -> None:
    answer = club.owner.api.post(
        "/api/organizations",
        json={
            "name": "Small",
            "billingEmail": "a@b.cc",
            "planType": 0,
            "key": WRAPPED_KEY,
            "keys": {"publicKey": "x", "encryptedPrivateKey": ENC_STRING},
        },
    )
    small = Club(cloud, club.owner, answer.json()["id"])
    ok(small.invite(bob.email))
    assert club.side.mails[-1].subject == "You have been invited to a Bitwarden vault"
    assert refusal(small.invite("third@acme.example")) == "No payment method found."


def test_cloud_buys_seats_up_to_the_limit(club: Club) -> None:
    path = f"/api/organizations/{club.id}"
    ok(club.owner.api.post(f"{path}/subscription", json={"seatAdjustment": -9, "maxAutoscaleSeats": 2}))
    ok(club.invite("one@acme.example"))
    assert club.owner.api.get(path).json()["seats"] == 2
    assert refusal(club.invite("two@acme.example")) == "Seat limit has been reached."
    assert [row["email"] for row in club.owner.api.get(club.path).json()["data"]].count("two@acme.example") == 0


def test_listing_members_takes_the_same_number_of_statements(club: Club, bob: Person, carol: Person) -> None:
    def cost() -> int:
        return statements_of(club.side, lambda: ok(club.owner.api.get(club.path)))

    few = cost()
    club.join(bob)
    club.join(carol)
    ok(club.invite(*(f"m{number}@acme.example" for number in range(7))))
    assert cost() == few


@pytest.mark.parametrize("odd", [[], {}, {"type": 9, "emails": ["a@b.cc"]}, {"type": "2"}, {"emails": 1, "type": 2}])
def test_odd_invitation_is_never_our_fault(club: Club, odd: Any) -> None:
    assert club.owner.api.post(f"{club.path}/invite", json=odd).status_code == 400
    assert club.owner.api.put(f"{club.path}/{uuid.uuid4()}", json=odd).status_code in (400, 404)


def test_invitation_into_an_unknown_collection_is_refused(club: Club) -> None:
    access = [{"id": str(uuid.uuid4()), "readOnly": True}]
    assert club.invite("new@acme.example", collections=access).status_code == 404
    own = club.owner.api.get(f"/api/organizations/{club.id}/collections").json()["data"][0]["id"]
    contradiction = [{"id": own, "readOnly": True, "manage": True}]
    assert "mutually exclusive" in refusal(club.invite("new@acme.example", collections=contradiction))
    ok(club.invite("new@acme.example", collections=[{"id": own, "readOnly": True}]))
    assert club.member("new@acme.example")["collections"] == [
        {"id": own, "readOnly": True, "hidePasswords": False, "manage": False}
    ]
