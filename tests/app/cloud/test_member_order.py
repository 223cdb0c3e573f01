"""The order of members in answers: some readers show bodies as they come, and upstream's never changes."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.harness import Person, Side

KEYS = ["publicKeyEncryptionKeyPair.wrappedPrivateKey", "publicKeyEncryptionKeyPair.publicKey"]
TOKEN = [
    "access_token",
    "expires_in",
    "token_type",
    "refresh_token",
    "scope",
    "PrivateKey",
    *(f"AccountKeys.{key}" for key in KEYS),
    "AccountKeys.publicKeyEncryptionKeyPair.Object",
    "AccountKeys.Object",
    "Key",
    "MasterPasswordPolicy.Object",
    "ForcePasswordReset",
    "Kdf",
    "KdfIterations",
    "KdfMemory",
    "KdfParallelism",
    "UserDecryptionOptions.HasMasterPassword",
    "UserDecryptionOptions.MasterPasswordUnlock.Kdf.KdfType",
    "UserDecryptionOptions.MasterPasswordUnlock.Kdf.Iterations",
    "UserDecryptionOptions.MasterPasswordUnlock.MasterKeyEncryptedUserKey",
    "UserDecryptionOptions.MasterPasswordUnlock.Salt",
    "UserDecryptionOptions.Object",
]
DOMAINS = ["equivalentDomains", "globalEquivalentDomains", "object"]
ANSWERS = {
    "/api/config": [
        "version",
        "gitHash",
        "server",
        *(f"environment.{name}" for name in ("cloudRegion", "vault", "api", "identity", "notifications", "sso")),
        "featureStates",
        "push.pushTechnology",
        "push.vapidPublicKey",
        "communication",
        "settings.disableUserRegistration",
        "settings.suppressOnboardingInterstitials",
        "object",
    ],
    "/api/settings/domains": DOMAINS,
    "/_sim/clock": ["now", "offsetSeconds", "frozen"],
}


def _members(body: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in body.items():
        if isinstance(value, dict) and value:
            yield from _members(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


@pytest.fixture
def person(side: Side) -> Person:
    return side.sign_up("alice@example.com")


def test_a_users_token(person: Person) -> None:
    assert list(_members(person.token)) == TOKEN


@pytest.mark.parametrize("path", ANSWERS)
def test_small_answers(person: Person, path: str) -> None:
    assert list(_members(person.api.get(path).json())) == ANSWERS[path]


def test_everything_a_client_keeps(person: Person) -> None:
    body = person.api.get("/api/sync").json()
    assert list(body) == [
        "profile",
        "folders",
        "collections",
        "ciphers",
        "domains",
        "policies",
        "policiesNew",
        "sends",
        "userDecryption",
        "object",
    ]
    assert list(body["domains"]) == DOMAINS
    assert list(_members(body["userDecryption"])) == [
        "masterPasswordUnlock.kdf.kdfType",
        "masterPasswordUnlock.kdf.iterations",
        "masterPasswordUnlock.kdf.memory",
        "masterPasswordUnlock.kdf.parallelism",
        "masterPasswordUnlock.masterKeyEncryptedUserKey",
        "masterPasswordUnlock.salt",
        "masterPasswordUnlock.containedKeyId",
    ]


def test_what_premium_costs(cloud: Side) -> None:
    body = cloud.sign_up("visitor@example.com").api.get("/api/plans/premium").json()
    part = ("stripePriceId", "price", "provided")
    assert list(_members(body)) == [
        "name",
        "legacyYear",
        "available",
        *(f"seat.{name}" for name in part),
        *(f"storage.{name}" for name in part),
    ]
