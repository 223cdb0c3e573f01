"""Time passes for subscriptions, and their subscribers follow: saved by whoever writes, only seen by whoever reads.

Stands in for upstream's handlers of the payment provider's events: whatever changes a subscription also sets `enabled`
and the expiration date. Source: src/Billing/Services/Implementations/Subscription{Updated,Deleted}Handler.cs.
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa

from cloud_sim.context import CloudContext
from cloud_sim.subscriptions import rules
from cloud_sim.subscriptions.models import Subscription
from cloud_sim.subscriptions.rules import Terms, TermsRule
from common.domains.accounts import service as accounts
from common.domains.accounts.service import User
from common.domains.organizations import service as organizations
from common.domains.organizations.models import Organization
from common.plans import PREMIUM, plan_of
from common.server.context import Context
from common.server.foresight import FORESEEING, SAVING, Hand

Subscriber = Organization | User

_EARLIEST_CHANGE = sa.select(sa.func.min(Subscription.next_change_at))
_TERMS = tuple(each.name for each in fields(Terms) if each.name != "months")


def settle_due(ctx: Context, until: datetime) -> int:
    """Save what the time until that moment changes of subscriptions and their subscribers; of how many.

    Before each request that writes, so that nobody changes an organization that should be switched off by now, and by
    the jobs process.
    """
    return _pass_time(ctx, until, SAVING)


def foresee_due(ctx: Context, until: datetime) -> int:
    """Have this session see what `settle_due` would save; of how many subscriptions. Changes no row."""
    return _pass_time(ctx, until, FORESEEING)


def is_due(ctx: Context, until: datetime) -> bool:
    """Whether there is anything to settle."""
    # one statement without the mapper, because nearly every request finds nothing to do
    earliest = ctx.session.connection().scalar(_EARLIEST_CHANGE)
    return earliest is not None and earliest <= until


def _pass_time(ctx: Context, until: datetime, hand: Hand) -> int:
    if not is_due(ctx, until):
        return 0
    due = sa.select(Subscription).where(Subscription.next_change_at <= until).order_by(Subscription.id)
    subscribers = subscribers_of(ctx, due, hand)
    settled = 0
    for each in ctx.session.scalars(due):
        subscriber = subscribers.get(each.organization_id or each.user_id)
        if subscriber is not None:  # otherwise it has become due in this very moment: the next look finds it
            change(ctx, each, subscriber, until=until, hand=hand)
            settled += 1
    return settled


def subscribers_of(ctx: Context, due: sa.Select[Subscription], hand: Hand) -> dict[UUID | None, Subscriber]:
    """Whoever is subscribed by what is due, locked before it is looked at if it is to change."""
    owners = ctx.session.execute(due.with_only_columns(Subscription.organization_id, Subscription.user_id)).all()
    of_organizations = [each.organization_id for each in owners if each.organization_id]
    of_users = [each.user_id for each in owners if each.user_id]
    found: tuple[Mapping[UUID, Subscriber], Mapping[UUID, Subscriber]]
    if hand.saves:
        found = organizations.lock_organizations(ctx, of_organizations), accounts.lock_users(ctx, of_users)
    else:
        found = organizations.find_organizations(ctx, of_organizations), accounts.find_users(ctx, of_users)
    return {each.id: each for group in found for each in group.values()}


def change(
    ctx: Context,
    subscription: Subscription,
    subscriber: Subscriber,
    wanted: TermsRule | None = None,
    *,
    until: datetime | None = None,
    hand: Hand = SAVING,
) -> None:
    """Let the time until then (None = now) pass, then make the wanted change, and let the subscriber follow.

    wanted: None = only let time pass.
    """
    now = until or ctx.clock.now()
    before = terms_of(subscription)
    after = rules.roll_forward(before, now)
    if wanted is not None:
        after = rules.roll_forward(wanted(after, rules.provider_time(now)), now)
    if after == before:
        return
    hand.put(subscription, **stored(after), revision_date=now)
    hand.put(subscriber, **_following(subscriber, before, after), revision_date=now)
    if subscription.sponsored and after.period_start != before.period_start and isinstance(subscriber, Organization):
        cloud = cast(CloudContext, ctx)
        cloud.side.sponsored_period_began(cloud, subscriber.id, after.period_start, after.period_end, hand)


def _following(subscriber: Subscriber, before: Terms, after: Terms) -> dict[str, Any]:
    """What the change does to whoever is subscribed.

    Source: SubscriptionUpdatedHandler.cs, SubscriptionDeletedHandler.cs, Organization{Disable,Enable}Command.cs,
    src/Core/Services/Implementations/UserService.cs.
    """
    if isinstance(subscriber, Organization):
        access, end = "enabled", "expiration_date"
    else:
        access, end = "premium", "premium_expiration_date"
    changes: dict[str, Any] = {end: after.period_end}
    if rules.loses_access(before, after):
        changes[access] = False
    elif rules.regains_access(before, after):
        changes[access] = True
    return changes


def terms_of(subscription: Subscription) -> Terms:
    """What the rules work on."""
    plan = plan_of(subscription.plan_type) if subscription.plan_type is not None else None
    months = plan.period_months if plan else PREMIUM.period_months
    return Terms(months=months, **{name: getattr(subscription, name) for name in _TERMS})


def stored(terms: Terms) -> dict[str, Any]:
    """Terms as columns of a subscription."""
    return {name: getattr(terms, name) for name in _TERMS} | {"next_change_at": terms.next_change}
