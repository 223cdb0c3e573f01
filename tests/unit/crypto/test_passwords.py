"""Storage of received master password hashes."""

import base64

import pytest

from common.crypto.passwords import CHEAPEST_COST, SERVER_COST, Cost, PasswordHashes

RECEIVED = "4Aa46Fc7qpSyhQZ1PBBTSDpBMGrkvVsIOK5CG+1yzBE="


@pytest.fixture
def hashes() -> PasswordHashes:
    return PasswordHashes(CHEAPEST_COST)


def test_hash_verifies_and_is_salted(hashes: PasswordHashes) -> None:
    first, second = hashes.hash(RECEIVED), hashes.hash(RECEIVED)
    assert first != second
    assert hashes.verify(first, RECEIVED)
    assert hashes.verify(second, RECEIVED)
    assert RECEIVED not in first


@pytest.mark.parametrize("received", ["", RECEIVED[:-1], RECEIVED.lower(), RECEIVED + " ", "密码"])
def test_anything_else_is_refused(hashes: PasswordHashes, received: str) -> None:
    assert not hashes.verify(hashes.hash(RECEIVED), received)


@pytest.mark.parametrize("received", ["", RECEIVED])
def test_unknown_account_never_verifies(hashes: PasswordHashes, received: str) -> None:
    assert not hashes.verify(None, received)


@pytest.mark.parametrize("stored", ["", "plain", "$argon2id$v=19$m=8"])
def test_broken_row_refuses_instead_of_raising(hashes: PasswordHashes, stored: str) -> None:
    assert not hashes.verify(stored, RECEIVED)


def test_argon2id_value_of_another_implementation_verifies(hashes: PasswordHashes) -> None:
    # tests/fixtures/crypto.json, "argon2id-client-minimum": two independent libraries agree on this value.
    salt = base64.b64encode(bytes.fromhex("a204e8383ce2cf8ee19a17564b14e224f8503a04fdbd5d133ab14cae1fa9bd79"))
    value = "kl0jXptTMeFqui5al/V3M9VoN/iciyhpTe1R03ImMaM="
    stored = f"$argon2id$v=19$m=16384,t=2,p=1${salt.decode().rstrip('=')}${value.rstrip('=')}"
    assert hashes.verify(stored, "correct horse battery staple")
    assert not hashes.verify(stored, "correct horse battery stapl")


def test_changed_cost_asks_for_a_new_hash(hashes: PasswordHashes) -> None:
    stored = hashes.hash(RECEIVED)
    assert not hashes.needs_rehash(stored)
    dearer = PasswordHashes(Cost(rounds=2, memory_kib=16, lanes=1))
    assert dearer.needs_rehash(stored)
    assert dearer.verify(stored, RECEIVED)


def test_default_cost_is_the_one_for_servers() -> None:
    assert (
        PasswordHashes()
        .hash(RECEIVED)
        .startswith(f"$argon2id$v=19$m={SERVER_COST.memory_kib},t={SERVER_COST.rounds},p={SERVER_COST.lanes}$")
    )
