"""Changing the address of an account, and the mailed password hint; the same on both apps."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.harness import ENC_STRING, Person

KDF = {"kdfType": 0, "iterations": 600_000}


@pytest.fixture
def alice(side: Any) -> Person:
    person: Person = side.sign_up("alice@example.com")
    return person


def _ask(person: Person, new_email: str) -> str:
    body = {"newEmail": new_email, "masterPasswordHash": person.password_hash}
    answer = person.api.post("/api/accounts/email-token", json=body)
    assert (answer.status_code, answer.content) == (200, b"")
    return next((word for word in person.side.mails[-1].text.split() if word.isdigit() and len(word) == 6), "")


def _change(person: Person, new_email: str, token: str, **changes: Any) -> Any:
    body = {"newEmail": new_email, "token": token, "masterPasswordHash": person.password_hash}
    flat = {"newMasterPasswordHash": "new-hash", "key": ENC_STRING}
    return person.api.post("/api/accounts/email", json=body | flat | changes)


def _log_in(person: Person, email: str, password: str) -> Any:
    form = {"grant_type": "password", "client_id": "web", "scope": "api", "username": email, "password": password}
    form |= {"deviceType": "9", "deviceIdentifier": "x", "deviceName": "chrome"}
    return person.side.client.post("/identity/connect/token", data=form)


def test_a_changed_address(alice: Person) -> None:
    stamp = alice.api.get("/api/accounts/profile").json()["securityStamp"]
    token = _ask(alice, "Alice@New.example")
    assert (alice.side.mails[-1].to, alice.side.mails[-1].subject) == ("alice@new.example", "Your Email Change")
    assert _change(alice, "alice@new.example", token).status_code == 200
    profile = alice.api.get("/api/accounts/profile").json()
    assert (profile["email"], profile["emailVerified"]) == ("alice@new.example", True)
    assert profile["securityStamp"] != stamp
    assert _log_in(alice, "alice@new.example", "new-hash").json()["Key"] == ENC_STRING
    assert _log_in(alice, "alice@example.com", alice.password_hash).status_code == 400
    refresh = {"grant_type": "refresh_token", "client_id": "web", "refresh_token": alice.token["refresh_token"]}
    assert alice.side.client.post("/identity/connect/token", data=refresh).json() == {"error": "invalid_grant"}


def test_both_halves_rest_on_the_new_address(alice: Person) -> None:
    def halves(salt: str) -> dict[str, Any]:
        both = {"salt": salt, "kdf": KDF}
        return {
            "authenticationData": both | {"masterPasswordAuthenticationHash": "new-hash"},
            "unlockData": both | {"masterKeyWrappedUserKey": ENC_STRING},
        }

    token = _ask(alice, "alice@new.example")
    refused = _change(alice, "alice@new.example", token, **halves("alice@example.com"))
    assert refused.json()["validationErrors"] == {"": ["Invalid master password salt."]}
    assert _change(alice, "alice@new.example", token, **halves("alice@new.example")).status_code == 200


def test_the_code_is_for_one_address_once_and_for_five_minutes(alice: Person) -> None:
    token = _ask(alice, "alice@new.example")
    invalid = {"": ["Invalid token."]}
    assert _change(alice, "other@new.example", token).json()["validationErrors"] == invalid
    alice.side.clock.advance(timedelta(minutes=5))
    assert _change(alice, "alice@new.example", token).json()["validationErrors"] == invalid


def test_the_secret_is_needed_at_both_steps(alice: Person) -> None:
    wrong = {"newEmail": "alice@new.example", "masterPasswordHash": "wrong"}
    refused = alice.api.post("/api/accounts/email-token", json=wrong).json()
    assert refused["validationErrors"] == {"MasterPasswordHash": ["Invalid password."]}
    refused = _change(alice, "alice@new.example", _ask(alice, "alice@new.example"), masterPasswordHash="wrong").json()
    assert refused["validationErrors"] == {"": ["Incorrect password."]}


def test_a_taken_address_is_told_to_its_asker_only(alice: Person) -> None:
    alice.side.sign_up("bob@example.com")
    assert _ask(alice, "bob@example.com") == ""
    assert alice.side.mails[-1].to == "alice@example.com"
    token = _ask(alice, "alice@new.example")
    alice.side.sign_up("alice@new.example")
    refused = _change(alice, "alice@new.example", token).json()
    assert refused["validationErrors"] == {"": ["Email 'alice@new.example' is already taken."]}


def test_the_hint_is_mailed(side: Any, people: Any, register: Any) -> None:
    register(side, people[0])
    for email in (people[0].email, "nobody@example.com"):
        answer = side.client.post("/api/accounts/password-hint", json={"email": email})
        assert (answer.status_code, answer.content) == (200, b"")
    mails = [mail for mail in side.mails if mail.subject == "Your Master Password Hint"]
    assert [mail.to for mail in mails] == [people[0].email]
    assert "the usual" in mails[0].text


def test_who_has_no_hint_is_told_so(alice: Person) -> None:
    alice.side.client.post("/api/accounts/password-hint", json={"email": alice.email})
    assert "no master password hint" in alice.side.mails[-1].text


def test_what_links_to_an_identity_provider(alice: Person) -> None:
    assert isinstance(alice.api.get("/api/accounts/sso/user-identifier").json(), str)


ODD: list[Any] = [None, True, -1, "", "\u0000", "x" * 400, "a@b", "\U0001f600@b.co", [], {}]


@pytest.mark.parametrize("path", ["email-token", "email", "password-hint"])
def test_odd_bodies(alice: Person, path: str) -> None:
    members = ("newEmail", "email", "token", "key", "newMasterPasswordHash", "authenticationData", "unlockData")
    for value in ODD:
        body = {"masterPasswordHash": alice.password_hash} | dict.fromkeys(members, value)
        assert alice.api.post(f"/api/accounts/{path}", json=body).status_code in (200, 400), value
