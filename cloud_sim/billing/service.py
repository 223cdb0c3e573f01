"""What the billing pages show: a subscription, the prices of seats, what an organization's own servers got."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from cloud_sim.billing_sync import service as billing_sync
from cloud_sim.context import CloudContext
from cloud_sim.licensing import service as licensing
from cloud_sim.sponsorships.sync import last_syncs
from cloud_sim.subscriptions import charges, prices, rules
from cloud_sim.subscriptions.history.rules import Invoice
from cloud_sim.subscriptions.history.service import invoices_of
from cloud_sim.subscriptions.models import Subscription
from cloud_sim.subscriptions.prices import TIERS, plans_on_offer
from cloud_sim.subscriptions.settling import terms_of
from common.domains.accounts.service import User
from common.domains.organizations.models import Organization
from common.enums import ProductTier
from common.plans import Plan

SHOWN = 20
"""Invoices on a page."""


class Billing(NamedTuple):
    """A subscription as pages show it. status: rules.shown_status. next_charge: None when there is none."""

    subscription: Subscription
    status: str
    items: Sequence[prices.LineItem]
    total: Decimal
    next_charge: datetime | None
    may_cancel: bool
    events: Sequence[str]


def billing_of(subscription: Subscription | None) -> Billing | None:
    """What pages show of a subscription."""
    if subscription is None:
        return None
    terms = terms_of(subscription)
    items = charges.line_items(subscription)
    return Billing(
        subscription,
        rules.shown_status(terms, sponsored=subscription.sponsored),
        items,
        prices.total(items),
        charges.upcoming_invoice_date(subscription),
        rules.is_cancellable(terms),
        rules.rehearsed_events(terms),
    )


def invoices_of_subscriber(
    ctx: CloudContext, subscriber: Organization | User, subscription: Subscription | None
) -> list[Invoice]:
    """The newest invoices, which pages show."""
    terms = terms_of(subscription) if subscription is not None else None
    return invoices_of(ctx, subscriber.id, subscription, terms)[:SHOWN]


class SeatPrices(NamedTuple):
    """US dollars for one period. included: seats that come with the plan. limit_cost: of the seats that it may grow to
    by itself; None = no limit."""

    included: int
    billed: int
    price: Decimal
    cost: Decimal
    limit_cost: Decimal | None


def seat_prices(organization: Organization, plan: Plan | None) -> SeatPrices | None:
    """What its seats cost; None for a plan that sells none."""
    if plan is None or not plan.password_manager.sells_seats:
        return None
    limit = organization.max_autoscale_seats
    included = plan.password_manager.base_seats
    return SeatPrices(
        included,
        max((organization.seats or 0) - included, 0),
        plan.password_manager.seat_price,
        prices.seat_cost(plan, organization.seats or 0),
        None if limit is None else prices.seat_cost(plan, limit),
    )


class HandedOut(NamedTuple):
    """What one installation got of an organization; None = nothing of this kind yet."""

    installation_id: UUID
    license_issued: datetime | None
    sponsorships_synced: datetime | None


class SelfHosting(NamedTuple):
    """What the section about the organization's own server shows."""

    offers_sync: bool
    has_token: bool
    in_trial: bool
    handed_out: Sequence[HandedOut]


def self_hosting(ctx: CloudContext, organization: Organization) -> SelfHosting:
    """What the organization's own servers need from here and have got."""
    return SelfHosting(
        offers_sync=organization.tier == ProductTier.ENTERPRISE,
        has_token=billing_sync.has_token(ctx, organization),
        in_trial=billing_sync.waits_for_trial_end(ctx, organization),
        handed_out=_handed_out(ctx, organization.id),
    )


def _handed_out(ctx: CloudContext, organization_id: UUID) -> list[HandedOut]:
    issued = {each.installation_id: each.last_issued for each in licensing.licensed_installations(ctx, organization_id)}
    synced = last_syncs(ctx, organization_id)
    known = dict.fromkeys([*issued, *synced])
    return [HandedOut(each, issued.get(each), synced.get(each)) for each in known]


def bigger_tiers(plan: Plan | None) -> list[str]:
    """The families of plans (TIERS) that one can move to from this plan."""
    order = plan.upgrade_order if plan is not None else 0
    offered = plans_on_offer()
    return [name for name in TIERS if offered[name].upgrade_order > order]
