"""KDF limits, the structural check of encrypted strings, and the keys of new accounts and organizations."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.crypto import account
from common.crypto.account import DecryptionFailed, Kdf, RsaKeyPair
from common.enums import KdfType

QUICK = Kdf(iterations=5_000)
KEY = bytes(range(64))


@pytest.fixture(scope="module")
def pair() -> RsaKeyPair:
    return account.new_rsa_key_pair()


@pytest.mark.parametrize(
    ("kdf", "text"),
    [
        (Kdf(), None),
        (Kdf(iterations=2_000_000), None),
        (Kdf(iterations=599_999), "KDF iterations must be between 600000 and 2000000."),
        (Kdf(iterations=2_000_001), "KDF iterations must be between 600000 and 2000000."),
        (Kdf.argon2id(), None),
        (Kdf.argon2id(2, 15, 1), None),
        (Kdf.argon2id(10, 1024, 16), None),
        (Kdf.argon2id(iterations=1), "Argon2 iterations must be between 2 and 10."),
        (Kdf.argon2id(iterations=11), "Argon2 iterations must be between 2 and 10."),
        (Kdf.argon2id(memory=14), "Argon2 memory must be between 15mb and 1024mb."),
        (Kdf.argon2id(memory=1025), "Argon2 memory must be between 15mb and 1024mb."),
        (Kdf(KdfType.ARGON2ID, 6, None, 4), "Argon2 memory must be between 15mb and 1024mb."),
        (Kdf.argon2id(parallelism=0), "Argon2 parallelism must be between 1 and 16."),
        (Kdf.argon2id(parallelism=17), "Argon2 parallelism must be between 1 and 16."),
        (Kdf(KdfType.ARGON2ID, 6, 32, None), "Argon2 parallelism must be between 1 and 16."),
        # One text only, the first that applies.
        (Kdf.argon2id(1, 1, 99), "Argon2 iterations must be between 2 and 10."),
    ],
)
def test_kdf_limits_of_the_server(kdf: Kdf, text: str | None) -> None:
    assert kdf.problem() == text


def test_argon2id_without_memory_derives_nothing() -> None:
    with pytest.raises(ValueError, match="memory and parallelism"):
        account.master_key("p", "a@b.c", Kdf(KdfType.ARGON2ID, 3))


@pytest.mark.parametrize(
    "text",
    [
        "0.YWFh|YWFh",
        "1.YWFh|YWFh|YWFh",
        "2.YWFh|YWE=|YQ==",
        "3.YWFh",
        "4.YWFh",
        "5.YWFh|YWFh",
        "6.YWFh|YWFh",
        "7.YWFh",
        "YWFh|YWFh",
        "YWFh|YWFh|YWFh",
        "2.YR==|YR==|YR==",  # unused bits that are not zero: some clients make them
    ],
)
def test_structure_of_an_encrypted_string(text: str) -> None:
    assert account.is_encrypted_string(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "2.",
        "2.||",
        "2.YWFh|YWFh",
        "2.YWFh|YWFh|YWFh|YWFh",
        "4.YWFh|YWFh",
        "8.YWFh",
        "-1.YWFh",
        "x.YWFh",
        "4.YWF",
        "4.YWFhYQ=",
        "4.YW h",
        "4.YWFh\n",
        "4.====",
        "4.YW=h",
        "4.YW-_",
        "YWFh",
        "YWFh|YWFh|YWFh|YWFh",
    ],
)
def test_what_is_no_encrypted_string(text: str) -> None:
    assert not account.is_encrypted_string(text)


@given(st.binary(max_size=200))
def test_type_2_round_trip_with_a_fresh_iv(plaintext: bytes) -> None:
    first, second = account.encrypt(KEY, plaintext), account.encrypt(KEY, plaintext)
    assert account.decrypt(KEY, first) == account.decrypt(KEY, second) == plaintext
    assert first != second
    assert account.is_encrypted_string(first)


@pytest.mark.parametrize("text", ["", "2", "2.a|b|c", "4.YWFh", "2.YWFh|YWFh|YWFh", "2.Ÿ|Ÿ|Ÿ"])
def test_nonsense_is_refused_as_failed_decryption(text: str) -> None:
    with pytest.raises(DecryptionFailed):
        account.decrypt(KEY, text)


def test_wrapped_key_for_somebody_else_is_refused(pair: RsaKeyPair) -> None:
    other = account.new_rsa_key_pair()
    with pytest.raises(DecryptionFailed):
        account.unwrap_key(other.private_key, account.wrap_key(pair.public_key, KEY))
    with pytest.raises(DecryptionFailed):
        account.unwrap_key(pair.private_key, "4.YWFh")


def test_key_of_the_wrong_size_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="64 bytes"):
        account.encrypt(b"short", b"")


def test_new_account_can_be_unlocked_with_what_the_server_got(pair: RsaKeyPair) -> None:
    keys = account.new_account("  Owner@Example.COM ", "correct horse", QUICK, pair=pair)
    assert keys.email == keys.salt == "owner@example.com"
    master = account.master_key("correct horse", "owner@example.com", QUICK)
    assert keys.master_password_hash == account.server_hash(master, "correct horse")
    user_key = account.unlock("correct horse", "OWNER@example.com", QUICK, keys.protected_user_key)
    assert user_key == keys.user_key
    assert account.decrypt(user_key, keys.encrypted_private_key) == pair.private_key
    assert base64.b64decode(keys.public_key) == pair.public_key
    assert (len(keys.public_key), len(keys.master_password_hash)) == (392, 44)


def test_wrong_password_unlocks_nothing(pair: RsaKeyPair) -> None:
    keys = account.new_account("a@example.com", "right", QUICK, pair=pair)
    with pytest.raises(DecryptionFailed):
        account.unlock("wrong", "a@example.com", QUICK, keys.protected_user_key)


def test_secrets_do_not_show_in_repr(pair: RsaKeyPair) -> None:
    keys = account.new_account("a@example.com", "right", QUICK, pair=pair)
    assert repr(keys.user_key) not in repr(keys)
    assert repr(pair.private_key) not in repr(keys) + repr(pair)


def test_two_accounts_share_no_user_key(pair: RsaKeyPair) -> None:
    first, second = (account.new_account("a@example.com", "p", QUICK, pair=pair) for _ in range(2))
    assert first.user_key != second.user_key


def test_new_organization_opens_for_its_creator(pair: RsaKeyPair) -> None:
    creator = account.new_account("a@example.com", "p", QUICK, pair=pair)
    for public_key in (creator.public_key, pair.public_key):
        keys = account.new_organization_keys(public_key, "默认集合", pair=pair)
        organization_key = account.unwrap_key(pair.private_key, keys.key)
        assert organization_key == keys.organization_key
        assert account.decrypt(organization_key, keys.collection_name).decode() == "默认集合"
        assert account.decrypt(organization_key, keys.encrypted_private_key) == pair.private_key
