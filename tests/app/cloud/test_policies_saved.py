"""What a policy needs, what needs it, and whom it revokes. fidelity.md: policies.saved."""

from typing import Any

import pytest

from tests.support.club import ADMIN, CONFIRMED, REVOKED, Club, ok, refusal
from tests.support.harness import Person, Side
from tests.support.scenarios import new_organization

TWO_STEP, SINGLE_ORG, REQUIRE_SSO, DISABLE_SEND, SEND_OPTIONS, RECOVERY, TIMEOUT = 0, 3, 4, 6, 7, 8, 9
SEND_CONTROLS = 21
TRUSTED_DEVICES = 2


@pytest.fixture
def club(cloud: Side) -> Club:
    owner = cloud.sign_up("olivia@acme.example")
    return Club(cloud, owner, new_organization(owner)["id"])


def put(club: Club, number: int, enabled: bool = True, data: Any = None) -> Any:
    body = {"policy": {"enabled": enabled, "data": data}}
    return club.owner.api.put(f"/api/organizations/{club.id}/policies/{number}", json=body)


def policies(club: Club) -> dict[int, tuple[bool, Any]]:
    rows = club.owner.api.get(f"/api/organizations/{club.id}/policies").json()["data"]
    return {row["type"]: (row["enabled"], row["data"]) for row in rows}


def controls(**told: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(("whoCanAccess", "allowedDomains", "deletionHours", "allowedSendTypes"))
    return {"disableSend": False, "disableHideEmail": False} | nothing | told


def test_only_policies_that_were_set_are_listed_and_the_one_for_sends(club: Club) -> None:
    assert policies(club) == {SEND_CONTROLS: (False, controls())}
    saved = ok(put(club, TIMEOUT - 7, enabled=False, data={})).json()
    assert saved["data"] is None
    assert policies(club) == {2: (False, {}), SEND_CONTROLS: (False, controls())}
    one = ok(club.owner.api.get(f"/api/organizations/{club.id}/policies/{SEND_CONTROLS}")).json()
    assert (one["type"], one["enabled"], one["canToggleState"]) == (SEND_CONTROLS, False, True)


def test_what_needs_a_single_organization_goes_first(club: Club) -> None:
    needs = "Turn on the Single organization policy because it is required for the {} policy."
    assert refusal(put(club, TIMEOUT)) == needs.format("Vault timeout")
    ok(put(club, TIMEOUT, enabled=False))
    ok(put(club, SINGLE_ORG))
    ok(put(club, TIMEOUT))
    off = "Turn off the Vault timeout policy because it requires the Single organization policy."
    assert refusal(put(club, SINGLE_ORG, enabled=False)) == off
    ok(put(club, RECOVERY))
    many = "Turn off all of the policies that require the Single organization policy."
    assert refusal(put(club, SINGLE_ORG, enabled=False)) == many
    for each in (TIMEOUT, RECOVERY, SINGLE_ORG):
        ok(put(club, each, enabled=False))


def test_trusted_devices_switch_on_what_they_need_and_keep_it(club: Club) -> None:
    sso = {"enabled": True, "identifier": "acme", "data": {"memberDecryptionType": TRUSTED_DEVICES}}
    ok(club.owner.api.post(f"/api/organizations/{club.id}/sso", json=sso))
    on = {number: data for number, (enabled, data) in policies(club).items() if enabled}
    assert on == {SINGLE_ORG: {}, RECOVERY: {"autoEnrollEnabled": True}, REQUIRE_SSO: {}}
    needed = "Trusted device encryption is on and requires this policy."
    assert refusal(put(club, RECOVERY, enabled=False)) == needed
    assert refusal(put(club, RECOVERY, data={"autoEnrollEnabled": False})) == needed
    assert refusal(put(club, REQUIRE_SSO, enabled=False)) == needed


@pytest.mark.parametrize(
    ("number", "data", "told"),
    [
        (DISABLE_SEND, None, (True, controls(disableSend=True))),
        (SEND_OPTIONS, {"disableHideEmail": True}, (True, controls(disableHideEmail=True))),
    ],
)
def test_policies_for_sends_stay_in_step(club: Club, number: int, data: Any, told: Any) -> None:
    ok(put(club, number, data=data))
    assert policies(club)[SEND_CONTROLS] == told
    ok(put(club, SEND_CONTROLS, data={"disableSend": False}))
    found = policies(club)
    assert (found[DISABLE_SEND][0], found[SEND_OPTIONS]) == (False, (False, {"disableHideEmail": False}))


def standings(club: Club, *people: Person) -> list[int]:
    return [club.member(each.email)["status"] for each in people]


def test_members_of_other_organizations_are_revoked_and_mailed(cloud: Side, club: Club) -> None:
    bob, carol, dan = (cloud.sign_up(f"{name}@acme.example") for name in ("bob", "carol", "dan"))
    for person in (bob, carol):
        club.join(person)
    club.join(dan, type=ADMIN)
    for person in (bob, dan):
        new_organization(person, "Elsewhere", plan_type=0, additionalSeats=0)
    before = len(cloud.mails)
    ok(put(club, SINGLE_ORG))
    assert standings(club, bob, carol, dan) == [REVOKED, CONFIRMED, CONFIRMED]
    assert [(mail.to, mail.subject) for mail in cloud.mails[before:]] == [
        (bob.email, "You have been revoked from Acme")
    ]
    ok(put(club, SINGLE_ORG))
    assert len(cloud.mails) == before + 1


def test_members_without_two_step_login_are_revoked_and_mailed(cloud: Side, club: Club) -> None:
    bob = cloud.sign_up("bob@acme.example")
    club.join(bob)
    ok(put(club, TWO_STEP))
    assert standings(club, bob, club.owner) == [REVOKED, CONFIRMED]
    assert (cloud.mails[-1].to, cloud.mails[-1].subject) == (bob.email, "You have been revoked from Acme")


def test_confirmation_by_itself_needs_members_of_one_organization(cloud: Side, club: Club) -> None:
    bob = cloud.sign_up("bob@acme.example")
    ok(put(club, SINGLE_ORG))
    club.join(bob, type=ADMIN)
    new_organization(bob, "Elsewhere", plan_type=0, additionalSeats=0)
    assert refusal(put(club, 18)).startswith("All members must be compliant with the single organization membership")
