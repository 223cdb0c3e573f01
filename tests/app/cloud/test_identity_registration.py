"""The registration flow of both apps: tokens, mail, every refusal with its literal text."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest

from common.server.mail.smtp import MemoryMailer

SEND = "/identity/accounts/register/send-verification-email"
CLICKED = "/identity/accounts/register/verification-email-clicked"
FINISH = "/identity/accounts/register/finish"
EXPIRED = "Expired link. Please restart registration or try logging in. You may already have an account"


def _token(side: Any, email: str) -> str:
    answer = side.client.post(SEND, json={"email": email, "name": "Somebody"})
    assert answer.status_code == 200
    token: str = answer.json()
    assert token.startswith("BwRegistrationEmailVerificationToken_")
    return token


def test_a_registered_account_signs_in_with_a_verified_address(side: Any, owner: Any, sign_in: Any) -> None:
    profile = sign_in(side, owner).get("/api/accounts/profile").json()
    assert (profile["email"], profile["name"], profile["emailVerified"]) == (owner.email, owner.name, True)
    assert (profile["key"], profile["privateKey"]) == (owner.key, owner.private_key)


def test_prelogin_tells_the_registered_settings(side: Any, people: list[Any], register: Any) -> None:
    argon = people[1]
    register(side, argon)
    settings = {"kdfType": 1, "iterations": 6, "memory": 32, "parallelism": 4}
    for path in ("/identity/accounts/prelogin", "/identity/accounts/prelogin/password", "/api/accounts/prelogin"):
        assert side.client.post(path, json={"email": argon.email.upper()}).json() == {
            "kdf": 1,
            "kdfIterations": 6,
            "kdfMemory": 32,
            "kdfParallelism": 4,
            "kdfSettings": settings,
            "salt": None,
        }


def test_prelogin_answers_an_unknown_address_alike(side: Any) -> None:
    answer = side.client.post("/identity/accounts/prelogin", json={"email": "Nobody@example.com"})
    assert answer.status_code == 200
    assert (answer.json()["kdf"], answer.json()["kdfIterations"]) == (0, 600_000)
    assert answer.json()["salt"] == "nobody@example.com"


def test_prelogin_needs_an_address(side: Any) -> None:
    errors = side.client.post("/identity/accounts/prelogin", json={"email": "no address"}).json()["validationErrors"]
    assert errors == {"Email": ["The Email field is not a valid e-mail address."]}


def test_a_taken_address_is_refused_at_both_steps(side: Any, owner: Any, register: Any) -> None:
    late_token = _token(side, owner.email)
    register(side, owner)
    first = side.client.post(SEND, json={"email": owner.email})
    assert (first.status_code, first.json()["message"]) == (400, f"Email {owner.email} is already taken")
    last = side.client.post(FINISH, json=owner.registration | {"emailVerificationToken": late_token})
    assert last.status_code == 400
    assert last.json()["validationErrors"] == {"": [f"Email '{owner.email}' is already taken."]}


def test_a_token_is_good_for_its_address_and_for_15_minutes(side: Any, owner: Any) -> None:
    token = _token(side, "another@example.com")
    foreign = side.client.post(FINISH, json=owner.registration | {"emailVerificationToken": token})
    assert (foreign.status_code, foreign.json()["message"]) == (400, "Invalid email verification token.")
    own = {"emailVerificationToken": _token(side, owner.email)}
    clicked = {"email": owner.email, **own}
    assert side.client.post(CLICKED, json=clicked).status_code == 200
    side.clock.advance(timedelta(minutes=15))
    assert side.client.post(CLICKED, json=clicked).json()["message"] == EXPIRED
    late = side.client.post(FINISH, json=owner.registration | own)
    assert (late.status_code, late.json()["message"]) == (400, "Invalid email verification token.")


def test_the_link_of_a_registered_address_is_expired(side: Any, owner: Any, register: Any) -> None:
    token = _token(side, owner.email)
    register(side, owner)
    answer = side.client.post(CLICKED, json={"email": owner.email, "emailVerificationToken": token})
    assert (answer.status_code, answer.json()["message"]) == (400, EXPIRED)


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({}, {"": ["No valid registration token provided"]}),
        (
            {"emailVerificationToken": "x", "email": "a@localhost"},
            {"Email": ["The Email field is not a supported e-mail address format."]},
        ),
        (
            {"emailVerificationToken": "x", "masterPasswordHint": "h" * 51},
            {
                "MasterPasswordHint": [
                    "The field MasterPasswordHint must be a string with a maximum length of 50.",
                ]
            },
        ),
    ],
)
def test_a_body_that_does_not_fit(side: Any, owner: Any, changes: dict[str, Any], errors: dict[str, Any]) -> None:
    answer = side.client.post(FINISH, json=owner.registration | changes)
    assert answer.status_code == 400
    assert answer.json()["message"] == "The model state is invalid."
    assert answer.json()["validationErrors"] == errors


@pytest.mark.parametrize(
    ("token", "text"),
    [
        ({"orgInviteToken": "x", "organizationUserId": str(UUID(int=7))}, "Invalid organization user invitation."),
        ({"orgSponsoredFreeFamilyPlanToken": "x"}, "Invalid org sponsored free family plan token."),
    ],
)
def test_other_tokens_that_are_not_good(side: Any, owner: Any, token: dict[str, str], text: str) -> None:
    answer = side.client.post(FINISH, json=owner.registration | token)
    assert (answer.status_code, answer.json()["message"]) == (400, text)


def test_an_organization_invitation_registers_without_verifying_the_address(
    side: Any, owner: Any, sign_in: Any
) -> None:
    from common.domains.organizations.invitations import invite_token

    member_id = uuid4()
    with side.app.app_context():
        token, _ = invite_token(side.app.extensions["wardenloop"], member_id, owner.email)
    invited = {"orgInviteToken": token, "organizationUserId": str(member_id)}
    assert side.client.post(FINISH, json=owner.registration | invited).status_code == 200
    assert sign_in(side, owner).get("/api/accounts/profile").json()["emailVerified"] is False


class TestWithVerification:
    """The settings `enableEmailVerification` and `disableUserRegistration`."""

    def test_a_mail_carries_the_token(self, workshop: Any, owner: Any, sign_in: Any) -> None:
        cloud = workshop.cloud(enable_email_verification=True)
        answer = cloud.client.post(SEND, json={"email": owner.email, "name": "Olivia", "fromMarketing": "premium"})
        assert (answer.status_code, answer.content) == (204, b"")
        (mail,) = cloud.mails
        assert (mail.to, mail.subject) == (owner.email, "Verify Your Email")
        link = next(word for word in mail.text.split() if word.startswith("http"))
        assert link.startswith(f"{cloud.base_url}/redirect-connector.html#finish-signup?token=")
        query = parse_qs(urlsplit(urlsplit(link).fragment).query)
        assert (query["email"], query["fromEmail"], query["fromMarketing"]) == ([owner.email], ["true"], ["premium"])
        body = owner.registration | {"emailVerificationToken": query["token"][0]}
        assert cloud.client.post(FINISH, json=body).json() == {"object": "registerFinish"}
        assert sign_in(cloud, owner).get("/api/accounts/profile").json()["name"] == "Olivia"

    def test_a_taken_address_looks_the_same_and_gets_no_mail(self, workshop: Any, owner: Any, register: Any) -> None:
        register(workshop.cloud(), owner)
        cloud = workshop.cloud(enable_email_verification=True)
        assert cloud.client.post(SEND, json={"email": owner.email}).status_code == 204
        assert cloud.mails == []

    def test_without_smtp_the_user_is_told(self, workshop: Any, owner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        cloud = workshop.cloud(enable_email_verification=True)
        monkeypatch.setattr(MemoryMailer, "configured", False)
        answer = cloud.client.post(SEND, json={"email": owner.email})
        text = "The server has no SMTP settings; the e-mail cannot be sent."
        assert (answer.status_code, answer.json()["message"]) == (400, text)

    def test_an_unknown_origin_is_refused(self, cloud: Any) -> None:
        answer = cloud.client.post(SEND, json={"email": "a@b.co", "fromMarketing": "elsewhere"})
        assert (answer.status_code, list(answer.json()["validationErrors"])) == (400, ["FromMarketing"])

    def test_closed_registration_closes_both_steps(self, workshop: Any, owner: Any) -> None:
        token = _token(workshop.cloud(), owner.email)
        closed = workshop.cloud(disable_user_registration=True)
        text = "Open registration has been disabled by the system administrator."
        assert closed.client.post(SEND, json={"email": owner.email}).json()["message"] == text
        body = owner.registration | {"emailVerificationToken": token}
        assert closed.client.post(FINISH, json=body).json()["message"] == text
        assert closed.client.get("/api/config").json()["settings"]["disableUserRegistration"] is True
