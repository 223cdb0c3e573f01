"""Setting two-step login up and giving it up; the same on both apps, for web vaults only."""

from datetime import timedelta
from typing import Any

import pytest

from common.crypto import totp
from tests.support.harness import Person, Workshop

WRONG_SECRET = {"": ["User verification failed."]}


@pytest.fixture
def alice(side: Any) -> Person:
    person: Person = side.sign_up("alice@example.com")
    return person


@pytest.fixture
def secret(alice: Person) -> dict[str, str]:
    return {"masterPasswordHash": alice.password_hash}


def _code(person: Person, key: str) -> str:
    return totp.code_at(totp.key_of(key) or b"", totp.step_of(person.side.clock.now()))


def _mailed_code(person: Person, to: str) -> str:
    mail = next(mail for mail in reversed(person.side.mails) if mail.to == to)
    return next(word for word in mail.text.split() if word.isdigit() and len(word) == 6)


def _enable(person: Person, secret: dict[str, str]) -> str:
    key: str = person.api.post("/api/two-factor/get-authenticator", json=secret).json()["authenticator"]["key"]
    done = person.api.put("/api/two-factor/authenticator", json=secret | {"key": key, "token": _code(person, key)})
    assert done.status_code == 200, done.text
    return key


def test_an_authenticator(alice: Person, secret: dict[str, str]) -> None:
    offered = alice.api.post("/api/two-factor/get-authenticator", json=secret).json()
    assert offered.keys() == {"authenticator", "userVerificationToken", "object"}
    key = offered["authenticator"]["key"]
    assert (offered["authenticator"]["enabled"], offered["object"], len(key)) == (False, "twoFactorAuthenticator", 32)
    assert alice.api.get("/api/two-factor").json()["data"] == []
    body = {"key": key, "token": _code(alice, key), "userVerificationToken": offered["userVerificationToken"]}
    enabled = alice.api.put("/api/two-factor/authenticator", json=body).json()
    in_use = {"enabled": True, "key": key}
    assert enabled == {"authenticator": in_use, "object": "twoFactorAuthenticatorUpdate"}
    shown = {"enabled": True, "type": 0, "object": "twoFactorProvider"}
    assert alice.api.get("/api/two-factor").json()["data"] == [shown]
    assert alice.api.get("/api/accounts/profile").json()["twoFactorEnabled"] is True
    again = alice.api.post("/api/two-factor/get-authenticator", json=secret).json()
    assert again["authenticator"] == in_use


def test_the_token_of_the_offer_stands_for_the_secret_with_that_key_only(alice: Person, secret: dict[str, str]) -> None:
    first, second = (alice.api.post("/api/two-factor/get-authenticator", json=secret).json() for _ in range(2))
    key = first["authenticator"]["key"]
    body = {"key": key, "token": _code(alice, key)}
    other = alice.api.put(
        "/api/two-factor/authenticator", json=body | {"userVerificationToken": second["userVerificationToken"]}
    )
    assert other.json()["validationErrors"] == {"UserVerificationToken": ["User verification failed."]}
    token = {"userVerificationToken": first["userVerificationToken"]}
    assert alice.api.put("/api/two-factor/authenticator", json=body | token).status_code == 200
    gone = alice.api.delete("/api/two-factor/authenticator", json={"key": key, "type": 0} | token)
    assert (gone.status_code, gone.content) == (204, b"")
    assert alice.api.get("/api/accounts/profile").json()["twoFactorEnabled"] is False


def test_the_token_of_an_offer_ends_after_half_an_hour(alice: Person, secret: dict[str, str]) -> None:
    token = alice.api.post("/api/two-factor/get-email", json=secret).json()["userVerificationToken"]
    body = {"email": "alice@work.example", "userVerificationToken": token}
    alice.side.clock.advance(timedelta(minutes=29))
    assert alice.api.post("/api/two-factor/send-email", json=body).status_code == 200
    alice.side.clock.advance(timedelta(minutes=1))
    refused = alice.api.post("/api/two-factor/send-email", json=body)
    assert refused.json()["validationErrors"] == {"UserVerificationToken": ["User verification failed."]}


def test_the_token_of_one_provider_or_person_is_no_good_for_another(alice: Person, secret: dict[str, str]) -> None:
    bob = alice.side.sign_up("bob@example.com")
    of_bob = bob.api.post("/api/two-factor/get-email", json={"masterPasswordHash": bob.password_hash}).json()
    of_key = alice.api.post("/api/two-factor/get-authenticator", json=secret).json()
    for offer in (of_bob, of_key):
        body = {"email": "alice@work.example", "userVerificationToken": offer["userVerificationToken"]}
        refused = alice.api.post("/api/two-factor/send-email", json=body)
        assert refused.json()["validationErrors"] == {"UserVerificationToken": ["User verification failed."]}


def test_a_wrong_code_enables_nothing(alice: Person, secret: dict[str, str]) -> None:
    key = alice.api.post("/api/two-factor/get-authenticator", json=secret).json()["authenticator"]["key"]
    refused = alice.api.put("/api/two-factor/authenticator", json=secret | {"key": key, "token": "000000"})
    assert (refused.status_code, refused.json()["validationErrors"]) == (400, {"Token": ["Invalid token."]})
    assert alice.api.get("/api/two-factor").json()["data"] == []


def test_mailed_codes(alice: Person, secret: dict[str, str]) -> None:
    offered = alice.api.post("/api/two-factor/get-email", json=secret).json()
    assert (offered["email"], offered["object"]) == ({"enabled": False, "email": None}, "twoFactorEmail")
    token = {"userVerificationToken": offered["userVerificationToken"]}
    wanted = token | {"email": "Alice@Work.example"}
    assert alice.api.post("/api/two-factor/send-email", json=wanted).status_code == 200
    code = _mailed_code(alice, "alice@work.example")
    elsewhere = token | {"email": "alice@example.com", "token": code}
    assert alice.api.put("/api/two-factor/email", json=elsewhere).status_code == 400
    enabled = alice.api.put("/api/two-factor/email", json=wanted | {"token": code}).json()
    in_use = {"enabled": True, "email": "alice@work.example"}
    assert enabled == {"email": in_use, "object": "twoFactorEmailUpdate"}
    assert alice.api.put("/api/two-factor/email", json=wanted | {"token": code}).status_code == 400
    assert alice.api.post("/api/two-factor/get-email", json=secret).json()["email"] == in_use
    assert alice.api.delete("/api/two-factor/email", json={}).json()["validationErrors"] == WRONG_SECRET
    gone = alice.api.delete("/api/two-factor/email", json=token)
    assert (gone.status_code, gone.content) == (204, b"")
    assert alice.api.get("/api/two-factor").json()["data"] == []


def test_a_mailed_code_ends_after_five_minutes(alice: Person, secret: dict[str, str]) -> None:
    wanted = secret | {"email": "alice@work.example"}
    alice.api.post("/api/two-factor/send-email", json=wanted)
    code = _mailed_code(alice, "alice@work.example")
    alice.side.clock.advance(timedelta(minutes=5))
    assert alice.api.put("/api/two-factor/email", json=wanted | {"token": code}).status_code == 400


def test_giving_a_provider_up(alice: Person, secret: dict[str, str]) -> None:
    _enable(alice, secret)
    gone = alice.api.put("/api/two-factor/disable", json=secret | {"type": 0}).json()
    assert gone == {"enabled": False, "type": 0, "object": "twoFactorProvider"}
    assert alice.api.get("/api/two-factor").json()["data"] == []
    assert alice.api.put("/api/two-factor/disable", json=secret | {"type": 7}).status_code == 200


def test_the_recovery_code_comes_with_the_first_provider_and_stays(alice: Person, secret: dict[str, str]) -> None:
    before = alice.api.post("/api/two-factor/get-recover", json=secret).json()
    assert before == {"code": None, "object": "twoFactorRecover"}
    _enable(alice, secret)
    code = alice.api.post("/api/two-factor/get-recover", json=secret).json()["code"]
    assert (len(code), code.isalnum(), code.lower()) == (32, True, code)
    alice.side.clock.advance(timedelta(minutes=5))
    _enable(alice, secret)
    assert alice.api.post("/api/two-factor/get-recover", json=secret).json()["code"] == code


def test_recovering_without_signing_in(alice: Person, secret: dict[str, str]) -> None:
    _enable(alice, secret)
    code = alice.api.post("/api/two-factor/get-recover", json=secret).json()["code"]
    body = secret | {"email": "Alice@example.com", "recoveryCode": code}
    for wrong in ({"recoveryCode": "x"}, {"masterPasswordHash": "x"}, {"email": "nobody@example.com"}):
        refused = alice.side.client.post("/api/two-factor/recover", json=body | wrong)
        assert refused.json()["validationErrors"] == {"": ["Invalid information. Try again."]}
    assert alice.side.client.post("/api/two-factor/recover", json=body).status_code == 200
    assert alice.api.get("/api/two-factor").json()["data"] == []
    assert alice.side.client.post("/api/two-factor/recover", json=body).status_code == 400


@pytest.mark.parametrize("path", ["get-authenticator", "get-email", "get-recover"])
def test_nothing_without_the_secret(alice: Person, path: str) -> None:
    refused = alice.api.post(f"/api/two-factor/{path}", json={"masterPasswordHash": "wrong"})
    assert (refused.status_code, refused.json()["validationErrors"]) == (400, WRONG_SECRET)


def test_only_web_vaults_set_it_up(side: Any, alice: Person, secret: dict[str, str]) -> None:
    form = {"username": alice.email, "password": alice.password_hash, "scope": "api", "grant_type": "password"}
    device = {"deviceType": "25", "deviceIdentifier": "x", "deviceName": "linux"}
    token = side.client.post("/identity/connect/token", data=form | device | {"client_id": "cli"}).json()
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    refused = side.client.post("/api/two-factor/get-authenticator", json=secret, headers=headers)
    assert (refused.status_code, refused.content) == (403, b"")


ODD: list[Any] = [None, True, 10**30, "", "\u0000", "x" * 400, "\U0001f600", [], {}]
PATHS = [
    ("POST", "get-authenticator"),
    ("PUT", "authenticator"),
    ("DELETE", "authenticator"),
    ("POST", "get-email"),
    ("POST", "send-email"),
    ("POST", "send-email-login"),
    ("PUT", "email"),
    ("DELETE", "email"),
    ("PUT", "disable"),
    ("POST", "get-recover"),
    ("POST", "recover"),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_odd_bodies(alice: Person, secret: dict[str, str], method: str, path: str) -> None:
    members = ("key", "token", "email", "type", "recoveryCode", "userVerificationToken", "ssoEmail2faSessionToken")
    for value in ODD:
        for body in (dict.fromkeys(members, value), secret | dict.fromkeys(members, value)):
            assert alice.api.request(method, f"/api/two-factor/{path}", json=body).status_code in (200, 204, 400), body


def test_two_step_login_lives_on_postgresql(workshop: Workshop, postgres_url: str) -> None:
    alice = workshop.cloud(database_url=postgres_url).sign_up("alice@example.com")
    secret = {"masterPasswordHash": alice.password_hash}
    key = _enable(alice, secret)
    form = {"username": alice.email, "password": alice.password_hash, "scope": "api", "grant_type": "password"}
    form |= {"client_id": "web", "deviceType": "9", "deviceIdentifier": "x", "deviceName": "chrome"}
    alice.side.clock.advance(timedelta(minutes=5))
    step = {"twoFactorToken": _code(alice, key), "twoFactorProvider": "0"}
    assert alice.side.client.post("/identity/connect/token", data=form | step).status_code == 200
    assert alice.side.client.post("/identity/connect/token", data=form | step).status_code == 400
    assert alice.api.put("/api/two-factor/disable", json=secret | {"type": 0}).status_code == 200
    assert alice.side.client.post("/identity/connect/token", data=form).status_code == 200
