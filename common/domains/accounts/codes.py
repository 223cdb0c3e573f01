"""One-time codes mailed to a user: mailing and redeeming them. Only a digest is stored.

Source: src/Core/Auth/Identity/TokenProviders/EmailTokenProvider.cs; fidelity.md: account.api, identity.devices.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from common.domains.accounts.models import OneTimeCode
from common.server.context import Context
from common.server.database import inserting
from common.server.mail.messages import Mail
from common.server.outbox.service import send_now
from common.server.transaction import own_transaction

LIFETIME = timedelta(minutes=5)
LENGTH = 8


class Purpose(StrEnum):
    """What a code is good for."""

    SECRET = "otp"
    NEW_DEVICE = "new-device"
    TWO_STEP = "two-step"
    CHANGE_EMAIL = "change-email"


def mail_code(
    ctx: Context,
    user_id: UUID,
    purpose: Purpose,
    write: Callable[[str], Mail],
    *,
    length: int = LENGTH,
    about: str = "",
) -> None:
    """Mail a code of decimal digits, valid for 5 minutes; then it replaces the user's one before.

    about: what the code is bound to beside user and purpose; it must be redeemed with the same. The code stays,
    whatever becomes of the request. Raises the refusal of a mail that cannot be sent: the code before stays, too.
    """
    code = ctx.ids.digits(length)
    send_now(ctx, [write(code)])
    with own_transaction(ctx.session):
        _keep(ctx, user_id, purpose, code, about)


def _keep(ctx: Context, user_id: UUID, purpose: Purpose, code: str, about: str) -> None:
    fresh = {"code": _digest(user_id, code, about), "expires_at": ctx.clock.now() + LIFETIME}
    row = inserting(ctx.session, OneTimeCode).values(user_id=user_id, purpose=purpose.value, **fresh)
    ctx.session.execute(row.on_conflict_do_update(index_elements=["user_id", "purpose"], set_=fresh))


def redeem_code(ctx: Context, user_id: UUID, purpose: Purpose, code: str, *, about: str = "") -> bool:
    """Whether this is the user's current code; a right one is used up, also when two requests bring it at once."""
    used = sa.delete(OneTimeCode).where(
        OneTimeCode.user_id == user_id,
        OneTimeCode.purpose == purpose.value,
        OneTimeCode.code == _digest(user_id, code, about),
        OneTimeCode.expires_at > ctx.clock.now(),
    )
    result = ctx.session.execute(used.execution_options(synchronize_session=False))
    return isinstance(result, sa.CursorResult) and result.rowcount == 1


def _digest(user_id: UUID, code: str, about: str) -> str:
    return hashlib.sha256(f"{user_id}:{code}:{about}".encode()).hexdigest()
