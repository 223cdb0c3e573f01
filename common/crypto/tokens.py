"""Tokens: signed access tokens (JWT) and opaque protected ones (mail links, offers). Time is always handed in."""

import base64
import binascii
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import jwt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from jwt.types import Options

from common.crypto.keys import PROTECTION_KEY_BYTES, SigningKey

ACCESS_TOKEN_TYPE = "at+jwt"
CLOCK_SKEW = timedelta(minutes=5)
_ALGORITHM = "RS256"
_UNKNOWN_KEY = "The signature key was not found"
_NONCE_BYTES = 12

# PyJWT reads the wall clock; every claim is checked here instead, against the clock of the simulation.
_SIGNATURE_ONLY: Options = {
    "verify_signature": True,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


class InvalidToken(Exception):
    """An access token that is refused. The text says why, for the log.

    description: what upstream's library tells the client in the challenge, None where it tells nothing.
    Source: ASP.NET Core: JwtBearerHandler; fidelity.md: identity.challenge.
    """

    def __init__(self, message: str, description: str | None = None) -> None:
        super().__init__(message)
        self.description = description


def sign_access_token(claims: Mapping[str, Any], key: SigningKey) -> str:
    """Sign claims as they are (times as epoch seconds) into a compact JWT with `kid` and `typ: at+jwt`.

    Source: fidelity.md: identity.access-token, cloud.installations.
    """
    return jwt.encode(dict(claims), key.private, _ALGORITHM, headers={"kid": key.kid, "typ": ACCESS_TOKEN_TYPE})


def verify_access_token(
    token: str,
    keys: Mapping[str, RSAPublicKey],
    issuer: str,
    now: datetime,
    skew: timedelta = CLOCK_SKEW,
) -> dict[str, Any]:
    """Claims of a token that one of `keys` (key id -> public key) signed. Raises InvalidToken.

    The skew must stay: upstream's own client goes on using a token for five minutes after its end.
    The audience is not looked at. Source: src/SharedWeb/Utilities/ServiceCollectionExtensions.cs;
    fidelity.md: cloud.installations, cloud.client.
    """
    header, claims = _genuine(token, _verifier(token, keys))
    _check_lifetime(claims, now.timestamp(), skew.total_seconds())
    if (named := claims.get("iss")) != issuer:
        raise InvalidToken(f"The issuer is not {issuer}.", f"The issuer '{named or '(null)'}' is invalid")
    if header.get("typ") != ACCESS_TOKEN_TYPE:
        raise InvalidToken("The token is not of type at+jwt.")
    return dict(claims)


@dataclass(frozen=True)
class _Verifier:
    """A public key by its id (a thumbprint, so the id alone tells keys apart)."""

    kid: str
    public: RSAPublicKey = field(compare=False)


@lru_cache(maxsize=1024)
def _genuine(token: str, verifier: _Verifier) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token with a good signature. Remembered: a client sends the same token all day, and
    whether its signature is good never changes. Raises InvalidToken."""
    try:
        decoded = jwt.decode_complete(token, verifier.public, algorithms=[_ALGORITHM], options=_SIGNATURE_ONLY)
    except jwt.InvalidSignatureError as error:
        meant = jwt.get_unverified_header(token).get("kid") == verifier.kid
        raise InvalidToken(str(error), "The signature is invalid" if meant else _UNKNOWN_KEY) from error
    except (jwt.InvalidTokenError, ValueError, RecursionError) as error:
        raise InvalidToken(str(error)) from error
    return decoded["header"], decoded["payload"]


def _verifier(token: str, keys: Mapping[str, RSAPublicKey]) -> _Verifier:
    if len(keys) == 1:
        # With one key its id decides nothing: a token of another key fails on the signature.
        return _Verifier(*next(iter(keys.items())))
    try:
        kid = jwt.get_unverified_header(token).get("kid", "")
    except (jwt.InvalidTokenError, ValueError, RecursionError) as error:
        raise InvalidToken(str(error)) from error
    if kid not in keys:
        raise InvalidToken("The signing key of the token is not known.", _UNKNOWN_KEY)
    return _Verifier(kid, keys[kid])


def _check_lifetime(claims: Mapping[str, Any], now: float, skew: float) -> None:
    begin, end = _moment(claims.get("nbf", 0)), _moment(claims.get("exp"))
    if not now + skew >= begin:
        raise InvalidToken("The token is not valid yet.", f"The token is not valid before '{_written(begin)}'")
    if not now - skew <= end:
        raise InvalidToken("The token has expired.", f"The token expired at '{_written(end)}'")


def _moment(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidToken("The token does not say when it is valid.", "The token has no expiration")
    return value


def _written(moment: float) -> str:
    """A moment as .NET writes it in no culture: `08/20/2026 14:16:19`."""
    try:
        return datetime.fromtimestamp(int(moment), UTC).strftime("%m/%d/%Y %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return "12/31/9999 23:59:59" if moment > 0 else "01/01/0001 00:00:00"


class TokenProtector:
    """Makes and opens opaque tokens: `<prefix>_<URL-safe text>`, encrypted and authenticated (AES-256-GCM).

    A token opens only under the prefix it was made for. Stands in for ASP.NET data protection, which is opaque
    outside the server that made it. Source: src/Core/Tokens; fidelity.md: sponsorship.offer-token.
    """

    def __init__(self, key: bytes, nonces: Callable[[int], bytes] | None = None) -> None:
        """nonces: makes so many bytes that were not used with this key before; None = by chance."""
        if len(key) != PROTECTION_KEY_BYTES:
            raise ValueError(f"The protection key has {PROTECTION_KEY_BYTES} bytes.")
        self._cipher = AESGCM(key)
        self._nonces = nonces or secrets.token_bytes

    def protect(self, prefix: str, payload: Mapping[str, Any], expires: datetime | None = None) -> str:
        """Make a token.

        prefix: clear text in front, without the underscore that follows it. payload: JSON values.
        expires: aware; None for a token that dies by other means. Raises ValueError for a naive moment.
        """
        if expires is not None and expires.tzinfo is None:
            raise ValueError("The end of a token must be an aware moment.")
        content = {"payload": dict(payload), "expires": expires.isoformat() if expires else None}
        nonce = self._nonces(_NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, json.dumps(content).encode(), prefix.encode())
        return f"{prefix}_{base64.urlsafe_b64encode(sealed).rstrip(b'=').decode('ascii')}"

    def unprotect(self, prefix: str, token: str, now: datetime) -> dict[str, Any] | None:
        """The payload, or None for a token that was not made here for this prefix, was changed, or has ended."""
        head = f"{prefix}_"
        if not token.startswith(head):
            return None
        try:
            sealed = _b64url_decode(token.removeprefix(head))
            opened = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], prefix.encode())
        except (InvalidTag, ValueError):
            return None
        content = json.loads(opened)
        if content["expires"] is not None and now >= datetime.fromisoformat(content["expires"]):
            return None
        payload: dict[str, Any] = content["payload"]
        return payload


def _b64url_decode(text: str) -> bytes:
    """Strict: one spelling per value. Raises ValueError."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not URL-safe base64") from error
    if base64.urlsafe_b64encode(data).rstrip(b"=") != text.encode():
        raise ValueError("not the canonical spelling")
    return data
