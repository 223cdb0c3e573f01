"""What a user changes about the own account, and how each route checks the secret. The same on both apps."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from common.quirks import Quirk
from common.server.mail.smtp import MailFailed, MemoryMailer

TOKEN = "/identity/connect/token"
ENC = "2.AAAAAAAAAAAAAAAAAAAAAA==|AAAAAAAAAAAAAAAAAAAAAA==|AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
FAILED = {"": ["User verification failed."]}
INCORRECT = {"": ["Incorrect password."]}


@pytest.fixture
def client(side: Any, owner: Any, sign_in: Any) -> Any:
    return sign_in(side, owner)


def _halves(owner: Any, **changes: Any) -> dict[str, Any]:
    authentication, unlock = owner.halves
    return {
        "masterPasswordHash": owner.hash,
        "authenticationData": authentication | {"masterPasswordAuthenticationHash": "new hash"} | changes,
        "unlockData": unlock | {"masterKeyWrappedUserKey": ENC} | changes,
    }


@pytest.mark.parametrize(
    ("method", "path", "errors"),
    [
        ("POST", "verify-password", {"MasterPasswordHash": ["Invalid password."]}),
        ("POST", "api-key", FAILED),
        ("POST", "rotate-api-key", FAILED),
        ("POST", "security-stamp", INCORRECT),
        ("POST", "delete", FAILED),
        ("DELETE", "", FAILED),
        ("PUT", "verify-devices", FAILED),
    ],
)
def test_a_wrong_secret(client: Any, method: str, path: str, errors: dict[str, Any]) -> None:
    url = f"/api/accounts/{path}".rstrip("/")
    body = {"masterPasswordHash": "wrong", "verifyDevices": True}
    answer = client.request(method, url, json=body)
    assert answer.status_code == 400
    assert answer.json()["message"] == "The model state is invalid."
    assert answer.json()["validationErrors"] == errors
    assert client.request(method, url, json=body | {"masterPasswordHash": "", "otp": "1"}).status_code == 400


@pytest.mark.parametrize("body", [{}, {"masterPasswordHash": ""}, {"masterPasswordHash": None, "otp": ""}])
def test_a_missing_secret(client: Any, body: dict[str, Any]) -> None:
    answer = client.post("/api/accounts/api-key", json=body)
    text = "MasterPasswordHash, OTP, or AccessCode must be supplied."
    assert (answer.status_code, answer.json()["validationErrors"]) == (400, {"": [text]})


def test_the_right_password_answers_with_the_policy(client: Any, owner: Any) -> None:
    policy = client.post("/api/accounts/verify-password", json=owner.secret).json()
    assert policy.pop("object") == "masterPasswordPolicy"
    assert set(policy.values()) == {None}
    assert len(policy) == 7


def test_a_mailed_code_stands_in_for_the_password_once(side: Any, client: Any) -> None:
    assert client.post("/api/accounts/request-otp").status_code == 200
    code = next(word for word in side.mails[-1].text.split() if len(word) == 8 and word.isdigit())
    key = client.post("/api/accounts/api-key", json={"otp": code})
    assert (key.status_code, len(key.json()["apiKey"]), key.json()["object"]) == (200, 30, "apiKey")
    used = client.post("/api/accounts/verify-otp", json={"otp": code})
    assert (used.status_code, used.json()["validationErrors"]) == (400, {"Token": ["Invalid token"]})


def test_the_newest_code_counts_and_lives_five_minutes(side: Any, client: Any) -> None:
    def ask() -> str:
        client.post("/api/accounts/request-otp")
        return next(word for word in side.mails[-1].text.split() if len(word) == 8 and word.isdigit())

    first, second = ask(), ask()
    assert client.post("/api/accounts/verify-otp", json={"otp": first}).status_code == 400
    assert client.post("/api/accounts/verify-otp", json={"otp": second}).status_code == 200
    late = ask()
    side.clock.advance(timedelta(minutes=5))
    assert client.post("/api/accounts/verify-otp", json={"otp": late}).status_code == 400


class TestEmailVerification:
    """Verifying the address of an existing account."""

    @pytest.fixture
    def invited(self, side: Any, owner: Any, sign_in: Any) -> Any:
        """An account made by an organization invitation: its address is not verified yet."""
        from common.domains.organizations.invitations import invite_token

        member_id = uuid4()
        with side.app.app_context():
            token, _ = invite_token(side.app.extensions["wardenloop"], member_id, owner.email)
        body = owner.registration | {"orgInviteToken": token, "organizationUserId": str(member_id)}
        assert side.client.post("/identity/accounts/register/finish", json=body).status_code == 200
        return sign_in(side, owner)

    @staticmethod
    def _link(side: Any) -> dict[str, str]:
        from urllib.parse import parse_qsl, urlsplit

        (mail,) = side.mails
        assert mail.subject == "Verify Your Email"
        link = next(word for word in mail.text.split() if word.startswith("http"))
        assert link.startswith(f"{side.base_url}/#/verify-email?userId=")
        return dict(parse_qsl(urlsplit(link).fragment.partition("?")[2]))

    def test_the_link_verifies_without_being_signed_in(self, side: Any, invited: Any) -> None:
        assert invited.post("/api/accounts/verify-email").status_code == 200
        assert side.client.post("/api/accounts/verify-email-token", json=self._link(side)).status_code == 200
        assert invited.get("/api/accounts/profile").json()["emailVerified"] is True
        again = invited.post("/api/accounts/verify-email")
        assert (again.status_code, again.json()["message"]) == (400, "Email already verified.")

    def test_the_link_lives_a_day(self, side: Any, invited: Any) -> None:
        invited.post("/api/accounts/verify-email")
        side.clock.advance(timedelta(days=1))
        answer = side.client.post("/api/accounts/verify-email-token", json=self._link(side))
        assert (answer.status_code, answer.json()["validationErrors"]) == (400, {"": ["Invalid token."]})

    @pytest.mark.parametrize("user_id", ["not a guid", str(UUID(int=7))])
    def test_an_unknown_user_is_unauthorized(self, side: Any, user_id: str) -> None:
        answer = side.client.post("/api/accounts/verify-email-token", json={"userId": user_id, "token": "x"})
        assert (answer.status_code, answer.json()["message"]) == (401, "Unauthorized.")

    def test_without_smtp_the_user_is_told(self, invited: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(MemoryMailer, "configured", False)
        answer = invited.post("/api/accounts/verify-email")
        text = "The server has no SMTP settings; the e-mail cannot be sent."
        assert (answer.status_code, answer.json()["message"]) == (400, text)

    def test_a_failing_mail_server_is_told_about(self, invited: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(_self: MemoryMailer, _mail: object) -> None:
            raise MailFailed("mail.test:25 refuses the mail: 554 no")

        monkeypatch.setattr(MemoryMailer, "send", fail)
        answer = invited.post("/api/accounts/verify-email")
        assert answer.status_code == 400
        assert answer.json()["message"] == "The e-mail cannot be sent. mail.test:25 refuses the mail: 554 no"


def test_upstream_drops_the_mail_in_silence(
    workshop: Any, owner: Any, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    quirky = workshop.cloud(quirks=frozenset({Quirk.SILENT_MAIL_DROP}))
    monkeypatch.setattr(MemoryMailer, "configured", False)
    assert sign_in(quirky, owner).post("/api/accounts/request-otp").status_code == 200


class TestPassword:
    """Changing the master password and its derivation."""

    def test_the_new_password_replaces_the_old_one(self, side: Any, client: Any, owner: Any) -> None:
        refresh = side.client.post(TOKEN, data=owner.login).json()["refresh_token"]
        body = {"newMasterPasswordHash": "new hash", "key": ENC, "masterPasswordHint": "other"} | owner.secret
        assert client.post("/api/accounts/password", json=body).status_code == 200
        assert side.client.post(TOKEN, data=owner.login).status_code == 400
        answer = side.client.post(TOKEN, data=owner.login | {"password": "new hash"})
        assert (answer.status_code, answer.json()["Key"]) == (200, ENC)
        form = {"grant_type": "refresh_token", "client_id": "cli", "refresh_token": refresh}
        assert side.client.post(TOKEN, data=form).json() == {"error": "invalid_grant"}

    def test_newer_clients_send_both_halves(self, side: Any, client: Any, owner: Any) -> None:
        assert client.post("/api/accounts/password", json=_halves(owner)).status_code == 200
        assert side.client.post(TOKEN, data=owner.login | {"password": "new hash"}).status_code == 200

    def test_the_current_password_must_be_right(self, client: Any, owner: Any) -> None:
        wrong = {"masterPasswordHash": "wrong"}
        for path in ("password", "kdf"):
            answer = client.post(f"/api/accounts/{path}", json=_halves(owner) | wrong)
            assert (answer.status_code, answer.json()["validationErrors"]) == (400, INCORRECT)

    def test_half_a_password_is_refused(self, client: Any, owner: Any) -> None:
        body = _halves(owner) | {"unlockData": None}
        answer = client.post("/api/accounts/password", json=body)
        text = "AuthenticationData and UnlockData must be provided."
        assert (answer.status_code, answer.json()["validationErrors"]) == (400, {"": [text]})

    def test_the_derivation_is_changed_by_its_own_route(self, side: Any, client: Any, owner: Any) -> None:
        argon = {"kdf": {"kdfType": 1, "iterations": 6, "memory": 32, "parallelism": 4}}
        assert client.post("/api/accounts/password", json=_halves(owner, **argon)).status_code == 400
        assert client.post("/api/accounts/kdf", json=_halves(owner, **argon)).status_code == 200
        prelogin = side.client.post("/identity/accounts/prelogin", json={"email": owner.email}).json()
        assert (prelogin["kdf"], prelogin["kdfIterations"], prelogin["kdfMemory"]) == (1, 6, 32)
        assert side.client.post(TOKEN, data=owner.login | {"password": "new hash"}).status_code == 200

    @pytest.mark.parametrize(
        ("changes", "text"),
        [
            ({"salt": "another@example.com"}, "Invalid master password salt."),
            ({"kdf": {"kdfType": 0, "iterations": 5000}}, "KDF iterations must be between 600000 and 2000000."),
        ],
    )
    def test_data_that_does_not_fit(self, client: Any, owner: Any, changes: dict[str, Any], text: str) -> None:
        answer = client.post("/api/accounts/kdf", json=_halves(owner, **changes))
        assert answer.status_code == 400
        assert text in answer.text


def test_keys_are_set_once(client: Any, owner: Any) -> None:
    keys = client.get("/api/accounts/keys").json()
    assert (keys["object"], keys["key"], keys["publicKey"]) == ("keys", owner.key, owner.public_key)
    assert keys["accountKeys"]["publicKeyEncryptionKeyPair"]["wrappedPrivateKey"] == owner.private_key
    body = {"publicKey": owner.public_key, "encryptedPrivateKey": owner.private_key}
    again = client.post("/api/accounts/keys", json=body)
    assert (again.status_code, again.json()["message"]) == (400, "User has existing keypair")


def test_an_account_without_keys_gets_them(side: Any, client: Any, owner: Any) -> None:
    from common.domains.accounts.service import find_user_by_email
    from common.server.transaction import db

    with side.app.app_context():
        user = find_user_by_email(side.app.extensions["wardenloop"], owner.email)
        assert user is not None
        user.public_key = user.private_key = None
        db.session.commit()
    login = side.client.post(TOKEN, data=owner.login).json()
    assert not {"PrivateKey", "AccountKeys"} & set(login)
    body = {"publicKey": owner.public_key, "encryptedPrivateKey": owner.private_key}
    assert client.post("/api/accounts/keys", json=body).json()["privateKey"] == owner.private_key


class TestDeletion:
    """Deleting the own account."""

    @pytest.mark.parametrize(("method", "path"), [("DELETE", "/api/accounts"), ("POST", "/api/accounts/delete")])
    def test_it_is_gone(self, side: Any, client: Any, owner: Any, method: str, path: str) -> None:
        assert client.request(method, path, json=owner.secret).status_code == 200
        gone = client.get("/api/accounts/profile")
        assert (gone.status_code, gone.json()["message"]) == (401, "Unauthorized.")
        assert side.client.post(TOKEN, data=owner.login).status_code == 400

    def test_the_only_owner_of_an_organization_stays(
        self, side: Any, client: Any, owner: Any, people: list[Any], sign_in: Any, rows: Any
    ) -> None:
        from common.domains.organizations.models import Member, Organization

        def user_id(session: Any) -> UUID:
            return UUID(session.get("/api/accounts/profile").json()["id"])

        now = {"creation_date": side.clock.now(), "revision_date": side.clock.now()}
        organization = Organization(id=uuid4(), name="Acme", billing_email="b@a.co", plan="x", plan_type=20, **now)
        place = {"organization_id": organization.id, "status": 2, "type": 0, **now}
        rows(side, organization, Member(id=uuid4(), user_id=user_id(client), **place))
        refused = client.delete("/api/accounts", json=owner.secret)
        assert refused.status_code == 400
        (text,) = refused.json()["validationErrors"][""]
        assert text.startswith("Cannot delete this user because it is the sole owner of at least one organization.")
        second = sign_in(side, people[1])
        rows(side, Member(id=uuid4(), user_id=user_id(second), **place))
        assert client.delete("/api/accounts", json=owner.secret).status_code == 200
