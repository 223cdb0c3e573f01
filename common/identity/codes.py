"""One-time codes mailed to a user: making and redeeming them. Only a digest is stored.

Source: src/Core/Auth/Identity/TokenProviders/EmailTokenProvider.cs; spec/identity-and-accounts.md 7, 6.8.
"""

import hashlib
from datetime import timedelta
from enum import StrEnum
from hmac import compare_digest
from uuid import UUID

from common.context import Context
from common.identity.models import OneTimeCode

LIFETIME = timedelta(minutes=5)
LENGTH = 8


class Purpose(StrEnum):
    """What a code is good for."""

    SECRET = "otp"
    NEW_DEVICE = "new-device"


def issue_code(ctx: Context, user_id: UUID, purpose: Purpose) -> str:
    """Make a code of 8 digits, valid for 5 minutes; it replaces the user's one before."""
    code = ctx.ids.digits(LENGTH)
    expires_at = ctx.clock.now() + LIFETIME
    row = OneTimeCode(user_id=user_id, purpose=purpose.value, code=_digest(user_id, code), expires_at=expires_at)
    ctx.session.merge(row)
    return code


def redeem_code(ctx: Context, user_id: UUID, purpose: Purpose, code: str) -> bool:
    """Whether this is the user's current code; a right one is used up."""
    row = ctx.session.get(OneTimeCode, (user_id, purpose.value))
    if row is None or ctx.clock.now() >= row.expires_at or not compare_digest(row.code, _digest(user_id, code)):
        return False
    ctx.session.delete(row)
    return True


def _digest(user_id: UUID, code: str) -> str:
    return hashlib.sha256(f"{user_id}:{code}".encode()).hexdigest()
