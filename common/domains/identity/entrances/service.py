"""Links that sign a browser in: sealed, short-lived, nothing about them is stored."""

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from common.domains.accounts.service import User, find_user_by_email, lock_user, require_user
from common.errors import not_found
from common.server.context import Context

LIFETIME = timedelta(minutes=2)
"""Of real time."""

_SEAL = "Entrance"


class Way(NamedTuple):
    """What a link carries. user: who enters. path: of the page that comes first."""

    user: UUID
    path: str


def open_entrance(ctx: Context, email: str, path: str) -> str:
    """What a link carries that leads in as this account, to the page at `path`. Errors: 404 there is none."""
    user = find_user_by_email(ctx, email)
    if user is None:
        raise not_found("sim.entrance")
    return ctx.protector.protect(_SEAL, {"user": str(user.id), "path": path}, ctx.clock.real() + LIFETIME)


def who_enters(ctx: Context, sealed: str) -> User | None:
    """Whom such a link is for; None for one that is no good or too old."""
    found = _opened(ctx, sealed)
    return require_user(ctx, found.user) if found else None


def enter(ctx: Context, sealed: str) -> tuple[User, str] | None:
    """The same, locked, to be signed in; and the path of the page that comes first."""
    found = _opened(ctx, sealed)
    return (lock_user(ctx, found.user), found.path) if found else None


def _opened(ctx: Context, sealed: str) -> Way | None:
    found = ctx.protector.unprotect(_SEAL, sealed, ctx.clock.real())
    return Way(UUID(found["user"]), found["path"]) if found else None
