"""Links that sign a browser in: sealed, short-lived, nothing about them is stored."""

from datetime import timedelta
from uuid import UUID

from common.domains.accounts.service import User, find_user_by_email, lock_user, require_user
from common.errors import not_found
from common.server.context import Context

LIFETIME = timedelta(minutes=2)
"""Of real time."""

_SEAL = "Entrance"


def open_entrance(ctx: Context, email: str) -> str:
    """What a link carries that leads in as this account. Errors: 404 there is none."""
    user = find_user_by_email(ctx, email)
    if user is None:
        raise not_found("sim.entrance")
    return ctx.protector.protect(_SEAL, {"user": str(user.id)}, ctx.clock.real() + LIFETIME)


def who_enters(ctx: Context, sealed: str) -> User | None:
    """Whom such a link is for; None for one that is no good or too old."""
    found = _opened(ctx, sealed)
    return require_user(ctx, found) if found else None


def enter(ctx: Context, sealed: str) -> User | None:
    """The same, locked, to be signed in."""
    found = _opened(ctx, sealed)
    return lock_user(ctx, found) if found else None


def _opened(ctx: Context, sealed: str) -> UUID | None:
    found = ctx.protector.unprotect(_SEAL, sealed, ctx.clock.real())
    return UUID(found["user"]) if found else None
