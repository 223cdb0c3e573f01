"""Pages of an organization's billing, with what a tester may have happen at the payment provider.

Nothing is ever charged. There are no invoices and no cards, hence no pages for them.
Source: spec/screens.md C3, D8.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from cloud_sim.billing_sync import service as billing_sync
from cloud_sim.context import CloudContext, context
from cloud_sim.licensing import service as licensing
from cloud_sim.sponsorships import service as sponsorships
from cloud_sim.sponsorships.sync import last_syncs
from cloud_sim.subscriptions import prices, rules, seats, service
from cloud_sim.subscriptions.billing import billing_of
from cloud_sim.subscriptions.prices import TIERS, plan_on_offer, plans_on_offer
from common.domains.accounts.service import User
from common.domains.organizations import service as organizations
from common.domains.organizations.models import Organization
from common.enums import ProductTier
from common.errors import bad_request
from common.plans import Plan, plan_of
from common.server import policy
from common.server.operation import OPTIONAL_TEXT, TEXT, page
from common.ui.answers import FieldProblem, done
from common.ui.forms import FIELD
from common.ui.guards import me, signed_in
from common.ui.pages import page_blueprint, render
from common.ui.visit import visit

bp = page_blueprint("subscription_pages", __name__)

OF_ORGANIZATION = "/organizations/<uuid:organization_id>/billing/subscription"
START = "start"
PLAN_FIELDS = {"plan": TEXT, "period": OPTIONAL_TEXT, "additionalSeats": OPTIONAL_TEXT}
LARGEST_NUMBER = 2**31 - 1
"""What the column of a number of seats holds."""


def _page_of(organization_id: UUID) -> str:
    return f"/organizations/{organization_id}/billing/subscription"


def _owned(organization_id: UUID) -> Organization:
    return organizations.require_owner(context(), organization_id, me().id)


@bp.get(OF_ORGANIZATION)
@policy.page(signed_in)
@page()
def show_subscription(organization_id: UUID) -> ResponseReturnValue:
    """Plan, price and seats of an organization, and what its own server needs from here."""
    ctx, organization = context(), _owned(organization_id)
    billing = billing_of(service.subscription_of_organization(ctx, organization))
    plan = plan_of(organization.plan_type)
    ended = billing is not None and billing.subscription.status in rules.ENDED
    return render(
        "subscriptions/organization.html",
        organization=organization,
        plan=plan,
        billing=billing,
        may_upgrade=not ended and bool(_bigger_tiers(plan)),
        seats=_seat_prices(organization, plan) if billing and not ended else None,
        self_hosting=_self_hosting(ctx, organization) if organization.self_host else None,
    )


@dataclass(frozen=True)
class SeatPrices:
    """US dollars for one period. included: seats that come with the plan. limit_cost: of the seats that it may grow to
    by itself; None = no limit."""

    included: int
    billed: int
    price: Decimal
    cost: Decimal
    limit_cost: Decimal | None


def _seat_prices(organization: Organization, plan: Plan | None) -> SeatPrices | None:
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


@dataclass(frozen=True)
class HandedOut:
    """What one installation got of an organization; None = nothing of this kind yet."""

    installation_id: UUID
    license_issued: datetime | None
    sponsorships_synced: datetime | None


@dataclass(frozen=True)
class SelfHosting:
    """What the section about the organization's own server shows."""

    offers_sync: bool
    has_token: bool
    in_trial: bool
    handed_out: Sequence[HandedOut]


def _self_hosting(ctx: CloudContext, organization: Organization) -> SelfHosting:
    return SelfHosting(
        offers_sync=organization.tier == ProductTier.ENTERPRISE,
        has_token=billing_sync.has_token(ctx, organization),
        in_trial=billing_sync.waits_for_trial_end(ctx, organization),
        handed_out=_handed_out(ctx, organization.id),
    )


def _handed_out(ctx: CloudContext, organization_id: UUID) -> list[HandedOut]:
    issued = {each.installation_id: each.last_issued for each in licensing.licensed_installations(ctx, organization_id)}
    synced = last_syncs(ctx, organization_id)
    known = dict.fromkeys([*issued, *(each for each in synced if each is not None)])
    return [HandedOut(each, issued.get(each), synced.get(each)) for each in known]


@bp.post(OF_ORGANIZATION)
@policy.page(signed_in)
@page(form={FIELD: TEXT, "seats": TEXT, "limited": OPTIONAL_TEXT, "maxAutoscaleSeats": OPTIONAL_TEXT})
def change_seats(organization_id: UUID) -> ResponseReturnValue:
    """Buy seats or give them back, and limit how far their number grows by itself."""
    organization = _owned(organization_id)
    wanted = whole_number("seats")
    limit = whole_number("maxAutoscaleSeats") if request.form.get("limited") else None
    seats.update_seats(context(), organization, wanted - (organization.seats or 0), limit)
    return done(_page_of(organization_id), "subscriptionUpdated")


@bp.get(f"{OF_ORGANIZATION}/plan")
@policy.page(signed_in)
@page()
def show_plans(organization_id: UUID) -> ResponseReturnValue:
    """The bigger plans."""
    organization = _owned(organization_id)
    return render(
        "subscriptions/plan.html",
        organization=organization,
        tiers=_bigger_tiers(plan_of(organization.plan_type)),
        plans=plans_on_offer(),
        seats=organization.seats or 1,
    )


@bp.post(f"{OF_ORGANIZATION}/plan")
@policy.page(signed_in)
@page(form={FIELD: TEXT} | PLAN_FIELDS)
def change_plan(organization_id: UUID) -> ResponseReturnValue:
    """Move to a bigger plan."""
    organization = _owned(organization_id)
    plan = chosen_plan()
    seats.upgrade(context(), organization, plan, chosen_seats(plan))
    return done(_page_of(organization_id), "subscriptionUpdated")


def _bigger_tiers(plan: Plan | None) -> list[str]:
    order = plan.upgrade_order if plan is not None else 0
    offered = plans_on_offer()
    return [name for name in TIERS if offered[name].upgrade_order > order]


@bp.get(f"{OF_ORGANIZATION}/cancel")
@policy.page(signed_in)
@page()
def ask_to_cancel(organization_id: UUID) -> ResponseReturnValue:
    """Whether the subscription shall end."""
    return question_of_end(_owned(organization_id), _page_of(organization_id))


@bp.post(f"{OF_ORGANIZATION}/cancel")
@policy.page(signed_in)
@page(form={FIELD: TEXT})
def cancel(organization_id: UUID) -> ResponseReturnValue:
    """End the subscription with its period."""
    service.cancel(context(), _owned(organization_id))
    return done(_page_of(organization_id), "subscriptionUpdated")


@bp.get(f"{OF_ORGANIZATION}/reinstate")
@policy.page(signed_in)
@page()
def ask_to_reinstate(organization_id: UUID) -> ResponseReturnValue:
    """Whether the subscription shall go on."""
    return question_of_reinstatement(_page_of(organization_id), _owned(organization_id))


@bp.post(f"{OF_ORGANIZATION}/reinstate")
@policy.page(signed_in)
@page(form={FIELD: TEXT})
def reinstate(organization_id: UUID) -> ResponseReturnValue:
    """Take the cancellation back."""
    service.cause(context(), _owned(organization_id), "reinstate")
    return done(_page_of(organization_id), "reinstated")


@bp.post(f"{OF_ORGANIZATION}/events")
@policy.page(signed_in)
@page(form={FIELD: TEXT, "event": TEXT})
def cause_event(organization_id: UUID) -> ResponseReturnValue:
    """Have something happen at the payment provider; `start` subscribes again after the end."""
    ctx, organization = context(), _owned(organization_id)
    if request.form.get("event") == START:
        service.restart(ctx, organization)
    else:
        service.cause(ctx, organization, known_event())
    return done(_page_of(organization_id), "subscriptionUpdated")


@bp.get(f"{OF_ORGANIZATION}/sponsorship")
@policy.page(signed_in)
@page()
def ask_to_remove_sponsorship(organization_id: UUID) -> ResponseReturnValue:
    """Whether the family shall pay for itself again."""
    t, back = visit().texts, _page_of(organization_id)
    return render(
        "subscriptions/question.html",
        organization=_owned(organization_id),
        question=t("x.removeSponsorshipQuestion"),
        consequence=t("x.removeSponsorshipBody"),
        accept=t("remove"),
        accept_key="remove",
        kind="danger",
        action=f"{back}/sponsorship",
        back=back,
    )


@bp.post(f"{OF_ORGANIZATION}/sponsorship")
@policy.page(signed_in)
@page(form={FIELD: TEXT})
def remove_sponsorship(organization_id: UUID) -> ResponseReturnValue:
    """Give the sponsorship up; it ends with the paid period."""
    sponsorships.remove_sponsorship(context(), me().id, organization_id)
    return done(_page_of(organization_id), "removeSponsorshipSuccess")


# --- what Premium and organizations share


def known_event() -> str:
    """What the pressed button causes."""
    event = request.form.get("event", "")
    if event not in rules.EVENTS:
        raise bad_request("Unknown event.", rule="sim.event")
    return event


def question_of_end(subscriber: User | Organization, back: str) -> ResponseReturnValue:
    """The page that asks whether a subscription shall end. back: the page it is on."""
    t = visit().texts
    subscription = service.require_subscription(context(), subscriber)
    return render(
        "subscriptions/question.html",
        organization=subscriber if isinstance(subscriber, Organization) else None,
        question=t("x.cancelQuestion"),
        consequence=t("x.cancelConsequence", date=t.date(subscription.period_end)),
        accept=t("cancelSubscription"),
        accept_key="cancelSubscription",
        kind="danger",
        keep=t("x.keepSubscription"),
        action=f"{back}/cancel",
        back=back,
    )


def question_of_reinstatement(back: str, organization: Organization | None = None) -> ResponseReturnValue:
    """The page that asks whether a cancelled subscription shall go on. back: the page it is on."""
    t = visit().texts
    return render(
        "subscriptions/question.html",
        organization=organization,
        question=t("x.reinstateQuestion"),
        consequence=t("x.reinstateConsequence"),
        accept=t("reinstateSubscription"),
        accept_key="reinstateSubscription",
        kind="primary",
        action=f"{back}/reinstate",
        back=back,
    )


# --- the choice of a plan, for a new organization and for an upgrade


def chosen_plan() -> Plan:
    """The plan of the form."""
    plan = plan_on_offer(request.form.get("plan", ""), annual=request.form.get("period") != "monthly")
    if plan is None:
        raise FieldProblem("plan", "x.inputInvalid")
    return plan


def chosen_seats(plan: Plan) -> int:
    """The seats of the form beyond those that come with the plan; of a plan that sells none, none."""
    if not plan.password_manager.sells_seats:
        return 0
    return whole_number("additionalSeats") - plan.password_manager.base_seats


def whole_number(name: str) -> int:
    """A field that holds a number of things."""
    text = request.form.get(name, "").strip()
    if not (text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= LARGEST_NUMBER):
        raise FieldProblem(name, "x.inputInvalid")
    return int(text)
