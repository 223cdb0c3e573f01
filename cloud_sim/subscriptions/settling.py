"""Time passes for subscriptions, and their subscribers follow: saved by whoever writes, only seen by whoever reads.

Stands in for upstream's handlers of the payment provider's events: whatever changes a subscription also sets `enabled`
and the expiration date. Source: src/Billing/Services/Implementations/Subscription{Updated,Deleted}Handler.cs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

import sqlalchemy as sa

from cloud_sim.context import CloudContext
from cloud_sim.providers import service as providers
from cloud_sim.providers.models import Provider
from cloud_sim.subscriptions import rules
from cloud_sim.subscriptions.history.service import Change, record
from cloud_sim.subscriptions.models import Subscription
from cloud_sim.subscriptions.rules import Terms, TermsRule
from common.domains.accounts import service as accounts
from common.domains.accounts.service import User
from common.domains.organizations import service as organizations
from common.domains.organizations.models import Organization
from common.plans import PREMIUM, Plan, plan_of
from common.server.context import Context
from common.server.foresight import FORESEEING, SAVING, Hand

Subscriber = Organization | User
Payer = Subscriber | Provider

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
    settled: list[Change] = []
    for each in ctx.session.scalars(due):
        subscriber = subscribers.of(each)
        if subscriber is not None:  # otherwise it has become due in this very moment: the next look finds it
            before = terms_of(each)
            after = rules.roll_forward(before, until)
            _follow(ctx, Change(each, before, after), subscriber, subscribers.clients_of(each), until, hand)
            settled.append(Change(each, before, after))
    if hand.saves:
        record(ctx, settled)
    return len(settled)


class Subscribers(NamedTuple):
    """Whoever is subscribed, by id, and the organizations of the providers among them."""

    by_id: Mapping[UUID, Payer]
    clients: Mapping[UUID, Sequence[UUID]]

    def of(self, subscription: Subscription) -> Payer | None:
        """Whose subscription it is."""
        owner = subscription.organization_id or subscription.user_id or subscription.provider_id
        return self.by_id.get(owner) if owner else None

    def clients_of(self, subscription: Subscription) -> list[Organization]:
        """The organizations that a provider's subscription pays for."""
        ids = self.clients.get(subscription.provider_id, ()) if subscription.provider_id else ()
        return [each for each in map(self.by_id.get, ids) if isinstance(each, Organization)]


def subscribers_of(ctx: Context, due: sa.Select[Subscription], hand: Hand) -> Subscribers:
    """Whoever is subscribed by what is due, locked before it is looked at if it is to change."""
    columns = Subscription.organization_id, Subscription.user_id, Subscription.provider_id
    owners = ctx.session.execute(due.with_only_columns(*columns)).all()
    of_organizations = [each.organization_id for each in owners if each.organization_id]
    of_users = [each.user_id for each in owners if each.user_id]
    of_providers = [each.provider_id for each in owners if each.provider_id]
    found: tuple[Mapping[UUID, Payer], ...]
    if hand.saves:
        payers = providers.lock_providers(ctx, of_providers)
        locked, clients = providers.lock_clients(ctx, of_providers, of_organizations)
        found = payers, locked, accounts.lock_users(ctx, of_users)
    else:
        clients = providers.clients_of(ctx, of_providers)
        of_organizations += [each for ids in clients.values() for each in ids]
        found = (
            providers.find_providers(ctx, of_providers),
            organizations.find_organizations(ctx, of_organizations),
            accounts.find_users(ctx, of_users),
        )
    return Subscribers({each.id: each for group in found for each in group.values()}, clients)


def change(
    ctx: Context,
    subscription: Subscription,
    subscriber: Payer,
    wanted: TermsRule,
    *,
    plan: Plan | None = None,
    clients: Sequence[Organization] = (),
) -> None:
    """Let the time until now pass, then make the wanted change, and let the subscriber follow.

    plan: what is subscribed from then on, None = as before. clients: the locked organizations of a provider.
    """
    now = ctx.clock.now()
    before = terms_of(subscription)
    passed = rules.roll_forward(before, now)
    after = rules.roll_forward(wanted(passed, rules.provider_time(now)), now)
    record(ctx, [Change(subscription, before, passed)])
    if plan is not None:
        subscription.plan_type = plan.type
    record(ctx, [Change(subscription, passed, after)])
    _follow(ctx, Change(subscription, before, after), subscriber, clients, now, SAVING)


def _follow(
    ctx: Context,
    made: Change,
    subscriber: Payer,
    clients: Sequence[Organization],
    now: datetime,
    hand: Hand,
) -> None:
    subscription, before, after = made
    if before is None or after == before:
        return
    hand.put(subscription, **stored(after), revision_date=now)
    following = _following(subscriber, before, after)
    hand.put(subscriber, **following, revision_date=now)
    if isinstance(subscriber, Provider):
        for each in clients:
            hand.put(each, **_of_client(following, before, after), revision_date=now)
    if subscription.sponsored and after.period_start != before.period_start and isinstance(subscriber, Organization):
        cloud = cast(CloudContext, ctx)
        cloud.side.sponsored_period_began(cloud, subscriber.id, after.period_start, after.period_end, hand)


def _of_client(of_provider: Mapping[str, Any], before: Terms, after: Terms) -> dict[str, Any]:
    """What that does to the organizations of a provider: they are switched off and on with it.

    Source: ProviderService.cs (UpdateAsync), src/Billing/Jobs/ProviderOrganizationDisableJob.cs.
    """
    ended = {"enabled": False, "expiration_date": after.period_end} if rules.has_ended(before, after) else {}
    return {**of_provider, **ended}


def _following(subscriber: Payer, before: Terms, after: Terms) -> dict[str, Any]:
    """What the change does to whoever is subscribed.

    Source: SubscriptionUpdatedHandler.cs, SubscriptionDeletedHandler.cs, Organization{Disable,Enable}Command.cs,
    src/Core/Services/Implementations/UserService.cs.
    """
    changes: dict[str, Any] = {}
    if isinstance(subscriber, Provider):
        access = "enabled"
    elif isinstance(subscriber, Organization):
        access, changes["expiration_date"] = "enabled", after.period_end
    else:
        access, changes["premium_expiration_date"] = "premium", after.period_end
    if rules.loses_access(before, after):
        changes[access] = False
    elif rules.regains_access(before, after):
        changes[access] = True
    return changes


def terms_of(subscription: Subscription) -> Terms:
    """What the rules work on."""
    return Terms(months=_months_of(subscription), **{name: getattr(subscription, name) for name in _TERMS})


def _months_of(subscription: Subscription) -> int:
    if subscription.provider_months is not None:
        return subscription.provider_months
    plan = plan_of(subscription.plan_type) if subscription.plan_type is not None else None
    return plan.period_months if plan else PREMIUM.period_months


def stored(terms: Terms) -> dict[str, Any]:
    """Terms as columns of a subscription."""
    return {name: getattr(terms, name) for name in _TERMS} | {"next_change_at": terms.next_change}
