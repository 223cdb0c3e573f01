"""Server-side storage of the master password hash: what the client sends is hashed again with Argon2id."""

from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError


class Cost(NamedTuple):
    """Argon2id work factors: rounds, memory in KiB, lanes."""

    rounds: int
    memory_kib: int
    lanes: int


# The received value is already the outcome of a slow function over the password, so the modest OWASP setting is ample.
SERVER_COST = Cost(rounds=2, memory_kib=19 * 1024, lanes=1)
_SALT_BYTES = 16
CHEAPEST_COST = Cost(rounds=1, memory_kib=8, lanes=1)  # tests and throw-away seeds


class PasswordHashes:
    """Hashes and checks received master password hashes.

    Source: src/Core/Auth/UserFeatures/PasswordValidation; fidelity.md: account.crypto (any slow hash will do).
    """

    def __init__(self, cost: Cost = SERVER_COST, salts: Callable[[int], bytes] | None = None) -> None:
        """salts: makes them in a world that is to be the same twice; None = by chance."""
        self._salts = salts
        self._hasher = PasswordHasher(cost.rounds, cost.memory_kib, cost.lanes, type=Type.ID)

    def hash(self, received: str) -> str:
        """Salted hash of the value a client sent, in PHC text form."""
        return self._hasher.hash(received, salt=self._salts(_SALT_BYTES) if self._salts else None)

    def verify(self, stored: str | None, received: str) -> bool:
        """Whether `received` is what `stored` was made of, compared in constant time.

        stored: None for an unknown account; it costs as much as a known one, so that the time tells nothing.
        """
        try:
            self._hasher.verify(self._nobody if stored is None else stored, received)
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None

    def needs_rehash(self, stored: str) -> bool:
        """Whether `stored` was made with other work factors than today's."""
        return self._hasher.check_needs_rehash(stored)

    @cached_property
    def _nobody(self) -> str:
        return self.hash("")
