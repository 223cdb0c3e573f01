"""Counting calls. Fixed windows that begin with the first call, as upstream's library counts.

Source: src/Core/Utilities/CustomIpRateLimitMiddleware.cs; fidelity.md: wire.rate-limits.
"""

import hashlib
from math import ceil

import sqlalchemy as sa

from common.errors import Refusal
from common.server.context import Context
from common.server.database import inserting
from common.server.rate_limits.models import RateWindow
from common.server.rate_limits.rules import Limit, limits_for
from common.server.transaction import own_transaction


def count_call(ctx: Context, address: str, service: str, method: str, path: str) -> None:
    """Count a call of an IP address. Raises 429 beyond a limit. Refused requests count too."""
    exceeded: Refusal | None = None
    limits = limits_for(service, method, path)
    if limits:
        with own_transaction(ctx.session):
            for limit in limits:
                exceeded = exceeded or _count(ctx, f"{address} {service} {method} {path.lower()}", limit)
    if exceeded is not None:
        raise exceeded


def _count(ctx: Context, caller: str, limit: Limit) -> Refusal | None:
    now = ctx.clock.now()
    key = hashlib.sha256(f"{caller} {limit.spelled}".encode()).hexdigest()
    fresh = {"count": 1, "ends_at": now + limit.period}
    over = RateWindow.ends_at <= now
    counted = (
        inserting(ctx.session, RateWindow)
        .values(key=key, **fresh)
        .on_conflict_do_update(
            index_elements=["key"],
            set_={
                "count": sa.case((over, 1), else_=RateWindow.count + 1),
                "ends_at": sa.case(
                    (over, sa.literal(fresh["ends_at"], RateWindow.ends_at.type)), else_=RateWindow.ends_at
                ),
            },
        )
        .returning(RateWindow.count, RateWindow.ends_at)
    )
    count, ends_at = ctx.session.execute(counted).one()
    if count == 1:
        ctx.session.execute(sa.delete(RateWindow).where(RateWindow.ends_at <= now))
    if count <= limit.calls:
        return None
    return Refusal(
        429,
        f"Slow down! Too many requests. Try again in {limit.spelled}.",
        rule="rate-limit",
        retry_after=max(1, ceil((ends_at - now).total_seconds())),
    )
