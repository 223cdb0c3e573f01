"""Keys and wrappings out of a seed: the same twice, sound, and opened by the library that had no part in them."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from common.crypto import account
from common.crypto.seeded import oaep_sha1, rsa_key
from common.ids import SeededIds

OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)
QUICK = account.Kdf(iterations=5000)


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa_key(SeededIds(7).octets)


def test_the_key_is_whole_and_that_of_its_seed(key: rsa.RSAPrivateKey) -> None:
    numbers = key.private_numbers()
    assert (key.key_size, numbers.p != numbers.q, numbers.p * numbers.q) == (2048, True, numbers.public_numbers.n)
    assert {pow(base, each - 1, each) for each in (numbers.p, numbers.q) for base in (2, 3, 5, 7)} == {1}
    assert rsa_key(SeededIds(7).octets).private_numbers() == numbers
    signature = key.sign(b"text", padding.PKCS1v15(), hashes.SHA256())
    key.public_key().verify(signature, b"text", padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize("message", [b"", bytes(64), b"x" * 214])
def test_the_library_opens_what_was_wrapped(key: rsa.RSAPrivateKey, message: bytes) -> None:
    assert key.decrypt(oaep_sha1(key.public_key(), message, SeededIds(1).octets), OAEP) == message


def test_what_is_too_long_is_refused_as_the_library_does(key: rsa.RSAPrivateKey) -> None:
    with pytest.raises(ValueError, match="Encryption failed"):
        key.public_key().encrypt(bytes(215), OAEP)
    with pytest.raises(ValueError, match="too long"):
        oaep_sha1(key.public_key(), bytes(215), SeededIds(1).octets)


def test_an_account_and_an_organization_are_the_same_twice_and_open() -> None:
    pair = account.new_rsa_key_pair()

    def made(draw: Callable[[int], bytes]) -> tuple[account.AccountKeys, account.OrganizationKeys]:
        person = account.new_account("a@example.com", "p", QUICK, pair=pair, draw=draw)
        return person, account.new_organization_keys(person.public_key, pair=pair, draw=draw)

    first, second, other = (made(SeededIds(seed).octets) for seed in (7, 7, 8))
    assert first == second
    assert (first[0].protected_user_key, first[1].key) != (other[0].protected_user_key, other[1].key)
    person, organization = first
    assert account.unlock("p", "a@example.com", QUICK, person.protected_user_key) == person.user_key
    assert account.unwrap_key(person.private_key, organization.key) == organization.organization_key
