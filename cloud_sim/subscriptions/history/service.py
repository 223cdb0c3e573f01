"""Invoices are written with what causes them, in the same transaction, and read together with those that time has
brought and nobody has saved yet. Source: fidelity.md: billing.history.
"""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from cloud_sim.subscriptions import charges, models, prices
from cloud_sim.subscriptions.history import rules
from cloud_sim.subscriptions.history.rules import OPEN, PAID, VOID, Begun, Invoice
from cloud_sim.subscriptions.models import Subscription
from cloud_sim.subscriptions.rules import Terms, provider_time
from common.server.context import Context

_CENTS = 100


class Change(NamedTuple):
    """What became of a subscription. before: None = it begins."""

    subscription: Subscription
    before: Terms | None
    after: Terms


def record(ctx: Context, changes: Sequence[Change]) -> None:
    """Keep the invoices of what changed: five statements at most, however many subscriptions there are."""
    paying = [each for each in changes if each.subscription.provider_id is None]
    _become(ctx, PAID, _owners(paying, rules.becomes_paid))
    _become(ctx, VOID, _owners(paying, rules.becomes_void))
    _owe(ctx, _owners(paying, rules.becomes_owed))
    rows = [row for each in paying for row in _new(each)]
    if rows:
        ctx.session.execute(sa.insert(models.Invoice), rows)


def _new(change: Change) -> Iterator[dict[str, Any]]:
    found = rules.begun(change.after, rules.last_invoiced(change.before, change.after))
    if not found:
        return
    cents = int(_amount(change.subscription) * _CENTS)
    owner = {name: getattr(change.subscription, name) for name in ("organization_id", "user_id")}
    for each in found:
        yield {**owner, **each._asdict(), "cents": cents}


def _amount(subscription: Subscription) -> Decimal:
    return prices.total(charges.line_items(subscription))


def _owners(changes: Sequence[Change], meant: Callable[[Terms, Terms], bool]) -> list[UUID]:
    found = [each.subscription for each in changes if each.before is not None and meant(each.before, each.after)]
    return [owner for each in found if (owner := each.organization_id or each.user_id)]


def _is_of(owners: Sequence[UUID]) -> sa.ColumnElement[bool]:
    return sa.or_(models.Invoice.organization_id.in_(owners), models.Invoice.user_id.in_(owners))


def hand_over_invoices(ctx: Context, user_id: UUID, subscription: Subscription, due: Decimal | None) -> None:
    """Give an organization the invoices of the premium that became it, and one of what was due for that."""
    row = models.Invoice
    owner = {"organization_id": subscription.organization_id, "user_id": None}
    change = sa.update(row).where(row.user_id == user_id).values(**owner)
    ctx.session.execute(change.execution_options(synchronize_session=False))
    if due is not None and due > 0:
        new = {**owner, "date": provider_time(ctx.clock.now()), "due": None, "cents": int(due * _CENTS), "status": PAID}
        ctx.session.execute(sa.insert(row), [new])


def _become(ctx: Context, status: str, owners: Sequence[UUID]) -> None:
    """Whatever is open."""
    if owners:
        _update(ctx, status, _is_of(owners), models.Invoice.status == OPEN)


def _owe(ctx: Context, owners: Sequence[UUID]) -> None:
    """The newest ones."""
    if owners:
        row = models.Invoice
        newest = sa.select(sa.func.max(row.number)).where(_is_of(owners)).group_by(row.organization_id, row.user_id)
        _update(ctx, OPEN, row.number.in_(newest), row.status == PAID)


def _update(ctx: Context, status: str, *which: sa.ColumnElement[bool]) -> None:
    change = sa.update(models.Invoice).where(*which).values(status=status)
    ctx.session.execute(change.execution_options(synchronize_session=False))


def invoices_of(ctx: Context, owner_id: UUID, subscription: Subscription | None, terms: Terms | None) -> list[Invoice]:
    """Every invoice of an organization or a user, the newest first; none without a subscription, as upstream.

    terms: of the subscription today.
    """
    if subscription is None or terms is None:
        return []
    row = models.Invoice
    kept = ctx.session.scalars(sa.select(row).where(_is_of([owner_id])).order_by(row.number)).all()
    new = rules.begun(terms, kept[-1].date if kept else None)
    listed = [(Begun(each.date, each.status, each.due), Decimal(each.cents) / _CENTS) for each in kept]
    listed += [(each, _amount(subscription)) for each in new]
    name = owner_id.hex[:8].upper()
    numbered = enumerate(listed, start=1)
    found = [Invoice(f"{name}-{at:04}", each.date, amount, each.status, each.due) for at, (each, amount) in numbered]
    return found[::-1]
