"""Keys that a server keeps on disk: the token signing key and the secret that protects opaque tokens.

A key that changed at a restart would turn every stored client session into a logout, so a key is made once and kept.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from common.crypto.x509 import private_key_pem
from common.files import create_file

SIGNING_KEY_FILE = "identity-signing-key.pem"
PROTECTION_KEY_FILE = "token-protection.key"
PROTECTION_KEY_BYTES = 32
_KID_LENGTH = 32


class UnusableKeyFile(Exception):
    """A key file that is there but does not hold what its name promises."""

    def __init__(self, path: Path, expected: str) -> None:
        super().__init__(f"{path} does not hold {expected}. Restore it, or remove it to have a new one made.")


@dataclass(frozen=True)
class SigningKey:
    """An RSA key that signs access tokens, held as a key object (parsing PEM for each token costs 100 times more).

    Source: fidelity.md: identity.access-token, identity.discovery.
    """

    private: rsa.RSAPrivateKey = field(repr=False)

    @cached_property
    def public(self) -> rsa.RSAPublicKey:
        """The half that verifies."""
        return self.private.public_key()

    @cached_property
    def kid(self) -> str:
        """Key id, 32 hex digits: the front of the RFC 7638 thumbprint, so it follows from the key alone."""
        members = {"e": _b64url_number(self._numbers.e), "kty": "RSA", "n": _b64url_number(self._numbers.n)}
        canonical = json.dumps(members, separators=(",", ":"), sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:_KID_LENGTH].upper()

    @property
    def jwk(self) -> dict[str, str]:
        """The public half as a JSON Web Key."""
        return {
            "kty": "RSA",
            "use": "sig",
            "kid": self.kid,
            "e": _b64url_number(self._numbers.e),
            "n": _b64url_number(self._numbers.n),
            "alg": "RS256",
        }

    @property
    def verifiers(self) -> Mapping[str, rsa.RSAPublicKey]:
        """What `tokens.verify_access_token` takes: key id -> public key."""
        return {self.kid: self.public}

    @cached_property
    def _numbers(self) -> rsa.RSAPublicNumbers:
        return self.public.public_numbers()


def jwk_set(*keys: SigningKey) -> dict[str, list[dict[str, str]]]:
    """Body of `/.well-known/openid-configuration/jwks`."""
    return {"keys": [key.jwk for key in keys]}


def load_or_create_signing_key(directory: Path) -> SigningKey:
    """The RSA 2048 signing key kept in `directory`, made at first use. Raises UnusableKeyFile."""
    path = directory / SIGNING_KEY_FILE
    pem = _read_or_create(path, _new_signing_key_pem)
    try:
        private = serialization.load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UnusableKeyFile(path, "an unencrypted RSA private key") from error
    if not isinstance(private, rsa.RSAPrivateKey):
        raise UnusableKeyFile(path, "an RSA private key")
    return SigningKey(private)


def load_or_create_protection_key(directory: Path, draw: Callable[[int], bytes] | None = None) -> bytes:
    """The 32 secret bytes kept in `directory` for a `TokenProtector`, made at first use. Raises UnusableKeyFile.

    draw: where they come from in a world that is to be the same twice; None = by chance.
    """
    path = directory / PROTECTION_KEY_FILE
    key = _read_or_create(path, lambda: (draw or secrets.token_bytes)(PROTECTION_KEY_BYTES))
    if len(key) != PROTECTION_KEY_BYTES:
        raise UnusableKeyFile(path, f"exactly {PROTECTION_KEY_BYTES} bytes")
    return key


def _new_signing_key_pem() -> bytes:
    return private_key_pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))


def _read_or_create(path: Path, make: Callable[[], bytes]) -> bytes:
    """Content of `path`; when there is none, `make` it. Whoever comes first wins, everybody gets the winner's."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    create_file(path, make())
    return path.read_bytes()


def _b64url_number(number: int) -> str:
    octets = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")
