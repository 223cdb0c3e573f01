"""The token endpoint of both apps: grants, clients, claims, refusals byte for byte."""

import base64
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
import requests

from common.clock import ManualClock
from common.domains.organizations.models import Member, Organization, OrganizationApiKey, Policy, SsoConfig

TOKEN = "/identity/connect/token"
WRONG = {
    "error": "invalid_grant",
    "error_description": "invalid_username_or_password",
    "ErrorModel": {"Object": "error", "Message": "Username or password is incorrect. Try again."},
}
NO_DEVICE = {
    "error": "device_error",
    "error_description": "No device information provided",
    "ErrorModel": {"Object": "error", "Message": "no device information provided"},
}


TIME_IS_OURS: Any = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}


def _claims(side: Any, token: str) -> dict[str, Any]:
    """The claims, after checking the signature with what discovery leads to."""
    discovery = side.client.get("/identity/.well-known/openid-configuration").json()
    (key,) = side.client.get(discovery["jwks_uri"]).json()["keys"]
    header = jwt.get_unverified_header(token)
    assert header == {"alg": "RS256", "kid": key["kid"], "typ": "at+jwt"}
    claims: dict[str, Any] = jwt.decode(
        token, jwt.PyJWK(key).key, algorithms=["RS256"], issuer=discovery["issuer"], options=TIME_IS_OURS
    )
    return claims


@pytest.fixture
def registered(side: Any, owner: Any, register: Any) -> Any:
    register(side, owner)
    return side


def _organization(side: Any, clock: ManualClock, **changes: Any) -> Organization:
    now = clock.now()
    plain = {"name": "Acme", "billing_email": "b@acme.example", "plan": "Enterprise (Annually)", "plan_type": 20}
    return Organization(id=uuid4(), creation_date=now, revision_date=now, **(plain | changes))


def _member(organization: Organization, user_id: Any, kind: int, clock: ManualClock, **changes: Any) -> Member:
    now = clock.now()
    return Member(
        id=uuid4(),
        organization_id=organization.id,
        user_id=user_id,
        status=changes.pop("status", 2),
        type=kind,
        creation_date=now,
        revision_date=now,
        **changes,
    )


def _user_id(side: Any, owner: Any, sign_in: Any) -> Any:
    return UUID(sign_in(side, owner).get("/api/accounts/profile").json()["id"])


def test_the_answer_to_a_password_login(registered: Any, owner: Any) -> None:
    answer = registered.client.post(TOKEN, data=owner.login)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store, no-cache, max-age=0"
    assert answer.headers["x-content-type-options"] == "nosniff"
    body = answer.json()
    claims = _claims(registered, body.pop("access_token"))
    refresh_token = body.pop("refresh_token")
    assert (len(refresh_token), refresh_token[64:]) == (66, "-1")
    assert body == {
        "expires_in": 3600,
        "token_type": "Bearer",
        "scope": "api offline_access",
        "PrivateKey": owner.private_key,
        "AccountKeys": {
            "publicKeyEncryptionKeyPair": {
                "wrappedPrivateKey": owner.private_key,
                "publicKey": owner.public_key,
                "Object": "publicKeyEncryptionKeyPair",
            },
            "Object": "privateKeys",
        },
        "Key": owner.key,
        "MasterPasswordPolicy": {"Object": "masterPasswordPolicy"},
        "ForcePasswordReset": False,
        "Kdf": 0,
        "KdfIterations": 600000,
        "KdfMemory": None,
        "KdfParallelism": None,
        "UserDecryptionOptions": {
            "HasMasterPassword": True,
            "MasterPasswordUnlock": {
                "Kdf": {"KdfType": 0, "Iterations": 600000},
                "MasterKeyEncryptedUserKey": owner.key,
                "Salt": owner.email,
            },
            "Object": "userDecryptionOptions",
        },
    }
    now = int(registered.clock.now().timestamp())
    assert (claims["nbf"], claims["iat"], claims["exp"], claims["auth_time"]) == (now, now, now + 3600, now)
    assert (claims["scope"], claims["amr"], claims["client_id"]) == (["api", "offline_access"], ["Application"], "cli")
    assert (claims["email"], claims["email_verified"], claims["premium"]) == (owner.email, True, False)
    assert (claims["name"], claims["devicetype"], claims["idp"]) == (owner.name, "LinuxCLI", "bitwarden")
    assert "aud" not in claims


def test_the_answer_for_an_argon2_account(side: Any, people: list[Any], register: Any) -> None:
    register(side, people[1])
    body = side.client.post(TOKEN, data=people[1].login).json()
    assert (body["Kdf"], body["KdfIterations"], body["KdfMemory"], body["KdfParallelism"]) == (1, 6, 32, 4)
    kdf = body["UserDecryptionOptions"]["MasterPasswordUnlock"]["Kdf"]
    assert kdf == {"KdfType": 1, "Iterations": 6, "Memory": 32, "Parallelism": 4}


def test_field_names_in_any_case_and_an_address_as_typed(registered: Any, owner: Any) -> None:
    form = {name.upper(): value for name, value in owner.login.items()}
    form["USERNAME"] = f"{owner.email.upper()} "
    assert registered.client.post(TOKEN, data=form).status_code == 200
    form["USERNAME"] = f" {owner.email}"  # upstream trims nothing, and its database passes over blanks at the end only
    assert registered.client.post(TOKEN, data=form).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"grant_type": ["password", "refresh_token"]}, "unsupported_grant_type"),  # one text: password,refresh_token
        ({"grant_type": ["password", "password"]}, None),
        ({"grant_type": ["", "password"]}, None),
        ({"grant_type": " "}, "unsupported_grant_type"),
        ({"grant_type": "p" * 101}, "unsupported_grant_type"),
        ({"client_id": "c" * 101}, "invalid_client"),
        ({"scope": "api\toffline_access"}, "invalid_scope"),
        ({"scope": "api " * 76}, "invalid_scope"),
        ({"username": "n" * 257}, "invalid_grant"),
        ({"password": "p" * 101}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "R" * 101}, "invalid_grant"),
    ],
)
def test_what_is_sent_twice_or_too_long(
    registered: Any, owner: Any, changes: dict[str, Any], error: str | None
) -> None:
    answer = registered.client.post(TOKEN, data=owner.login | changes)
    assert (answer.status_code, answer.json() if error else None) == (400, {"error": error}) if error else (200, None)


def test_a_device_type_needs_no_name(registered: Any, owner: Any) -> None:
    claims = (
        registered.client.post(TOKEN, data=owner.login | {"deviceType": "200"}).json()["access_token"].split(".")[1]
    )
    assert json.loads(base64.urlsafe_b64decode(claims + "=="))["devicetype"] == "200"
    assert registered.client.post(TOKEN, data=owner.login | {"deviceType": "256"}).json()["error"] == "device_error"


@pytest.mark.parametrize("changes", [{"password": "wrong"}, {"username": "nobody@example.com"}])
def test_wrong_credentials_of_any_kind_look_the_same(registered: Any, owner: Any, changes: dict[str, str]) -> None:
    answer = registered.client.post(TOKEN, data=owner.login | changes)
    assert (answer.status_code, answer.json()) == (400, WRONG)


def test_failed_logins_are_counted_and_forgotten_by_a_good_one(registered: Any, owner: Any) -> None:
    from common.domains.accounts.service import find_user_by_email

    def failures() -> int:
        with registered.app.app_context():
            user = find_user_by_email(registered.app.extensions["wardenloop"], owner.email)
            assert user is not None
            return user.failed_login_count

    for _ in range(2):
        registered.client.post(TOKEN, data=owner.login | {"password": "wrong"})
    assert failures() == 2
    registered.client.post(TOKEN, data=owner.login)
    assert failures() == 0


def test_a_wrong_password_waits_and_a_malformed_request_does_not(workshop: Any, owner: Any, register: Any) -> None:
    """In process nobody waits, but a client that would not have waited so long gets no answer."""
    cloud = workshop.cloud(secret_delay=2.0)
    register(cloud, owner)
    for malformed in ({"scope": "other"}, {"client_id": "nobody"}):
        assert cloud.client.post(TOKEN, data=owner.login | malformed, timeout=0.001).status_code == 400
    wrong = owner.login | {"password": "wrong"}
    with pytest.raises(requests.ReadTimeout):
        cloud.client.post(TOKEN, data=wrong, timeout=1.999)
    assert cloud.client.post(TOKEN, data=wrong, timeout=2).status_code == 400


@pytest.mark.parametrize("field", ["deviceType", "deviceIdentifier", "deviceName"])
def test_a_login_names_its_device(registered: Any, owner: Any, field: str) -> None:
    answer = registered.client.post(TOKEN, data=owner.login | {field: ""})
    assert (answer.status_code, answer.json()) == (400, NO_DEVICE)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"grant_type": "authorization_code"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "unsupported_grant_type"),
        ({"client_id": ""}, "invalid_client"),
        ({"client_id": "unknown"}, "invalid_client"),
        ({"client_id": "user.not-a-guid", "grant_type": "client_credentials"}, "invalid_client"),
        ({"client_id": f"internal.{UUID(int=7)}", "grant_type": "client_credentials"}, "invalid_client"),
        ({"scope": "api api.push"}, "invalid_scope"),
        ({"username": " "}, "invalid_grant"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": " "}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "made-up"}, "invalid_grant"),
        ({"grant_type": "client_credentials"}, "unauthorized_client"),
    ],
)
def test_what_the_library_refuses_carries_nothing_else(
    registered: Any, owner: Any, changes: dict[str, str], error: str
) -> None:
    answer = registered.client.post(TOKEN, data=owner.login | changes)
    assert (answer.status_code, answer.json()) == (400, {"error": error})


@pytest.mark.parametrize("password", ["", None])
def test_no_password_is_a_wrong_one(registered: Any, owner: Any, password: str | None) -> None:
    answer = registered.client.post(TOKEN, data=owner.login | {"password": password})
    assert (answer.status_code, answer.json()) == (400, WRONG)


def test_only_a_posted_form_is_a_token_request(registered: Any, owner: Any) -> None:
    for answer in (registered.client.post(TOKEN, json=owner.login), registered.client.get(TOKEN, params=owner.login)):
        assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


def test_strict_servers_want_the_client_version(workshop: Any, owner: Any, register: Any) -> None:
    strict = workshop.cloud(require_client_version=True)
    register(strict, owner)
    refused = strict.client.post(TOKEN, data=owner.login)
    assert refused.json()["error"] == "version_header_missing"
    assert refused.json()["ErrorModel"]["Message"].startswith("No client version header found")
    headers = {"Bitwarden-Client-Version": "2026.6.0"}
    assert strict.client.post(TOKEN, data=owner.login, headers=headers).status_code == 200


class TestRefresh:
    """The refresh token grant."""

    @staticmethod
    def _refresh(side: Any, token: str, client_id: str = "cli") -> Any:
        form = {"grant_type": "refresh_token", "client_id": client_id, "refresh_token": token}
        return side.client.post(TOKEN, data=form)

    def test_the_same_token_comes_back_with_fresh_claims(self, registered: Any, owner: Any, sign_in: Any) -> None:
        token = registered.client.post(TOKEN, data=owner.login).json()["refresh_token"]
        sign_in(registered, owner).put("/api/accounts/profile", json={"name": "Renamed"})
        registered.clock.advance(timedelta(hours=2))
        body = self._refresh(registered, token).json()
        claims = _claims(registered, body.pop("access_token"))
        assert body == {
            "expires_in": 3600,
            "token_type": "Bearer",
            "refresh_token": token,
            "scope": "api offline_access",
        }
        assert (claims["name"], claims["device"]) == ("Renamed", owner.login["deviceIdentifier"])
        assert claims["iat"] - claims["auth_time"] == 7200

    @pytest.mark.parametrize(("client_id", "days"), [("web", 7), ("cli", 30), ("mobile", 60)])
    def test_each_use_prolongs_its_life(self, registered: Any, owner: Any, client_id: str, days: int) -> None:
        login = owner.login | {"client_id": client_id}
        token = registered.client.post(TOKEN, data=login).json()["refresh_token"]
        almost = timedelta(days=days) - timedelta(seconds=1)
        for _ in range(2):
            registered.clock.advance(almost)
            assert self._refresh(registered, token, client_id).status_code == 200
        registered.clock.advance(timedelta(days=days))
        assert self._refresh(registered, token, client_id).json() == {"error": "invalid_grant"}

    def test_no_offline_access_no_refresh_token(self, registered: Any, owner: Any) -> None:
        body = registered.client.post(TOKEN, data=owner.login | {"scope": "api"}).json()
        assert ("refresh_token" in body, body["scope"]) == (False, "api")

    def test_a_new_security_stamp_ends_it_while_access_tokens_live_on(
        self, registered: Any, owner: Any, sign_in: Any
    ) -> None:
        client = sign_in(registered, owner)
        token = registered.client.post(TOKEN, data=owner.login).json()["refresh_token"]
        assert client.post("/api/accounts/security-stamp", json=owner.secret).status_code == 200
        assert self._refresh(registered, token).json() == {"error": "invalid_grant"}
        assert client.get("/api/accounts/profile").status_code == 200

    def test_it_belongs_to_one_client(self, registered: Any, owner: Any) -> None:
        token = registered.client.post(TOKEN, data=owner.login).json()["refresh_token"]
        assert self._refresh(registered, token, "web").json() == {"error": "invalid_grant"}
        assert self._refresh(registered, token, "").json() == {"error": "invalid_client"}


class TestApiKeys:
    """Machine clients that both apps serve."""

    @pytest.fixture
    def form(self, registered: Any, owner: Any, sign_in: Any) -> dict[str, str]:
        client = sign_in(registered, owner)
        user_id = client.get("/api/accounts/profile").json()["id"]
        api_key = client.post("/api/accounts/api-key", json=owner.secret).json()["apiKey"]
        device = {name: value for name, value in owner.login.items() if name.startswith("device")}
        return device | {
            "grant_type": "client_credentials",
            "client_id": f"user.{user_id}",
            "client_secret": api_key,
            "scope": "api",
        }

    def test_a_user_signs_in_with_the_personal_key(self, registered: Any, owner: Any, form: dict[str, str]) -> None:
        body = registered.client.post(TOKEN, data=form).json()
        claims = _claims(registered, body["access_token"])
        assert (body["scope"], body["Key"], "refresh_token" in body) == ("api", owner.key, False)
        assert (claims["client_id"], claims["type"], claims["scope"]) == (form["client_id"], "User", ["api"])
        assert "auth_time" not in claims
        headers = {"Authorization": f"Bearer {body['access_token']}"}
        assert registered.client.get("/api/sync", headers=headers).status_code == 200

    def test_the_secret_may_come_by_http_basic(self, registered: Any, form: dict[str, str]) -> None:
        basic = (form.pop("client_id"), form.pop("client_secret"))
        assert registered.client.post(TOKEN, data=form, auth=basic).status_code == 200
        wrong = registered.client.post(TOKEN, data=form, auth=(basic[0], "wrong"))
        assert (wrong.status_code, wrong.json()) == (400, {"error": "invalid_client"})

    @pytest.mark.parametrize(
        ("changes", "body"),
        [
            ({"client_secret": "wrong"}, {"error": "invalid_client"}),
            ({"client_secret": "\u00e9"}, {"error": "invalid_client"}),
            ({"scope": "api offline_access"}, {"error": "invalid_scope"}),
            ({"deviceName": ""}, NO_DEVICE),
            ({"grant_type": "password"}, {"error": "unauthorized_client"}),
        ],
    )
    def test_refusals(
        self, registered: Any, form: dict[str, str], changes: dict[str, str], body: dict[str, Any]
    ) -> None:
        answer = registered.client.post(TOKEN, data=form | changes)
        assert (answer.status_code, answer.json()) == (400, body)

    def test_a_rotated_key_ends_the_old_one_at_once(
        self, registered: Any, owner: Any, sign_in: Any, form: dict[str, str]
    ) -> None:
        client = sign_in(registered, owner)
        new = client.post("/api/accounts/rotate-api-key", json=owner.secret).json()["apiKey"]
        assert registered.client.post(TOKEN, data=form).json() == {"error": "invalid_client"}
        assert registered.client.post(TOKEN, data=form | {"client_secret": new}).status_code == 200

    @pytest.mark.parametrize(
        ("changes", "works"), [({}, True), ({"use_api": False}, False), ({"enabled": False}, False)]
    )
    def test_an_organization_needs_the_api_and_to_be_enabled(
        self, side: Any, rows: Any, clock: ManualClock, changes: dict[str, bool], works: bool
    ) -> None:
        organization = _organization(side, clock, **({"use_api": True} | changes))
        organization_id = organization.id
        key = {"organization_id": organization_id, "revision_date": clock.now()}
        rows(
            side,
            organization,
            OrganizationApiKey(id=uuid4(), type=0, api_key="default-key", **key),
            OrganizationApiKey(id=uuid4(), type=1, api_key="billing-sync-key", **key),
        )
        form = {
            "grant_type": "client_credentials",
            "client_id": f"organization.{organization_id}",
            "client_secret": "default-key",
            "scope": "api.organization",
        }
        answer = side.client.post(TOKEN, data=form)
        if not works:
            assert answer.json() == {"error": "invalid_client"}
            return
        claims = _claims(side, answer.json()["access_token"])
        assert (claims["client_sub"], claims["client_type"]) == (str(organization_id), "Organization")
        assert "sub" not in claims
        assert set(answer.json()) == {"access_token", "expires_in", "token_type", "scope"}
        other_key = side.client.post(TOKEN, data=form | {"client_secret": "billing-sync-key"})
        assert other_key.json() == {"error": "invalid_client"}


def test_confirmed_memberships_become_role_claims(
    registered: Any, owner: Any, sign_in: Any, rows: Any, clock: ManualClock
) -> None:
    user_id = _user_id(registered, owner, sign_in)
    organizations = [_organization(registered, clock, name=f"Org {number}") for number in range(4)]
    ids = [str(each.id) for each in organizations]
    custom = {"manageUsers": True, "manageScim": False}
    rows(
        registered,
        *organizations,
        _member(organizations[0], user_id, 0, clock),
        _member(organizations[1], user_id, 0, clock),
        _member(organizations[2], user_id, 4, clock, permissions=custom),
        _member(organizations[3], user_id, 2, clock, status=1),
    )
    claims = _claims(registered, registered.client.post(TOKEN, data=owner.login).json()["access_token"])
    assert sorted(claims["orgowner"]) == sorted(ids[:2])
    assert (claims["orgcustom"], claims["manageusers"]) == (ids[2], ids[2])
    assert not {"orguser", "managescim"} & set(claims)


def test_a_policy_may_require_single_sign_on(
    registered: Any, owner: Any, sign_in: Any, rows: Any, clock: ManualClock
) -> None:
    user_id = _user_id(registered, owner, sign_in)
    organization = _organization(registered, clock, use_policies=True)
    now = {"creation_date": clock.now(), "revision_date": clock.now()}
    rows(
        registered,
        organization,
        _member(organization, user_id, 2, clock),
        Policy(id=uuid4(), organization_id=organization.id, type=4, enabled=True, **now),
        SsoConfig(organization_id=organization.id, enabled=True, identifier="acme", **now),
    )
    text = "Sso authentication is required."
    assert registered.client.post(TOKEN, data=owner.login).json() == {
        "error": "invalid_grant",
        "error_description": text,
        "ErrorModel": {"Object": "error", "Message": text},
        "SsoOrganizationIdentifier": "acme",
    }
    assert registered.client.post(TOKEN, data=owner.login | {"password": "wrong"}).json() == WRONG


def test_the_signing_key_survives_a_restart(workshop: Any, owner: Any, sign_in: Any) -> None:
    token = sign_in(workshop.cloud(), owner).headers["Authorization"]
    restarted = workshop.cloud()
    assert restarted.client.get("/api/accounts/profile", headers={"Authorization": token}).status_code == 200


def test_a_bad_or_ended_token_gets_401_without_a_body(registered: Any, owner: Any, sign_in: Any) -> None:
    client = sign_in(registered, owner)
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Bearer"}):
        answer = registered.client.get("/api/sync", headers=headers)
        assert (answer.status_code, answer.content) == (401, b"")
        assert answer.headers["WWW-Authenticate"].partition(" ")[0] == "Bearer"
    registered.clock.advance(timedelta(hours=1, minutes=6))
    assert client.get("/api/sync").status_code == 401


class TestNewDevice:
    """Verification of new devices (a setting of the cloud)."""

    @pytest.fixture
    def cloud(self, workshop: Any, owner: Any, sign_in: Any) -> Any:
        cloud = workshop.cloud(enable_new_device_verification=True)
        sign_in(cloud, owner)
        cloud.clock.advance(timedelta(days=1))
        return cloud

    NEW = {"deviceIdentifier": "another-device"}  # noqa: RUF012

    def _code(self, cloud: Any) -> str:
        words: list[str] = cloud.mails[-1].text.split()
        return next(word for word in words if len(word) == 8 and word.isdigit())

    def test_a_mailed_code_admits_the_device_for_good(self, cloud: Any, owner: Any) -> None:
        refused = cloud.client.post(TOKEN, data=owner.login | self.NEW).json()
        assert (refused["error"], refused["error_description"]) == (
            "device_error",
            "New device verification required",
        )
        assert refused["ErrorModel"]["Message"] == "new device verification required"
        wrong = cloud.client.post(TOKEN, data=owner.login | self.NEW | {"newDeviceOtp": "00"}).json()
        assert (wrong["error_description"], wrong["ErrorModel"]["Message"]) == (
            "Invalid New Device OTP",
            "invalid new device otp",
        )
        form = owner.login | self.NEW | {"newDeviceOtp": self._code(cloud)}
        assert cloud.client.post(TOKEN, data=form).status_code == 200
        assert cloud.client.post(TOKEN, data=owner.login | self.NEW).status_code == 200

    def test_a_known_device_is_not_asked(self, cloud: Any, owner: Any) -> None:
        assert cloud.client.post(TOKEN, data=owner.login).status_code == 200
        assert cloud.mails == []

    def test_who_opted_out_is_not_asked(self, cloud: Any, owner: Any, sign_in: Any) -> None:
        body = owner.secret | {"verifyDevices": False}
        assert sign_in(cloud, owner).put("/api/accounts/verify-devices", json=body).status_code == 200
        assert cloud.client.post(TOKEN, data=owner.login | self.NEW).status_code == 200

    def test_another_code_can_be_asked_for(self, cloud: Any, owner: Any) -> None:
        path = "/api/accounts/resend-new-device-otp"
        stranger = {"email": owner.email, "masterPasswordHash": "wrong"}
        assert cloud.client.post(path, json=stranger).status_code == 200
        assert cloud.mails == []
        assert cloud.client.post(path, json={"email": owner.email} | owner.secret).status_code == 200
        form = owner.login | self.NEW | {"newDeviceOtp": self._code(cloud)}
        assert cloud.client.post(TOKEN, data=form).status_code == 200

    def test_a_code_dies_after_five_minutes(self, cloud: Any, owner: Any) -> None:
        cloud.client.post(TOKEN, data=owner.login | self.NEW)
        cloud.clock.advance(timedelta(minutes=5))
        form = owner.login | self.NEW | {"newDeviceOtp": self._code(cloud)}
        assert cloud.client.post(TOKEN, data=form).json()["error_description"] == "Invalid New Device OTP"


def test_a_device_is_known_after_its_first_login(registered: Any, owner: Any) -> None:
    import base64

    def known(identifier: str) -> Any:
        email = base64.urlsafe_b64encode(owner.email.encode()).decode().rstrip("=")
        headers = {"X-Request-Email": email, "X-Device-Identifier": identifier}
        return registered.client.get("/api/devices/knowndevice", headers=headers).json()

    assert known(owner.login["deviceIdentifier"]) is False
    registered.client.post(TOKEN, data=owner.login)
    assert known(owner.login["deviceIdentifier"]) is True
    assert known("another") is False


def test_discovery_names_the_addresses_of_this_app(side: Any) -> None:
    document = side.client.get("/identity/.well-known/openid-configuration").json()
    assert document["token_endpoint"] == f"{side.base_url}/identity/connect/token"
    assert document["issuer"] in ("https://identity.bitwarden.com", "http://identity")
    assert {"password", "client_credentials", "refresh_token"} <= set(document["grant_types_supported"])
