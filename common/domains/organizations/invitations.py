"""Invitation tokens: what the link in an invitation mail proves.

Source: src/Core/Auth/Models/Business/Tokenables/OrgUserInviteTokenable.cs.
"""

from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from common.server.context import Context

INVITE_TOKEN = "BwOrgUserInviteToken"
INVITE_LIFETIME = timedelta(days=5)


class TokenVerdict(Enum):
    """What is wrong with a token; the value is the wire text."""

    INVALID = "Invalid token."
    EXPIRED = "Expired token."


def invite_token(ctx: Context, member_id: UUID, email: str) -> tuple[str, datetime]:
    """A new token for one invited member, and when it ends."""
    expires = ctx.clock.now() + INVITE_LIFETIME
    # The end is kept inside: the protector's own would not tell an expired token from a forged one.
    payload = {"member_id": str(member_id), "email": email, "expires": expires.isoformat()}
    return ctx.protector.protect(INVITE_TOKEN, payload), expires


def judge_invite(ctx: Context, token: str, member_id: UUID, email: str | None) -> TokenVerdict | None:
    """None if the token was made for this member and this address (any case)."""
    now = ctx.clock.now()
    payload = ctx.protector.unprotect(INVITE_TOKEN, token, now)
    if payload is None:
        return TokenVerdict.INVALID
    if now >= datetime.fromisoformat(payload["expires"]):
        return TokenVerdict.EXPIRED
    same = payload["member_id"] == str(member_id) and payload["email"].lower() == (email or "").lower()
    return None if same else TokenVerdict.INVALID


def invite_is_valid(ctx: Context, token: str, member_id: UUID, email: str) -> bool:
    """Whether the token proves that this address was invited as this member."""
    return judge_invite(ctx, token, member_id, email) is None
