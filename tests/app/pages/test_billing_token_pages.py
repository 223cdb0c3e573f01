"""The billing sync token of the cloud: the master password first, the token in answers only, rotation by proof."""

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.harness import ENC_STRING, Person, Side
from tests.support.offers import make_instance, make_sponsor, told
from tests.support.scenarios import billing_sync_token, new_organization
from tests.support.statements import statements
from tests.support.visitor import SCRIPT, Answer, Visitor

TOKEN = re.compile(r'data-testid="billingSyncKey">(\w{30})<')


class Desk:
    """An owner's browser in front of the dialog."""

    def __init__(self, owner: Person, organization_id: str) -> None:
        self.owner, self.id = owner, organization_id
        self.path = f"/organizations/{organization_id}/billing/sync-token"
        self.visitor = Visitor(owner.side).log_in(owner)

    def verify(self, password_hash: str | None = None, *, script: bool = False) -> Answer:
        """View 1."""
        fields = {"masterPasswordHash": password_hash or self.owner.password_hash}
        return self.visitor.submit(self.path, fields, script=script)

    def send(self, shown: str, action: str, **fields: str) -> Answer:
        """The form of a shown view that goes there."""
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', shown))
        target = self.path + action
        assert f'action="{target}"' in shown
        data = {name: html.unescape(value) for name, value in hidden.items()} | fields
        return self.visitor.client.post(target, data=data, headers=SCRIPT)


@pytest.fixture
def owner(cloud: Side) -> Person:
    return cloud.sign_up("olivia@acme.example")


@pytest.fixture
def desk(owner: Person) -> Desk:
    return Desk(owner, str(new_organization(owner)["id"]))


def token_in(answer: Answer) -> str:
    assert answer.status_code == 200, answer.text
    found = TOKEN.search(answer.text)
    assert found, answer.text
    return found[1]


def test_the_form_says_how_the_key_is_derived_and_has_no_password_to_send(desk: Desk) -> None:
    page = desk.visitor.get(desk.path).text
    assert 'data-email="olivia@acme.example"' in page
    assert html.unescape(re.findall(r'data-kdf="([^"]+)"', page)[0]) == (
        '{"type": 0, "iterations": 600000, "memory": null, "parallelism": null}'
    )
    assert re.findall(r'<input[^>]*type="password"[^>]*name=', page) == []
    assert "Generate billing token" in page


def test_the_token_is_made_and_shown_again(desk: Desk) -> None:
    answer = desk.verify()
    token = token_in(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Anyone holding this token can read this license and change sponsorships." in answer.text
    assert "Last sync" not in answer.text
    assert billing_sync_token(desk.owner, desk.id) == token
    page = desk.visitor.get(desk.path).text
    assert "View Billing Token" in page
    assert 'data-testid="continue"' in page
    assert token not in page


def test_a_wrong_password_makes_no_token(desk: Desk) -> None:
    answer = desk.verify("d3Jvbmc=", script=True)
    assert answer.status_code == 400
    assert answer.json["fields"] == {"masterPasswordHash": ["Invalid password."]}
    assert 'data-testid="generateToken"' in desk.visitor.get(desk.path).text


def test_rotation_asks_and_then_replaces_the_token(desk: Desk) -> None:
    first = desk.verify()
    warned = desk.send(first.text, "/rotation-warning")
    assert "After rotating, enter the new token on your self-hosted server" in warned.text
    back = desk.send(warned.text, "")
    assert token_in(back) == token_in(first)
    rotated = desk.send(warned.text, "/rotate")
    assert "Token rotated" in rotated.text
    assert token_in(rotated) not in ("", token_in(first))
    assert billing_sync_token(desk.owner, desk.id) == token_in(rotated)


def test_the_proof_is_no_hash_and_lasts_for_minutes(desk: Desk) -> None:
    shown = desk.verify().text
    assert desk.owner.password_hash not in html.unescape(shown)
    desk.owner.side.clock.advance(timedelta(minutes=16))
    late = desk.send(shown, "/rotation-warning")
    assert (late.status_code, "enter the master password again" in late.json["message"]) == (400, True)


def test_the_proof_is_of_one_person_for_one_organization(desk: Desk) -> None:
    shown = desk.verify().text
    other = Desk(desk.owner, str(new_organization(desk.owner, "Other")["id"]))
    other_page = other.visitor.get(other.path).text
    proof = re.findall(r'name="proof" value="([^"]+)"', shown)[0]
    stolen = other.send(other_page, "", proof=proof)
    assert (stolen.status_code, list(stolen.json["fields"])) == (400, ["proof"])


def test_a_changed_master_password_ends_the_proof(desk: Desk) -> None:
    proof = re.findall(r'name="proof" value="([^"]+)"', desk.verify().text)[0]
    owner = desk.owner
    change = {"masterPasswordHash": owner.password_hash, "newMasterPasswordHash": "bmV3", "key": ENC_STRING}
    changed = owner.api.post("/api/accounts/password", json=change)
    assert changed.status_code == 200, changed.text
    again = Desk(replace(owner, password_hash="bmV3"), desk.id)
    answer = again.send(again.visitor.get(again.path).text, "", proof=proof)
    assert (answer.status_code, answer.json["fields"]) == (400, {"masterPasswordHash": ["Invalid password."]})


def test_a_trial_gets_no_token(owner: Person) -> None:
    desk = Desk(owner, str(new_organization(owner, skipTrial=False)["id"]))
    answer = desk.visitor.get(desk.path)
    assert (answer.status_code, "not available during the free trial" in answer.text) == (400, True)


def test_only_owners_get_here(desk: Desk) -> None:
    side = desk.owner.side
    stranger = Visitor(side).log_in(side.sign_up("eve@example.com"))
    assert stranger.get(desk.path).status_code == 404


def test_what_the_instance_did_since_is_told(cloud: Side) -> None:
    sponsor = make_sponsor(cloud)
    instance = make_instance(sponsor)
    desk = Desk(sponsor.owner, sponsor.id)
    cloud.clock.advance(timedelta(hours=1))
    instance.synced(told())
    assert "Aug 20, 2026, 13:00 UTC" in desk.verify().text
    cloud.clock.advance(timedelta(hours=1))
    rotated = desk.send(desk.send(desk.verify().text, "/rotation-warning").text, "/rotate").text
    assert "Token rotated today; the self-hosted server has not synced since." in rotated
    cloud.clock.advance(timedelta(days=3))
    desk.visitor.log_in(sponsor.owner)
    assert "Token rotated 3 day(s) ago" in desk.verify().text


# --- what it costs


def cost(desk: Desk, act: Callable[[], Answer]) -> int:
    with statements(desk.owner.side) as found:
        assert act().status_code == 200
    return len(found)


def test_nothing_is_asked_of_the_database_twice(desk: Desk) -> None:
    """What is on, session, what is due, standing, subscription, token, (a new one,) last sync, frame.

    While the password is hashed no transaction is open; what was read before is read again in the one that follows.
    """
    shown = desk.visitor.get(desk.path).text
    proof = {"masterPasswordHash": desk.owner.password_hash}
    assert cost(desk, lambda: desk.visitor.get(desk.path)) == 7
    assert cost(desk, lambda: desk.send(shown, "", **proof)) == 12
    assert cost(desk, lambda: desk.send(shown, "", **proof)) == 10
