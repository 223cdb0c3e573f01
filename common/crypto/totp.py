"""Time-based one-time passwords as authenticator apps show them: RFC 6238 with SHA-1, 30 seconds, 6 digits.

Source: src/Core/Auth/Identity/TokenProviders/AuthenticatorTokenProvider.cs.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime

STEP_SECONDS = 30
DIGITS = 6
WINDOW = 1


def key_of(secret: str) -> bytes | None:
    """The key behind its base32 spelling (any case, blanks and padding ignored); None if it is no base32."""
    text = "".join(secret.split()).rstrip("=").upper()
    try:
        key = base64.b32decode(text + "=" * (-len(text) % 8))
    except (binascii.Error, ValueError):
        return None
    return key or None


def new_key(randomness: str) -> str:
    """A base32 key of 20 bytes out of a long random text."""
    return base64.b32encode(hashlib.sha1(randomness.encode()).digest()).decode()  # noqa: S324 - a length, no security


def step_of(moment: datetime) -> int:
    """The time step that a moment is in."""
    return int(moment.timestamp()) // STEP_SECONDS


def code_at(key: bytes, step: int) -> str:
    """The code of one time step."""
    mac = hmac.digest(key, step.to_bytes(8, "big"), "sha1")
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def matching_step(key: bytes, code: str, now: datetime, after: int | None = None) -> int | None:
    """The time step whose code this is, at most one step from now and later than `after`; None if there is none."""
    steps = (step for step in range(step_of(now) - WINDOW, step_of(now) + WINDOW + 1) if after is None or step > after)
    return next((step for step in steps if hmac.compare_digest(code_at(key, step).encode(), code.encode())), None)
