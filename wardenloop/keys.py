"""The keys that a client makes: real ones, so that every client can read what is made with them.

Key pairs are made once per user and machine, and key derivation uses the cheapest settings that a server takes: both
are what makes registering slow, and nothing of it is secret here.
"""

import base64
import hashlib
import hmac
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

from argon2.low_level import ARGON2_VERSION, Type, hash_secret_raw
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.padding import PKCS7

_OAEP = rsa_padding.OAEP(mgf=rsa_padding.MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)  # noqa: S303 - the wire's
_PAIRS = 2
_BLOCK = 16
_PBKDF2 = 0
KDF: dict[str, int] = {"kdfType": 1, "iterations": 2, "memory": 16, "parallelism": 1}
"""Argon2id at the lower bounds of what official clients sign in with: 16 MiB, where a server would take 15.

Source: clients, kdf-config.ts (PRELOGIN_MEMORY_MIN, PRELOGIN_ITERATIONS_MIN); fidelity.md: account.kdf.
"""


class Pair(NamedTuple):
    """RSA 2048, as DER: SubjectPublicKeyInfo and PKCS#8."""

    public: bytes
    private: bytes


class NewAccount(NamedTuple):
    """What a registering client sends. password_hash: proves the password to the server."""

    password_hash: str
    wrapped_user_key: str
    public_key: str
    wrapped_private_key: str


class NewOrganization(NamedTuple):
    """What a client sends for an organization, and key: what it keeps (64 bytes)."""

    wrapped_key: str
    collection_name: str
    public_key: str
    wrapped_private_key: str
    key: bytes


def new_account(email: str, password: str) -> NewAccount:
    """Keys of somebody. email: in lower case."""
    master, pair, user_key = _master_key(password, email), next(_pairs()), os.urandom(64)
    stretched = b"".join(HKDFExpand(hashes.SHA256(), 32, part).derive(master) for part in (b"enc", b"mac"))
    return NewAccount(
        password_hash(email, password),
        _encrypt(stretched, user_key),
        _b64(pair.public),
        _encrypt(user_key, pair.private),
    )


def password_hash(email: str, password: str, kdf: Mapping[str, Any] = KDF) -> str:
    """What proves a master password. kdf: how the account's key is derived, as the server tells; else the kit's way."""
    if kdf["kdfType"] == _PBKDF2:
        master = _pbkdf2(password, email, kdf["iterations"])
    else:
        master = _master_key(password, email, kdf["iterations"], kdf["memory"], kdf["parallelism"])
    return _b64(hashlib.pbkdf2_hmac("sha256", master, password.encode(), 1, 32))


def new_organization(owner_public_key: str) -> NewOrganization:
    """Keys of an organization. owner_public_key: as the server gives it (base64 of DER)."""
    key, pair = os.urandom(64), next(_pairs())
    return NewOrganization(
        wrap(owner_public_key, key),
        _encrypt(key, b"Default collection"),
        _b64(pair.public),
        _encrypt(key, pair.private),
        key,
    )


def wrap(public_key: str, key: bytes) -> str:
    """A key for the owner of `public_key`."""
    recipient = serialization.load_der_public_key(base64.b64decode(public_key))
    if not isinstance(recipient, rsa.RSAPublicKey):
        raise TypeError("an RSA public key is needed")
    return f"4.{_b64(recipient.encrypt(key, _OAEP))}"


@cache
def _pbkdf2(password: str, email: str, iterations: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), email.encode(), iterations, 32)


@cache
def _master_key(
    password: str,
    email: str,
    iterations: int = KDF["iterations"],
    memory: int = KDF["memory"],
    parallelism: int = KDF["parallelism"],
) -> bytes:
    return hash_secret_raw(
        password.encode(),
        hashlib.sha256(email.encode()).digest(),
        time_cost=iterations,
        memory_cost=memory * 1024,
        parallelism=parallelism,
        hash_len=32,
        type=Type.ID,
        version=ARGON2_VERSION,
    )


def _encrypt(key: bytes, plain: bytes) -> str:
    iv = os.urandom(_BLOCK)
    padder = PKCS7(_BLOCK * 8).padder()
    encryptor = Cipher(algorithms.AES(key[:32]), modes.CBC(iv)).encryptor()
    sealed = encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()
    return f"2.{_b64(iv)}|{_b64(sealed)}|{_b64(hmac.digest(key[32:], iv + sealed, 'sha256'))}"


@cache
def _pairs() -> Any:
    return cycle([_pair(_cache_folder() / f"kit-{number}.der") for number in range(_PAIRS)])


def _pair(file: Path) -> Pair:
    with suppress(OSError, ValueError):
        return _of(serialization.load_der_private_key(file.read_bytes(), None))
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pair = _of(key)
    with suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = file.with_name(f"{file.name}.{os.getpid()}")
        unfinished.touch(0o600)
        unfinished.write_bytes(pair.private)
        unfinished.replace(file)
    return pair


def _of(key: Any) -> Pair:
    encoding, public, private = serialization.Encoding.DER, serialization.PublicFormat, serialization.PrivateFormat
    return Pair(
        key.public_key().public_bytes(encoding, public.SubjectPublicKeyInfo),
        key.private_bytes(encoding, private.PKCS8, serialization.NoEncryption()),
    )


def _cache_folder() -> Path:
    named = os.environ.get("XDG_CACHE_HOME")
    default = Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
    return (Path(named) if named else default) / "wardenloop" / "keys"


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
