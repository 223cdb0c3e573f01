"""The only source of identifiers and random secrets; injected so that a test can make them predictable."""

import random
import re
import secrets
import string
import uuid
from typing import Protocol
from uuid import UUID

ALPHANUMERIC = string.ascii_uppercase + string.ascii_lowercase + string.digits

_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in string.hexdigits.lower()[:16]}
"""A random hexadecimal digit -> one that says how a version 4 uuid is laid out. Source: RFC 9562, 4.1, 5.4."""

_HYPHENATED = "[A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{12}"
GUID = rf"[A-Fa-f0-9]{{32}}|{_HYPHENATED}|\{{{_HYPHENATED}\}}|\({_HYPHENATED}\)"
"""How .NET writes and reads a Guid: formats N, D, B and P. Source: System.Guid.Parse; fidelity.md: wire.paths."""

_GUID = re.compile(GUID)


def parse_guid(text: str) -> UUID:
    """A uuid in any form that .NET reads, blanks around it passed over. Raises ValueError."""
    if _GUID.fullmatch(text.strip()) is None:
        raise ValueError("not a Guid")
    return UUID(re.sub("[^0-9A-Fa-f]", "", text))


class Ids(Protocol):
    """What the code may ask for."""

    def uuid(self) -> UUID:
        """A fresh random identifier."""

    def uuids(self, count: int) -> list[str]:
        """So many fresh random identifiers, 32 hexadecimal digits each: what rows that come by the thousand need."""

    def secret(self, length: int) -> str:
        """`length` characters out of A-Z a-z 0-9, each equally likely.

        Source: src/Core/Utilities/CoreHelpers.cs (SecureRandomString); fidelity.md: billing-sync.api-keys.
        """

    def digits(self, length: int) -> str:
        """`length` decimal digits (one-time codes)."""


class SystemIds:
    """Identifiers from the operating system's secure random source."""

    def uuid(self) -> UUID:
        return uuid.uuid4()

    def uuids(self, count: int) -> list[str]:
        digits = secrets.token_hex(16 * count)
        drawn = (digits[at : at + 32] for at in range(0, len(digits), 32))
        return [f"{each[:12]}4{each[13:16]}{_VARIANT[each[16]]}{each[17:]}" for each in drawn]

    def secret(self, length: int) -> str:
        return "".join(secrets.choice(ALPHANUMERIC) for _ in range(length))

    def digits(self, length: int) -> str:
        return "".join(secrets.choice(string.digits) for _ in range(length))


class SeededIds:
    """The same identifiers in the same order for the same seed. Nothing that is secret may come from here for real."""

    def __init__(self, seed: int) -> None:
        self.begin(seed)

    def begin(self, seed: int) -> None:
        """Draw the row of this seed from now on."""
        self._random = random.Random(seed)  # noqa: S311 - predictable on purpose

    def bits(self) -> int:
        """128 of them: whatever is drawn is made of one such draw."""
        return self._random.getrandbits(128)

    def uuid(self) -> UUID:
        return UUID(int=self.bits(), version=4)

    def uuids(self, count: int) -> list[str]:
        return [self.uuid().hex for _ in range(count)]

    def secret(self, length: int) -> str:
        return self._chosen(ALPHANUMERIC, length)

    def digits(self, length: int) -> str:
        return self._chosen(string.digits, length)

    def octets(self, count: int) -> bytes:
        """So many: keys, nonces and salts."""
        return random.Random(self.bits()).randbytes(count)  # noqa: S311 - as above

    def _chosen(self, characters: str, length: int) -> str:
        drawn = random.Random(self.bits())  # noqa: S311 - as above
        return "".join(drawn.choices(characters, k=length))
