"""Nothing secret is left of what is written down, wherever it stands, and the same secrets look the same."""

import importlib
import json
import pkgutil
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

import common.wire
from common.sim.journal.masking import (
    HARMLESS,
    is_secret,
    mask,
    masked_form,
    masked_headers,
    masked_multipart,
    masked_text,
    masked_values,
    token_read,
)
from common.wire.base import WireModel

SECRET = "k7QfS3cr3tS3cr3tS3cr3tS3cr3t01"
SHOWN = "k7Qf…50f7d2cbe7e4"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"

PUBLIC = {
    "accessSecretsManager", "containedKeyId", "continuationToken", "credentialId", "descriptionLocalizationKey",
    "driversLicense", "ForcePasswordReset", "forcePasswordReset", "gitHash", "hasMasterPassword",
    "hasPublicAndPrivateKeys", "hasResetPassword", "hasTotp", "hidePasswords", "isOnSecretsManagerStandalone",
    "isTokenValid", "keyAlgorithm", "keyConnectorEnabled", "keyConnectorUrl", "keyCurve", "keyFingerprint", "keyType",
    "manageResetPassword", "MasterPasswordPolicy", "nameLocalizationKey", "organizationUseTotp", "passwordManager",
    "passwordRevisionDate", "publicKey", "resetPasswordEnrolled", "secretId", "secretsManager", "secretsManagerPlan",
    "signedPublicKey", "token_type", "tokenType", "tokensIssued", "translationKey", "useKeyConnector",
    "usePasswordManager", "useResetPassword", "useSecretsManager", "useTotp", "usesKeyConnector", "vapidPublicKey",
    "verifyingKey", "viewPassword",
}  # fmt: skip
"""Members whose name sounds secret, and that hold switches, kinds, dates, ids and public halves of keys."""

SECRETS_OF_THE_LOOP = (
    "password", "masterPasswordHash", "newMasterPasswordHash", "master_password_hash", "client_secret", "apiKey",
    "billingSyncKey", "licenseKey", "access_token", "refresh_token", "token", "key", "privateKey", "securityStamp",
    "otp", "code", "twoFactorToken", "sponsorshipToken", "emailVerificationToken", "installationKey", "hash",
    "signature", "recoveryCode", "totp", "pushToken", "masterPasswordHint", "authRequestAccessCode",
)  # fmt: skip


def _members() -> Iterator[str]:
    for module in pkgutil.iter_modules(common.wire.__path__):
        importlib.import_module(f"common.wire.{module.name}")
    models = list(WireModel.__subclasses__())
    while models:
        model = models.pop()
        models += model.__subclasses__()
        for name, field in model.model_fields.items():
            yield field.serialization_alias or field.alias or name


@pytest.mark.parametrize("word", ["password", "secret", "token", "key", "hash", "otp", "stamp", "license", "code"])
def test_every_member_of_the_wire_that_sounds_secret_is_one_or_is_known_as_harmless(word: str) -> None:
    harmless_words = {"descriptionLocalizationKey", "driversLicense", "license", "licenseNumber", "licenseType"}
    harmless_words |= {"lastLicenseSync", "licensedInstallations"}  # a date, ids
    harmless_words |= {"postalCode", "billingAddressPostalCode", "countryCode", "languageCode"}
    sounding = {name for name in _members() if word in name.lower()} - PUBLIC - harmless_words
    assert {name for name in sounding if not is_secret(name)} <= {"unicode"}


def test_what_is_harmless_is_said_by_name() -> None:
    assert {name.lower().replace("_", "") for name in PUBLIC} == HARMLESS


@pytest.mark.parametrize("name", SECRETS_OF_THE_LOOP)
def test_a_member_is_masked_in_every_kind_of_body(name: str) -> None:
    bodies = [
        masked_text(json.dumps({"a": {name: SECRET}, "list": [{name: SECRET}]})),
        masked_text(json.dumps({name: [SECRET, SECRET]}, indent=2)),
        masked_text(json.dumps({"data": json.dumps({"config": json.dumps({name: SECRET})})})),
        masked_text(json.dumps({"\\u" + "x": 1, name: SECRET}).replace(name[0], f"\\u{ord(name[0]):04x}", 1)),
        masked_text(f"see https://x.test/#/page?a=1&{name}={SECRET}&b=2"),
        masked_form(urlencode({"a": "b", name: SECRET})),
        masked_form(urlencode({"a": json.dumps({name: SECRET})})),
        masked_multipart(f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{SECRET}\r\n--B--\r\n', "B"),
        json.dumps(masked_values({"row": {name: SECRET}}), ensure_ascii=False),
    ]
    for body in bodies:
        assert "S3cr3t" not in body
        assert "k7Qf" in body


def test_the_beginning_of_a_body_is_masked_too() -> None:
    whole = json.dumps({"email": "a@b.example", "apiKey": SECRET})
    for length in range(whole.index(SECRET) + 5, len(whole)):
        assert "S3c" not in masked_text(whole[:length])


def test_names_in_any_case_and_numbers_that_are_secret() -> None:
    assert masked_text('{"OTP": 123456, "Client-Secret": "abcdefgh"}') == (
        f'{{"OTP": "{mask("123456")}", "Client-Secret": "{mask("abcdefgh")}"}}'
    )


def test_the_same_secret_looks_the_same_everywhere_and_another_one_does_not() -> None:
    assert mask(SECRET) == mask(SECRET)
    assert mask(SECRET) != mask(SECRET[:-1])
    assert mask(SECRET)[:5] == "k7Qf…"
    assert mask(JWT) in masked_text(f"Bearer {JWT}")
    assert masked_headers([("Authorization", f"Bearer {JWT}")]) == [["Authorization", f"Bearer {mask(JWT)}"]]


def test_little_of_a_short_secret_is_shown() -> None:
    assert mask("123456").startswith("1…")
    assert mask("123").startswith("…")


def test_headers_hide_cookies_tokens_and_nothing_else() -> None:
    headers = [
        ("Cookie", f"session={SECRET}; theme=dark"),
        ("Set-Cookie", f"session={SECRET}; HttpOnly; Path=/"),
        ("X-Wardenloop-Token", SECRET),
        ("Location", f"/login?token={SECRET}"),
        ("Content-Type", "application/json"),
    ]
    shown = {pair[0]: pair[1] for pair in masked_headers(headers)}
    assert SECRET not in json.dumps(shown)
    assert shown["Cookie"] == f"session={mask(SECRET)}; theme={mask('dark')}"
    assert shown["Set-Cookie"].endswith("; HttpOnly; Path=/")
    assert shown["Content-Type"] == "application/json"


def test_what_holds_no_secret_stays_as_it_is() -> None:
    body = '{"object":"list","useKeyConnector":true,"publicKey":"MIIB","key":null,"data":["a","b"],"x":"a\\"b"}'
    assert masked_text(body) == body
    assert masked_form("grant_type=client_credentials&scope=api") == "grant_type=client_credentials&scope=api"


def test_a_token_is_read_without_its_secrets() -> None:
    read = token_read("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4Iiwic3N0YW1wIjoiYWJjZGVmZ2hpamtsbW5vcCJ9.c2ln")
    assert read == {"header": {"alg": "HS256"}, "claims": {"sub": "x", "sstamp": mask("abcdefghijklmnop")}}
    assert token_read("no token") is None


def test_broken_text_of_any_length_takes_no_time() -> None:
    broken = '"' + "a" * 60_000
    assert masked_text(broken) == broken
    assert masked_text('{"a":"' + "\\\\" * 30_000) == '{"a":"' + "\\\\" * 30_000
