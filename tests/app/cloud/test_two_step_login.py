"""The second step at the token endpoint, byte for byte; the same on both apps."""

from datetime import timedelta
from typing import Any

import pytest

from common.crypto import totp
from tests.support.harness import Person, Workshop

TOKEN = "/identity/connect/token"
INVALID = {
    "error": "invalid_grant",
    "error_description": "invalid_username_or_password",
    "ErrorModel": {"Object": "error", "Message": "Two-step token is invalid. Try again."},
}
DEVICE = {"deviceType": "9", "deviceIdentifier": "5a1b3c9d-0000-4000-8000-000000000001", "deviceName": "chrome"}


class TwoStepPerson:
    """Somebody with a second step, and how they sign in."""

    def __init__(self, person: Person) -> None:
        self.person, self.side, self.api = person, person.side, person.api
        self.secret = {"masterPasswordHash": person.password_hash}
        self.key = ""

    def use_authenticator(self) -> None:
        """Set an authenticator up; its code of now is used."""
        self.key = self.api.post("/api/two-factor/get-authenticator", json=self.secret).json()["authenticator"]["key"]
        body = self.secret | {"key": self.key, "token": self.code()}
        assert self.api.put("/api/two-factor/authenticator", json=body).status_code == 200
        self.side.clock.advance(timedelta(minutes=2))

    def use_mail(self, address: str = "owner@example.com") -> None:
        """Have codes mailed."""
        body = self.secret | {"email": address}
        assert self.api.post("/api/two-factor/send-email", json=body).status_code == 200
        assert self.api.put("/api/two-factor/email", json=body | {"token": self.mailed()}).status_code == 200

    def code(self) -> str:
        """What the authenticator shows."""
        return totp.code_at(totp.key_of(self.key) or b"", totp.step_of(self.side.clock.now()))

    def mailed(self) -> str:
        """The newest mailed code."""
        return next(word for word in self.side.mails[-1].text.split() if word.isdigit() and len(word) == 6)

    def log_in(self, provider: int | None = None, code: str = "", **fields: str) -> Any:
        """One request to the token endpoint."""
        form = {"grant_type": "password", "client_id": "web", "scope": "api offline_access"} | DEVICE
        form |= {"username": self.person.email, "password": self.person.password_hash}
        if provider is not None:
            form |= {"twoFactorProvider": str(provider), "twoFactorToken": code}
        return self.side.client.post(TOKEN, data=form | fields)


@pytest.fixture
def owner(side: Any) -> TwoStepPerson:
    return TwoStepPerson(side.sign_up("owner@example.com"))


def test_the_step_is_asked_for(owner: TwoStepPerson) -> None:
    owner.use_authenticator()
    asked = owner.log_in()
    assert (asked.status_code, asked.json()) == (
        400,
        {
            "error": "invalid_grant",
            "error_description": "Two factor required.",
            "TwoFactorProviders": ["0"],
            "TwoFactorProviders2": {"0": None},
            "MasterPasswordPolicy": {"Object": "masterPasswordPolicy"},
        },
    )


def test_the_step_is_asked_for_with_both_providers(owner: TwoStepPerson) -> None:
    owner.use_authenticator()
    owner.use_mail()
    mails = len(owner.side.mails)
    asked = owner.log_in().json()
    assert asked.pop("SsoEmail2faSessionToken").startswith("BwSsoEmail2FaSessionToken_")
    assert asked == {
        "error": "invalid_grant",
        "error_description": "Two factor required.",
        "TwoFactorProviders": ["0", "1"],
        "TwoFactorProviders2": {"0": None, "1": {"Email": "ow***@example.com"}},
        "Email": "owner@example.com",
        "MasterPasswordPolicy": {"Object": "masterPasswordPolicy"},
    }
    assert len(owner.side.mails) == mails


def test_a_wrong_password_is_told_before_the_step(owner: TwoStepPerson) -> None:
    owner.use_authenticator()
    refused = owner.log_in(0, owner.code(), password="wrong").json()
    assert refused["ErrorModel"]["Message"] == "Username or password is incorrect. Try again."
    assert owner.log_in(0, owner.code()).status_code == 200


@pytest.mark.parametrize(
    ("provider", "code"), [(0, "000000"), (1, "000000"), (2, "1"), (8, "x"), (99, "1"), (-1, "1"), (0, "\u0661" * 6)]
)
def test_a_wrong_code(owner: TwoStepPerson, provider: int, code: str) -> None:
    owner.use_authenticator()
    refused = owner.log_in(provider, code)
    assert (refused.status_code, refused.json()) == (400, INVALID)


def test_a_code_of_the_authenticator_works_once(owner: TwoStepPerson) -> None:
    owner.use_authenticator()
    code = owner.code()
    answer = owner.log_in(0, code)
    assert answer.status_code == 200
    assert "TwoFactorToken" not in answer.json()
    assert owner.log_in(0, code).json() == INVALID
    owner.side.clock.advance(timedelta(seconds=30))
    assert owner.log_in(0, owner.code()).status_code == 200


def test_the_code_is_mailed_when_that_is_the_only_way(owner: TwoStepPerson) -> None:
    owner.use_mail()
    assert owner.log_in().json()["TwoFactorProviders"] == ["1"]
    code = owner.mailed()
    assert owner.log_in(1, code).status_code == 200
    assert owner.log_in(1, code).json() == INVALID


def test_another_code_is_mailed_to_who_has_shown_the_first_step(owner: TwoStepPerson) -> None:
    owner.use_mail("second@example.com")
    session = owner.log_in().json()["SsoEmail2faSessionToken"]
    old = owner.mailed()
    for proof in ({"masterPasswordHash": owner.person.password_hash}, {"ssoEmail2faSessionToken": session}):
        body = {"email": "Owner@Example.com"} | proof
        assert owner.side.client.post("/api/two-factor/send-email-login", json=body).status_code == 200
        assert owner.side.mails[-1].to == "second@example.com"
    new = owner.mailed()
    if old != new:
        assert owner.log_in(1, old).json() == INVALID
    assert owner.log_in(1, new).status_code == 200


def test_no_code_is_mailed_to_anybody_else(owner: TwoStepPerson) -> None:
    owner.use_mail()
    session = owner.log_in().json()["SsoEmail2faSessionToken"]
    mails = len(owner.side.mails)

    def ask(**body: str) -> str:
        answer = owner.side.client.post("/api/two-factor/send-email-login", json={"email": "owner@example.com"} | body)
        assert answer.status_code == 400
        return str(answer.json()["message"])

    assert ask(masterPasswordHash="wrong") == "Cannot send two-factor email."
    assert ask(masterPasswordHash="x", email="nobody@example.com") == "Cannot send two-factor email."
    assert ask() == "The model state is invalid."
    owner.side.clock.advance(timedelta(minutes=2))
    assert ask(ssoEmail2faSessionToken=session) == (
        "Cannot send two-factor email: a valid, non-expired SSO Email 2FA Session token is required to send 2FA emails."
    )
    assert len(owner.side.mails) == mails


def test_a_remembered_login_needs_no_second_step_for_30_days(owner: TwoStepPerson) -> None:
    owner.use_authenticator()
    token = owner.log_in(0, owner.code(), twoFactorRemember="1").json()["TwoFactorToken"]
    again = owner.log_in(5, token, twoFactorRemember="1")
    assert again.status_code == 200
    assert "TwoFactorToken" not in again.json()
    assert owner.log_in(5, "x" + token).json()["error_description"] == "Two factor required."
    owner.side.clock.advance(timedelta(days=30))
    assert owner.log_in(5, token).json()["error_description"] == "Two factor required."


def test_signing_out_everywhere_forgets_remembered_logins(owner: TwoStepPerson) -> None:
    owner.use_authenticator()
    token = owner.log_in(0, owner.code(), twoFactorRemember="1").json()["TwoFactorToken"]
    assert owner.api.post("/api/accounts/security-stamp", json=owner.secret).status_code == 200
    assert owner.log_in(5, token).json()["error_description"] == "Two factor required."


def test_the_recovery_code_signs_in_and_switches_it_off(owner: TwoStepPerson) -> None:
    owner.use_authenticator()
    code = owner.api.post("/api/two-factor/get-recover", json=owner.secret).json()["code"]
    answer = owner.log_in(8, f" {code[:16].upper()} {code[16:]}", twoFactorRemember="1")
    assert answer.status_code == 200
    assert "TwoFactorToken" not in answer.json()
    assert owner.log_in().status_code == 200
    assert owner.api.post("/api/two-factor/get-recover", json=owner.secret).json()["code"] != code


def test_an_api_key_needs_no_second_step(owner: TwoStepPerson) -> None:
    owner.use_authenticator()
    key = owner.api.post("/api/accounts/api-key", json=owner.secret).json()["apiKey"]
    form = {"grant_type": "client_credentials", "client_id": f"user.{owner.person.user_id}", "client_secret": key}
    assert owner.side.client.post(TOKEN, data=form | DEVICE | {"scope": "api"}).status_code == 200


def test_two_step_login_replaces_the_verification_of_new_devices(workshop: Workshop) -> None:
    owner = TwoStepPerson(workshop.cloud(enable_new_device_verification=True).sign_up("owner@example.com"))
    owner.use_authenticator()
    owner.side.clock.advance(timedelta(days=2))
    assert owner.log_in(0, owner.code(), deviceIdentifier="new").status_code == 200


def test_without_mail_the_reason_is_told(workshop: Workshop) -> None:
    owner = TwoStepPerson(workshop.cloud().sign_up("owner@example.com"))
    owner.use_mail()
    owner.side.app.extensions["wardenloop"].mailer.configured = False
    refused = owner.log_in().json()
    assert refused["ErrorModel"]["Message"] == "The server has no SMTP settings; the e-mail cannot be sent."
