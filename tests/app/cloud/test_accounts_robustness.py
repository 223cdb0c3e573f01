"""Whatever a client sends to identity and accounts, it is never answered with a server error."""

import json
from typing import Any

import pytest

ANONYMOUS = [
    ("POST", "/identity/accounts/prelogin"),
    ("POST", "/identity/accounts/register/send-verification-email"),
    ("POST", "/identity/accounts/register/verification-email-clicked"),
    ("POST", "/identity/accounts/register/finish"),
    ("POST", "/api/accounts/verify-email-token"),
    ("POST", "/api/accounts/resend-new-device-otp"),
]
SIGNED_IN = [
    ("PUT", "/api/accounts/profile"),
    ("PUT", "/api/accounts/avatar"),
    ("POST", "/api/accounts/verify-password"),
    ("POST", "/api/accounts/verify-otp"),
    ("POST", "/api/accounts/api-key"),
    ("POST", "/api/accounts/rotate-api-key"),
    ("POST", "/api/accounts/security-stamp"),
    ("POST", "/api/accounts/password"),
    ("POST", "/api/accounts/kdf"),
    ("POST", "/api/accounts/keys"),
    ("PUT", "/api/accounts/verify-devices"),
    ("DELETE", "/api/accounts"),
]
MEMBERS = [
    "email",
    "name",
    "masterPasswordHash",
    "masterPasswordHint",
    "key",
    "otp",
    "userId",
    "token",
    "publicKey",
    "encryptedPrivateKey",
    "kdf",
    "kdfIterations",
    "kdfMemory",
    "userSymmetricKey",
    "userAsymmetricKeys",
    "masterPasswordAuthentication",
    "masterPasswordUnlock",
    "authenticationData",
    "unlockData",
    "emailVerificationToken",
    "orgInviteToken",
    "organizationUserId",
    "verifyDevices",
    "avatarColor",
    "newMasterPasswordHash",
    "fromMarketing",
]
ODD_VALUES: list[Any] = [
    None,
    True,
    -1,
    10**30,
    1.5,
    "",
    "\u0000",
    "x" * 5000,
    "\U0001f600@b.co",
    "a@b.co",
    [],
    {},
    {"kdf": None},
]
ODD_BODIES = [
    b"",
    b" ",
    b"null",
    b"[]",
    b"[[]]",
    b'"text"',
    b"1",
    b"{",
    b"{}",
    b"\xff\xfe",
    b'{"email":"\\ud800"}',
    b'{"email":"\\u0000@b.co"}',
    b'{"kdf":NaN,"email":1e999}',
    b"[" * 2000,
    b'{"a":' * 2000,
    *(json.dumps(dict.fromkeys(MEMBERS, value)).encode() for value in ODD_VALUES),
]


def _send(client: Any, method: str, path: str, body: bytes) -> int:
    answer = client.request(method, path, data=body, headers={"Content-Type": "application/json"})
    if answer.status_code >= 400:
        assert answer.json()["object"] == "error"
    return int(answer.status_code)


@pytest.mark.parametrize(("method", "path"), ANONYMOUS)
def test_odd_bodies_of_strangers(cloud: Any, method: str, path: str) -> None:
    for body in ODD_BODIES:
        assert _send(cloud.client, method, path, body) < 500, body


@pytest.mark.parametrize(("method", "path"), SIGNED_IN)
def test_odd_bodies_of_users(cloud: Any, owner: Any, sign_in: Any, method: str, path: str) -> None:
    client = sign_in(cloud, owner)
    for body in ODD_BODIES:
        assert _send(client, method, path, body) < 500, body


FORMS = [
    b"",
    b"=&&==",
    b"grant_type=%00",
    b"grant_type=password&client_id=cli&username=%ff&password=%ff",
    b"grant_type=password&client_id=cli&username=%F0%9F%98%80&password=%C3%A9&scope=%20",
    b"grant_type=refresh_token&client_id=cli&refresh_token=%C3%A9",
    b"grant_type=client_credentials&client_id=user.&client_secret=x",
    b"grant_type=client_credentials&client_id=organization.%00&client_secret=x",
    b"grant_type=client_credentials&client_id=.&client_secret=",
    b"client_id=" + b"x" * 100_000,
]


@pytest.mark.parametrize("form", FORMS)
def test_odd_forms_at_the_token_endpoint(cloud: Any, form: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = cloud.client.post("/identity/connect/token", data=form, headers=headers)
    assert answer.status_code == 400
    assert "error" in answer.json()


@pytest.mark.parametrize("credentials", ["Basic", "Basic !!", "Basic Og==", "Basic gIA6gA==", "Digest x", "Bearer"])
def test_odd_client_authentication(cloud: Any, owner: Any, credentials: str) -> None:
    answer = cloud.client.post("/identity/connect/token", data={}, headers={"Authorization": credentials})
    assert answer.status_code == 400


@pytest.mark.parametrize("email", ["", "!!", "gIA", "YUBiLmNv"])
def test_odd_headers_of_a_known_device_question(cloud: Any, email: str) -> None:
    headers = {"X-Request-Email": email, "X-Device-Identifier": "x"}
    assert cloud.client.get("/api/devices/knowndevice", headers=headers).status_code < 500
