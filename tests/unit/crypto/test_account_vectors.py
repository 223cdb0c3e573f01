"""Account cryptography against values that this project did not compute (tests/fixtures/crypto.json)."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from common.crypto import account
from common.crypto.account import DecryptionFailed, Kdf
from common.enums import KdfType

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "fixtures" / "crypto.json").read_text("utf-8"))


def kdf_of(case: dict[str, Any]) -> Kdf:
    return Kdf(KdfType(case["kdf"]), case["kdfIterations"], case["kdfMemory"], case["kdfParallelism"])


def b64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def named(block: str) -> Any:
    return pytest.mark.parametrize("case", VECTORS[block], ids=lambda case: case["name"])


ACCOUNTS = {case["name"]: case for case in VECTORS["accounts"]}
ORGANIZATION = VECTORS["organization"]


@named("kdf")
def test_master_key_hashes_and_stretched_key(case: dict[str, Any]) -> None:
    key = account.master_key(case["password"], case["email"], kdf_of(case))
    assert key == b64(case["masterKeyB64"])
    assert account.server_hash(key, case["password"]) == case["masterPasswordHashServer"]
    assert account.stretch(key) == b64(case["stretchedEncKeyB64"]) + b64(case["stretchedMacKeyB64"])
    assert account.normalised_email(case["email"]) == case["salt"]


@named("encStringType2")
def test_type_2_is_exact_and_opens(case: dict[str, Any]) -> None:
    key, plaintext = b64(case["keyB64"]), b64(case["plaintextB64"])
    assert account.encrypt(key, plaintext, iv=b64(case["ivB64"])) == case["encString"]
    assert account.decrypt(key, case["encString"]) == plaintext
    assert account.is_encrypted_string(case["encString"])


@named("encStringInvalid")
def test_invalid_type_2_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(DecryptionFailed):
        account.decrypt(b64(case["keyB64"]), case["encString"])


@named("encStringType4")
def test_type_4_opens_and_round_trips(case: dict[str, Any]) -> None:
    private_key, plaintext = b64(case["privateKeyPkcs8B64"]), b64(case["plaintextB64"])
    assert account.unwrap_key(private_key, case["encString"]) == plaintext
    assert account.unwrap_key(private_key, account.wrap_key(b64(case["publicKeyB64"]), plaintext)) == plaintext
    assert account.is_encrypted_string(case["encString"])


@pytest.mark.parametrize("name", ACCOUNTS)
def test_account_signs_in_and_unlocks(name: str) -> None:
    case = ACCOUNTS[name]
    key = account.master_key(case["password"], case["email"], kdf_of(case))
    assert account.server_hash(key, case["password"]) == case["masterPasswordHash"]
    user_key = account.unlock(case["password"], case["email"], kdf_of(case), case["protectedUserKey"])
    assert user_key == b64(case["userKeyB64"])
    assert account.decrypt(user_key, case["encryptedPrivateKey"]) == b64(case["privateKeyPkcs8B64"])


@pytest.mark.parametrize("member", ORGANIZATION["memberKeys"], ids=lambda member: member["account"])
def test_member_opens_the_organization_key(member: dict[str, Any]) -> None:
    private_key = b64(ACCOUNTS[member["account"]]["privateKeyPkcs8B64"])
    assert account.unwrap_key(private_key, member["key"]) == b64(ORGANIZATION["organizationKeyB64"])


def test_organization_data_open_with_the_organization_key() -> None:
    key = b64(ORGANIZATION["organizationKeyB64"])
    assert account.decrypt(key, ORGANIZATION["encryptedPrivateKey"]) == b64(ORGANIZATION["privateKeyPkcs8B64"])
    assert account.decrypt(key, ORGANIZATION["collectionName"]).decode() == ORGANIZATION["collectionNamePlain"]


@pytest.mark.parametrize("field", VECTORS["cipher"]["fields"])
def test_vault_item_opens_with_the_user_key(field: str) -> None:
    key = b64(ACCOUNTS[VECTORS["cipher"]["account"]]["userKeyB64"])
    case = VECTORS["cipher"]["fields"][field]
    assert account.decrypt(key, case["encString"]).decode() == case["plain"]
