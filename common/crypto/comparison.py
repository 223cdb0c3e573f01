"""Comparing secrets."""

from hmac import compare_digest


def same_secret(stored: str | None, given: str | None) -> bool:
    """Exact comparison in constant time; nothing equals a secret that is not there."""
    return stored is not None and given is not None and compare_digest(stored.encode(), given.encode())
