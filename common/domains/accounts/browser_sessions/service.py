"""Signing a browser in and out of the pages, and finding out who it belongs to.

The cookie is a random token of which only a digest is kept, so signing out ends it everywhere at once.
"""

import hashlib
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from common.domains.accounts.browser_sessions.models import BrowserSession
from common.domains.accounts.service import User, require_user
from common.server.context import Context

LIFETIME = timedelta(hours=12)
"""Of real time, so that moving simulated time logs nobody out. Sliding: a form that is sent in the second half of its
life lengthens it."""

_TOKEN_LENGTH = 43
_IS_OLD = "browser session is old"


def open_session(ctx: Context, user_id: UUID) -> str:
    """Sign a browser in: a fresh token for its cookie. Ended sessions of the user are cleared away."""
    user, now = require_user(ctx, user_id), ctx.clock.real()
    ctx.session.execute(
        sa.delete(BrowserSession).where(
            BrowserSession.user_id == user.id,
            sa.or_(BrowserSession.expires_at <= now, BrowserSession.security_stamp != user.security_stamp),
        )
    )
    token = ctx.ids.secret(_TOKEN_LENGTH)
    ctx.session.add(
        BrowserSession(
            token_hash=_digest(token),
            user_id=user.id,
            security_stamp=user.security_stamp,
            expires_at=now + LIFETIME,
        )
    )
    return token


def user_of(ctx: Context, token: str | None) -> User | None:
    """Who is signed in with this token; None when it has ended. One statement."""
    if not token:
        return None
    now = ctx.clock.real()
    owned = sa.and_(User.id == BrowserSession.user_id, User.security_stamp == BrowserSession.security_stamp)
    found = ctx.session.execute(
        sa.select(User, BrowserSession.expires_at)
        .join(BrowserSession, owned)
        .where(BrowserSession.token_hash == _digest(token), BrowserSession.expires_at > now)
    ).first()
    if found is None:
        return None
    user, expires_at = found
    ctx.session.info[_IS_OLD] = expires_at - now < LIFETIME / 2
    return user


def lengthen_session(ctx: Context, token: str | None) -> None:
    """Have a session that is in use live on, if `user_of` found it in the second half of its life."""
    if ctx.session.info.pop(_IS_OLD, False):
        mine = sa.update(BrowserSession).where(BrowserSession.token_hash == _digest(token or ""))
        lengthened = mine.values(expires_at=ctx.clock.real() + LIFETIME)
        ctx.session.execute(lengthened.execution_options(synchronize_session=False))


def close_session(ctx: Context, token: str | None) -> None:
    """Sign the browser out."""
    ctx.session.execute(sa.delete(BrowserSession).where(BrowserSession.token_hash == _digest(token or "")))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
