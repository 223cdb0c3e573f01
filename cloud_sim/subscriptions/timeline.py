"""What time brings to subscriptions: trials that end, periods that begin, ends that were planned.

Source: fidelity.md: organization.subscription.
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from cloud_sim.providers.models import Provider
from cloud_sim.subscriptions import rules
from cloud_sim.subscriptions.models import Subscription
from cloud_sim.subscriptions.rules import Terms
from cloud_sim.subscriptions.settling import Payer, subscribers_of, terms_of
from common.domains.organizations.models import Organization
from common.domains.organizations.rules import display_name
from common.enums import SubscriptionStatus
from common.server.context import Context
from common.server.foresight import FORESEEING
from common.sim.timeline.entries import Entry, Kind

_RULE = "organization.subscription"


def entries(ctx: Context, until: datetime, only: Collection[UUID] | None = None) -> Iterator[Entry]:
    """Every change by then, one after the other as far as they are known today. only: of these organizations."""
    due = sa.select(Subscription).where(Subscription.next_change_at <= until).order_by(Subscription.id)
    if only is not None:
        due = due.where(Subscription.organization_id.in_(only))
    subscribers = subscribers_of(ctx, due, FORESEEING)
    for each in ctx.session.scalars(due):
        name = _name_of(subscribers.of(each))
        for at, kind in changes_of(terms_of(each), until):
            yield Entry(at, kind, name, _RULE, each.organization_id, each.user_id)


def _name_of(subscriber: Payer | None) -> str:
    if isinstance(subscriber, Organization):
        return display_name(subscriber.name) or ""
    if isinstance(subscriber, Provider):
        return subscriber.name
    return subscriber.email if subscriber is not None else ""


def changes_of(terms: Terms, until: datetime) -> Iterator[tuple[datetime, Kind]]:
    """When and how time changes terms by then."""
    while (at := terms.next_change) is not None and at <= until:
        yield at, _kind_of(terms, at)
        after = rules.roll_forward(terms, at)
        if after == terms:
            return
        terms = after


def _kind_of(terms: Terms, at: datetime) -> Kind:
    if terms.cancel_at is not None and terms.cancel_at <= at:
        return Kind.CANCELLATION
    if terms.lapses_at is not None and terms.lapses_at <= at:
        return Kind.PAYMENT_DUE if terms.status == SubscriptionStatus.ACTIVE else Kind.SUSPENSION
    return Kind.TRIAL_END if terms.status == SubscriptionStatus.TRIALING else Kind.RENEWAL
