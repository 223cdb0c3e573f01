"""HTTP of simulated billing: what the payment provider and upstream's staff would cause, under `/_sim`.

`POST /_sim/organizations/{id}/subscription/{event}`, `POST /_sim/users/{id or e-mail}/premium/{event}`, and
`POST /_sim/organizations/{id}` for abilities and limits. Each answers the state that follows.
"""

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, Response, request

from cloud_sim.subscriptions import answers, notices, plan_changes, rules, seats, service
from cloud_sim.subscriptions.history.service import invoices_of
from cloud_sim.subscriptions.settling import terms_of
from common.domains.accounts import service as accounts
from common.domains.accounts.service import User
from common.domains.organizations import answers as organization_answers
from common.domains.organizations import service as organizations
from common.domains.organizations.models import Organization
from common.errors import Refusal, bad_request, not_found
from common.plans import Plan, plan_of
from common.server import policy
from common.server.app import context
from common.server.body import answer, read_json
from common.server.context import Context
from common.server.operation import operation
from common.wire.organizations import OrganizationResponse
from common.wire.subscriptions import (
    EventDetails,
    OrganizationSettings,
    SimulatedInvoice,
    SimulatedInvoices,
    SimulatedSubscription,
)

bp = Blueprint("sim_subscriptions", __name__, url_prefix="/_sim")


def _start(ctx: Context, organization: Organization, details: EventDetails) -> None:
    plan = _plan(organization.plan_type if details.plan_type is None else details.plan_type)
    trial_days = details.trial_days if details.trial_days is not None else plan.trial_days or 0
    plan_changes.move_to_plan(ctx, organization, plan)
    service.start_for_organization(ctx, organization, plan, trial_days=trial_days)


def _move(ctx: Context, organization: Organization, details: EventDetails) -> None:
    if details.plan_type is None:
        raise _missing("planType")
    plan_changes.move_to_plan(ctx, organization, _plan(details.plan_type))


def _set_seats(ctx: Context, organization: Organization, details: EventDetails) -> None:
    if details.seats is None:
        raise _missing("seats")
    seats.set_seats(ctx, organization, details.seats)


def _set_expiration(ctx: Context, organization: Organization, details: EventDetails) -> None:
    service.set_expiration(ctx, organization, details.expiration_date)


def _remove(ctx: Context, organization: Organization, details: EventDetails) -> None:
    service.remove_subscription(ctx, organization, details.expiration_date)


def _announce_renewal(ctx: Context, organization: Organization, _details: EventDetails) -> None:
    notices.announce_renewal(ctx, organization)


_ORGANIZATION_EVENTS: dict[str, Callable[[Context, Organization, EventDetails], None]] = {
    "start": _start,
    "plan": _move,
    "seats": _set_seats,
    "set-expiration": _set_expiration,
    "remove-subscription": _remove,
    "invoice-upcoming": _announce_renewal,
}


def _plan(number: int) -> Plan:
    plan = plan_of(number)
    if plan is None:
        raise bad_request(f"There is no plan {number}.", rule="sim.plan")
    return plan


def _missing(name: str) -> Refusal:
    return bad_request(f"This event needs {name}.", rule="sim.event")


@bp.post("/organizations/<uuid:organization_id>")
@policy.control
@operation(body=OrganizationSettings, answer=OrganizationResponse)
def change_organization(organization_id: UUID) -> Response:
    """Set abilities, limits and `enabled`, as upstream's staff does in its own portal."""
    ctx = context()
    changes = read_json(OrganizationSettings).changes
    organization = _organization_to_change(ctx, organization_id)
    for name, value in changes.items():
        setattr(organization, name, value)
    organization.revision_date = ctx.clock.now()
    return answer(organization_answers.organization(organization, plan_of(organization.plan_type)))


@bp.get("/organizations/<uuid:organization_id>/subscription")
@policy.control
@operation(answer=SimulatedSubscription)
def show_subscription(organization_id: UUID) -> Response:
    """The state of an organization's billing."""
    ctx = context()
    return _state(ctx, _organization(ctx, organization_id))


@bp.get("/organizations/<uuid:organization_id>/invoices")
@policy.control
@operation(answer=SimulatedInvoices)
def list_invoices(organization_id: UUID) -> Response:
    """Every invoice of an organization."""
    ctx = context()
    organization = _organization(ctx, organization_id)
    subscription = service.subscription_of_organization(ctx, organization)
    terms = terms_of(subscription) if subscription is not None else None
    found = invoices_of(ctx, organization.id, subscription, terms)
    told = [
        SimulatedInvoice(number=each.number, date=each.date, amount=each.amount, status=each.status, due=each.due)
        for each in found
    ]
    return answer(SimulatedInvoices(data=told))


@bp.post("/organizations/<uuid:organization_id>/subscription/<event>")
@policy.control
@operation(body=EventDetails, body_required=False, answer=SimulatedSubscription)
def cause_event(organization_id: UUID, event: str) -> Response:
    """Cause one billing event of an organization."""
    ctx = context()
    organization = _organization_to_change(ctx, organization_id)
    if event in rules.EVENTS:
        notices.cause(ctx, organization, event)
    elif event in _ORGANIZATION_EVENTS:
        _ORGANIZATION_EVENTS[event](ctx, organization, _details())
    else:
        raise _unknown_event([*rules.EVENTS, *_ORGANIZATION_EVENTS])
    return _state(ctx, organization)


@bp.get("/users/<user>/premium")
@policy.control
@operation(answer=SimulatedSubscription)
def show_premium(user: str) -> Response:
    """The state of a user's premium. user: id or e-mail address."""
    ctx = context()
    return _state(ctx, _user(ctx, user))


@bp.post("/users/<user>/premium", defaults={"event": "create"})
@bp.post("/users/<user>/premium/<event>")
@policy.control
@operation(body=EventDetails, body_required=False, answer=SimulatedSubscription)
def cause_premium_event(user: str, event: str) -> Response:
    """Cause one billing event of a premium user; `create` (also without a name) starts premium."""
    ctx = context()
    subscriber = accounts.lock_user(ctx, _user(ctx, user).id)
    if event == "create":
        service.start_premium(ctx, subscriber, trial_days=_details().trial_days or 0)
    elif event == "invoice-upcoming":
        notices.announce_renewal(ctx, subscriber)
    elif event in rules.EVENTS:
        notices.cause(ctx, subscriber, event)
    else:
        raise _unknown_event(["create", *rules.EVENTS, "invoice-upcoming"])
    return _state(ctx, subscriber)


def _unknown_event(known: list[str]) -> Refusal:
    return bad_request(f"Unknown event; known are {', '.join(known)}.", rule="sim.event")


def _details() -> EventDetails:
    return read_json(EventDetails) if request.get_data().strip() else EventDetails()


def _organization(ctx: Context, organization_id: UUID) -> Organization:
    organization = organizations.find_organization(ctx, organization_id)
    if organization is None:
        raise not_found("sim.organization")
    return organization


def _organization_to_change(ctx: Context, organization_id: UUID) -> Organization:
    organization = organizations.lock_organization(ctx, organization_id)
    if organization is None:
        raise not_found("sim.organization")
    return organization


def _user(ctx: Context, id_or_email: str) -> User:
    user = accounts.find_by_id_or_email(ctx, id_or_email)
    if user is None:
        raise not_found("sim.user")
    return user


def _state(ctx: Context, subscriber: Organization | User) -> Response:
    subscription = (
        service.subscription_of_organization(ctx, subscriber)
        if isinstance(subscriber, Organization)
        else service.subscription_of_user(ctx, subscriber)
    )
    return answer(answers.simulated_subscription(subscriber, subscription))
