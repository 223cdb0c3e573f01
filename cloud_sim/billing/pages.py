"""Pages of an organization's billing, with what a tester may have happen at the payment provider.

Nothing is ever charged, and there are no cards, hence no pages for them.
Source: fidelity.md: pages.organization-billing, pages.families.
"""

from datetime import datetime
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from cloud_sim.billing.service import (
    bigger_tiers,
    billing_of,
    invoices_of_subscriber,
    seat_prices,
    self_hosting,
)
from cloud_sim.context import context
from cloud_sim.organizations.pages import PLAN_FIELDS, chosen_plan, chosen_seats, whole_number
from cloud_sim.providers.rules import pays_for_clients
from cloud_sim.providers.service import provider_of
from cloud_sim.sponsorships import service as sponsorships
from cloud_sim.subscriptions import notices, plan_changes, rules, seats, service
from cloud_sim.subscriptions.access import lock_edited, lock_editor, require_editor
from cloud_sim.subscriptions.prices import plans_on_offer
from common.domains.accounts.service import User
from common.domains.organizations import service as organizations
from common.domains.organizations.models import Organization
from common.domains.organizations.rules import display_name
from common.plans import Plan, plan_of
from common.server import policy
from common.server.operation import OPTIONAL_TEXT, TEXT, page
from common.ui.answers import done
from common.ui.forms import FIELD
from common.ui.guards import me, signed_in
from common.ui.pages import page_blueprint, render
from common.ui.visit import visit

bp = page_blueprint("billing_pages", __name__)

OF_ORGANIZATION = "/organizations/<uuid:organization_id>/billing/subscription"
START = "start"


def _page_of(organization_id: UUID) -> str:
    return f"/organizations/{organization_id}/billing/subscription"


def _owned(organization_id: UUID) -> Organization:
    return organizations.require_owner(context(), organization_id, me().id)


def _editable(organization_id: UUID) -> Organization:
    return require_editor(context(), organization_id, me().id).organization


def _editable_to_change(organization_id: UUID) -> Organization:
    return lock_edited(context(), organization_id, me().id)


@bp.get(OF_ORGANIZATION)
@policy.page(signed_in)
@page()
def show_subscription(organization_id: UUID) -> ResponseReturnValue:
    """Plan, price, seats and invoices of an organization, and what its own server needs from here.

    Where a provider pays, only the latter; where it is resold, no prices and nothing to change.
    """
    ctx, organization = context(), _owned(organization_id)
    subscription, provider = service.subscription_of_organization(ctx, organization), provider_of(ctx, organization_id)
    billing = billing_of(subscription)
    plan = plan_of(organization.plan_type)
    editable = provider is None and not (billing is not None and billing.subscription.status in rules.ENDED)
    return render(
        "billing/organization.html",
        organization=organization,
        plan=plan,
        billing=billing,
        provider=provider,
        resold=provider is not None and not pays_for_clients(provider.type),
        may_upgrade=editable and bool(bigger_tiers(plan)),
        seats=seat_prices(organization, plan) if billing and editable else None,
        invoices=invoices_of_subscriber(ctx, organization, subscription) if provider is None else None,
        self_hosting=self_hosting(ctx, organization) if organization.self_host else None,
    )


@bp.get("/organizations/<uuid:organization_id>/billing/history")
@policy.page(signed_in)
@page()
def show_history(organization_id: UUID) -> ResponseReturnValue:
    """The invoices alone, where the web vault has them; none where a provider pays."""
    ctx, organization = context(), _owned(organization_id)
    subscription = service.subscription_of_organization(ctx, organization)
    paid_here = provider_of(ctx, organization_id) is None
    invoices = invoices_of_subscriber(ctx, organization, subscription) if paid_here else []
    return render("billing/history.html", organization=organization, invoices=invoices)


@bp.post(OF_ORGANIZATION)
@policy.page(signed_in)
@page(form={FIELD: TEXT, "seats": TEXT, "limited": OPTIONAL_TEXT, "maxAutoscaleSeats": OPTIONAL_TEXT})
def change_seats(organization_id: UUID) -> ResponseReturnValue:
    """Buy seats or give them back, and limit how far their number grows by itself."""
    organization = _editable_to_change(organization_id)
    wanted = whole_number("seats")
    limit = whole_number("maxAutoscaleSeats") if request.form.get("limited") else None
    seats.update_seats(context(), organization, wanted - (organization.seats or 0), limit)
    return done(_page_of(organization_id), "subscriptionUpdated")


@bp.get(f"{OF_ORGANIZATION}/plan")
@policy.page(signed_in)
@page()
def show_plans(organization_id: UUID) -> ResponseReturnValue:
    """The bigger plans."""
    organization = _editable(organization_id)
    return render(
        "billing/plan.html",
        organization=organization,
        tiers=bigger_tiers(plan_of(organization.plan_type)),
        plans=plans_on_offer(),
        seats=organization.seats or 1,
    )


@bp.post(f"{OF_ORGANIZATION}/plan")
@policy.page(signed_in)
@page(form={FIELD: TEXT} | PLAN_FIELDS)
def change_plan(organization_id: UUID) -> ResponseReturnValue:
    """Move to a bigger plan."""
    ctx = context()
    standing, plan = lock_editor(ctx, organization_id, me().id), chosen_plan()
    plan_changes.upgrade(ctx, standing, plan, _upgrade(standing.organization, plan, chosen_seats(plan)))
    return done(_page_of(organization_id), "subscriptionUpdated")


def _upgrade(organization: Organization, plan: Plan, seats: int) -> plan_changes.Upgrade:
    """More seats; what was bought besides stays bought."""
    old, secrets = plan_of(organization.plan_type), plan.secrets_manager
    included = (old.password_manager.base_storage_gb or 0) if old is not None else 0
    keeps = organization.use_secrets_manager and secrets is not None
    return plan_changes.Upgrade(
        additional_seats=seats,
        additional_storage_gb=max((organization.max_storage_gb or 0) - included, 0),
        use_secrets_manager=keeps,
        additional_sm_seats=max((organization.sm_seats or 0) - secrets.base_seats, 0) if keeps and secrets else 0,
        additional_service_accounts=(
            max((organization.sm_service_accounts or 0) - secrets.base_service_accounts, 0) if keeps and secrets else 0
        ),
        business_name=display_name(organization.business_name),
    )


@bp.get(f"{OF_ORGANIZATION}/cancel")
@policy.page(signed_in)
@page()
def ask_to_cancel(organization_id: UUID) -> ResponseReturnValue:
    """Whether the subscription shall end."""
    return question_of_end(_editable(organization_id), _page_of(organization_id))


@bp.post(f"{OF_ORGANIZATION}/cancel")
@policy.page(signed_in)
@page(form={FIELD: TEXT})
def cancel(organization_id: UUID) -> ResponseReturnValue:
    """End the subscription with its period."""
    service.cancel(context(), _editable_to_change(organization_id))
    return done(_page_of(organization_id), "subscriptionUpdated")


@bp.get(f"{OF_ORGANIZATION}/reinstate")
@policy.page(signed_in)
@page()
def ask_to_reinstate(organization_id: UUID) -> ResponseReturnValue:
    """Whether the subscription shall go on."""
    return question_of_reinstatement(_page_of(organization_id), _editable(organization_id))


@bp.post(f"{OF_ORGANIZATION}/reinstate")
@policy.page(signed_in)
@page(form={FIELD: TEXT})
def reinstate(organization_id: UUID) -> ResponseReturnValue:
    """Take the cancellation back."""
    service.cause(context(), _editable_to_change(organization_id), "reinstate")
    return done(_page_of(organization_id), "reinstated")


@bp.post(f"{OF_ORGANIZATION}/events")
@policy.page(signed_in)
@page(form={FIELD: TEXT, "event": TEXT})
def cause_event(organization_id: UUID) -> ResponseReturnValue:
    """Have something happen at the payment provider; `start` subscribes again after the end."""
    ctx = context()
    organization = organizations.lock_owned(ctx, organization_id, me().id)
    event, before = request.form.get("event", ""), service.require_subscription(ctx, organization).period_end
    if event == START:
        service.restart(ctx, organization)
    else:
        notices.cause(ctx, organization, rules.known_event(event))
    return tell_event(
        _page_of(organization_id), event, before, service.require_subscription(ctx, organization).period_end
    )


@bp.get(f"{OF_ORGANIZATION}/sponsorship")
@policy.page(signed_in)
@page()
def ask_to_remove_sponsorship(organization_id: UUID) -> ResponseReturnValue:
    """Whether the family shall pay for itself again."""
    t, back = visit().texts, _page_of(organization_id)
    return render(
        "billing/question.html",
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

_EVENT_WORDS = {
    "renew": "x.eventRenew",
    "trial-end": "x.eventTrialEnd",
    "past-due": "x.eventPastDue",
    "unpaid": "x.eventUnpaid",
    "pay": "x.eventPay",
    "cancel": "x.eventCancel",
    START: "x.eventStart",
}
_NOTHING_GOOD = ("past-due", "unpaid", "cancel")


def tell_event(back: str, event: str, before: datetime, after: datetime) -> ResponseReturnValue:
    """The page of the subscription, which says what happened, and how far it is paid for before and now."""
    t = visit().texts
    return done(
        back,
        "x.eventCaused",
        "x.eventStays" if before == after else "x.paidUntilMoved",
        kind="warning" if event in _NOTHING_GOOD else "success",
        event=t(_EVENT_WORDS[event]) if event in _EVENT_WORDS else event,
        before=t.date(before),
        after=t.date(after),
    )


def question_of_end(subscriber: User | Organization, back: str) -> ResponseReturnValue:
    """The page that asks whether a subscription shall end. back: the page it is on."""
    t = visit().texts
    subscription = service.require_subscription(context(), subscriber)
    return render(
        "billing/question.html",
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
        "billing/question.html",
        organization=organization,
        question=t("x.reinstateQuestion"),
        consequence=t("x.reinstateConsequence"),
        accept=t("reinstateSubscription"),
        accept_key="reinstateSubscription",
        kind="primary",
        action=f"{back}/reinstate",
        back=back,
    )
