"""Keys and wrappings that a seed decides, for worlds that are to be the same twice.

OpenSSL takes its randomness from the system only, so a pair of primes and the padding of OAEP are made here. Nothing of
it is secret: whoever knows the seed knows it all. Only clients of a world that has a seed draw from it.
Source: RFC 8017, 7.1.1 (EME-OAEP), B.2.1 (MGF1); FIPS 186-5, A.1.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from itertools import count

from cryptography.hazmat.primitives.asymmetric import rsa

Draw = Callable[[int], bytes]
"""Makes so many bytes; the same in the same order."""

_EXPONENT = 65537
_PRIME_BYTES = 128
_ROUNDS = 4  # of Miller-Rabin: for random numbers of 1024 bits one in 2^80 passes wrongly (FIPS 186-5, table B.1)
_SIEVE = 4000


def rsa_key(draw: Draw) -> rsa.RSAPrivateKey:
    """RSA 2048 bit (takes about a second)."""
    p, q = _prime(draw), _prime(draw)
    d = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    crt = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
    return rsa.RSAPrivateNumbers(p, q, d, *crt, rsa.RSAPublicNumbers(_EXPONENT, p * q)).private_key()


def oaep_sha1(recipient: rsa.RSAPublicKey, message: bytes, draw: Draw) -> bytes:
    """RSA-OAEP with SHA-1 and no label, as any library opens it. ValueError: the message is too long."""
    numbers, size = recipient.public_numbers(), (recipient.key_size + 7) // 8
    length = hashlib.sha1(usedforsecurity=False).digest_size
    padding = size - len(message) - 2 * length - 2
    if padding < 0:
        raise ValueError("The message is too long for this key.")
    block = hashlib.sha1(b"", usedforsecurity=False).digest() + bytes(padding) + b"\x01" + message
    seed = draw(length)
    masked_block = _xor(block, _mgf1(seed, len(block)))
    masked_seed = _xor(seed, _mgf1(masked_block, length))
    encoded = int.from_bytes(masked_seed + masked_block)
    return pow(encoded, numbers.e, numbers.n).to_bytes(size)


def _prime(draw: Draw) -> int:
    """With the two highest bits set, so that two of them make a number of the whole length."""
    start = int.from_bytes(draw(_PRIME_BYTES)) | (3 << (8 * _PRIME_BYTES - 2)) | 1
    for candidate in count(start, 2):
        if all(candidate % each for each in _small_primes()) and candidate % _EXPONENT != 1 and _is_prime(candidate):
            return candidate
    raise AssertionError("numbers do not end")


def _is_prime(number: int) -> bool:
    """Miller and Rabin's test with the first primes as bases."""
    twos = ((number - 1) & -(number - 1)).bit_length() - 1
    return all(_passes(number, base, (number - 1) >> twos, twos) for base in _small_primes()[:_ROUNDS])


def _passes(number: int, base: int, odd: int, twos: int) -> bool:
    power = pow(base, odd, number)
    if power in (1, number - 1):
        return True
    for _ in range(twos - 1):
        power = power * power % number
        if power == number - 1:
            return True
    return False


@cache
def _small_primes() -> tuple[int, ...]:
    return tuple(each for each in range(2, _SIEVE) if all(each % other for other in range(2, int(each**0.5) + 1)))


def _mgf1(seed: bytes, length: int) -> bytes:
    blocks = (hashlib.sha1(seed + bytes([0, 0, 0, n]), usedforsecurity=False).digest() for n in range(length // 20 + 1))
    return b"".join(blocks)[:length]


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
