"""HTTP of the cloud's billing: plans, subscriptions of organizations, premium. `control` is the simulator's own part.

Source: src/Api/Billing/Controllers/**; spec/identity-and-accounts.md 9.2-9.4, 10.
"""

from uuid import UUID

from flask import Blueprint, Response, abort, request

from cloud_sim.subscriptions import prices, rules, seats, service, settling, views
from cloud_sim.subscriptions.control.routes import bp as control
from cloud_sim.subscriptions.models import Subscription
from cloud_sim.subscriptions.warnings import warnings_of
from common.domains.accounts import service as accounts
from common.domains.accounts.service import User
from common.domains.organizations import answers as organization_answers
from common.domains.organizations import service as organizations
from common.domains.organizations.models import Organization
from common.domains.profile.answers import organization as profile_organization
from common.domains.profile.service import profile_of
from common.enums import SubscriptionStatus as Status
from common.plans import PLANS, PREMIUM, plan_of
from common.server import policy
from common.server.app import context
from common.server.body import answer, answer_rows, nothing, read_json
from common.server.context import Context
from common.server.operation import Rows, operation
from common.wire import shapes
from common.wire.plans import PlanResponse
from common.wire.profile import ProfileOrganization
from common.wire.selfhost import BillingMetadata
from common.wire.subscriptions import (
    Cancellation,
    Cart,
    CartItem,
    OrganizationSubscription,
    PasswordManagerCart,
    PaymentAnswer,
    PremiumPurchase,
    PremiumSubscription,
    SeatsAdjustment,
    Storage,
    SubscriptionDetails,
    SubscriptionItem,
    SubscriptionUpdate,
    UpcomingInvoice,
    Upgrade,
)

__all__ = ["bp", "control"]

bp = Blueprint("subscriptions", __name__)


def pass_time() -> None:
    """Let subscriptions catch up with the clock before anything is looked at."""
    ctx = context()
    if request.method in ("GET", "HEAD", "OPTIONS"):
        settling.foresee_due(ctx, ctx.clock.now())
    else:
        settling.settle_due(ctx, ctx.clock.now())


@bp.get("/plans")
@policy.anonymous
@operation(answer=Rows(PlanResponse))
def list_plans() -> Response:
    """Every plan, also those no longer sold."""
    return answer_rows(organization_answers.plan(each) for each in PLANS.values())


@bp.get("/plans/premium")
@policy.anonymous
@operation(answer=shapes.PremiumPlan)
def show_premium_plan() -> Response:
    """What premium costs."""
    seat = {"stripePriceId": PREMIUM.price_id, "price": float(PREMIUM.price), "provided": 1}
    storage = {
        "stripePriceId": PREMIUM.storage_price_id,
        "price": float(PREMIUM.storage_price),
        "provided": PREMIUM.storage_gb,
    }
    return answer({"name": "Premium", "legacyYear": None, "available": True, "seat": seat, "storage": storage})


@bp.get("/organizations/<uuid:organization_id>/subscription")
@policy.application
@operation(answer=OrganizationSubscription)
def show_subscription(organization_id: UUID) -> Response:
    """An organization with its subscription, for its owners."""
    ctx = context()
    organization = organizations.require_owner(ctx, organization_id, policy.caller().user)
    return answer(_organization_subscription(ctx, organization))


def _organization_subscription(ctx: Context, organization: Organization) -> OrganizationSubscription:
    plan = plan_of(organization.plan_type)
    subscription = service.subscription_of_organization(ctx, organization)
    if subscription is None:
        return organization_answers.organization_as(
            OrganizationSubscription, organization, plan, expiration=organization.expiration_date
        )
    return organization_answers.organization_as(
        OrganizationSubscription,
        organization,
        plan,
        subscription=_details(subscription),
        upcoming_invoice=_upcoming_invoice(subscription),
        sm_service_accounts_grace=0,
        expiration=rules.a_year_from(ctx.clock.now()),
    )


def _details(subscription: Subscription) -> SubscriptionDetails:
    overdue = subscription.status in (Status.PAST_DUE, Status.UNPAID)
    return SubscriptionDetails(
        trial_start_date=subscription.trial_start,
        trial_end_date=subscription.trial_end,
        period_start_date=subscription.period_start,
        period_end_date=subscription.period_end,
        cancelled_date=subscription.canceled_at,
        cancel_at_end_date=subscription.cancel_at_period_end,
        status=subscription.status,
        cancelled=subscription.status in rules.INACTIVE,
        items=[
            SubscriptionItem(
                product_id=item.product_id,
                name=item.name,
                amount=item.amount,
                quantity=item.quantity,
                interval=item.interval,
                sponsored_subscription_item=item.sponsored,
                addon_subscription_item=item.addon,
            )
            for item in views.line_items(subscription)
        ],
        suspension_date=rules.suspension_date(subscription.period_start) if overdue else None,
        unpaid_period_end_date=subscription.period_end if overdue else None,
        grace_period=rules.GRACE_DAYS,
    )


def _upcoming_invoice(subscription: Subscription) -> UpcomingInvoice | None:
    date = views.upcoming_invoice_date(subscription)
    if date is None:
        return None
    return UpcomingInvoice(amount=prices.total(views.line_items(subscription)), date=date)


@bp.post("/organizations/<uuid:organization_id>/subscription")
@policy.application
@operation(body=SubscriptionUpdate, answer=ProfileOrganization)
def update_subscription(organization_id: UUID) -> Response:
    """Change seats and the limit of growing; answers the organization as the caller's profile shows it."""
    ctx = context()
    caller = policy.caller().user
    wanted = read_json(SubscriptionUpdate)
    organization = organizations.require_owner(ctx, organization_id, caller)
    seats.update_seats(ctx, organization, wanted.seat_adjustment, wanted.max_autoscale_seats)
    memberships = profile_of(ctx, caller).memberships
    mine = next(each for each in memberships if each.organization.id == organization_id)
    return answer(profile_organization(mine))


@bp.post("/organizations/<uuid:organization_id>/seat")
@policy.application
@operation(body=SeatsAdjustment, answer=PaymentAnswer)
def adjust_seats(organization_id: UUID) -> Response:
    """Buy or give back seats."""
    ctx = context()
    wanted = read_json(SeatsAdjustment)
    organization = organizations.require_owner(ctx, organization_id, policy.caller().user)
    seats.adjust_seats(ctx, organization, wanted.seat_adjustment)
    return answer(PaymentAnswer())


@bp.post("/organizations/<uuid:organization_id>/upgrade")
@policy.application
@operation(body=Upgrade, answer=PaymentAnswer)
def upgrade(organization_id: UUID) -> Response:
    """Move to a bigger plan."""
    ctx = context()
    wanted = read_json(Upgrade)
    organization = organizations.require_owner(ctx, organization_id, policy.caller().user)
    seats.upgrade(ctx, organization, plan_of(wanted.plan_type), wanted.additional_seats)
    return answer(PaymentAnswer())


@bp.post("/organizations/<uuid:organization_id>/cancel")
@policy.application
@operation(body=Cancellation)
def cancel(organization_id: UUID) -> Response:
    """Cancel: at the end of the period, or at once when the organization has expired."""
    ctx = context()
    read_json(Cancellation)
    service.cancel(ctx, organizations.require_owner(ctx, organization_id, policy.caller().user))
    return nothing()


@bp.post("/organizations/<uuid:organization_id>/reinstate")
@policy.application
@operation()
def reinstate(organization_id: UUID) -> Response:
    """Take back a planned cancellation."""
    ctx = context()
    service.cause(ctx, organizations.require_owner(ctx, organization_id, policy.caller().user), "reinstate")
    return nothing()


@bp.get("/organizations/<uuid:organization_id>/billing/vnext/metadata")
@policy.application
@operation(answer=BillingMetadata)
def show_metadata(organization_id: UUID) -> Response:
    """Occupied seats, for any member."""
    ctx = context()
    organizations.require_standing(ctx, organization_id, policy.caller().user)
    occupied = organizations.occupied_seats(ctx, organization_id).total
    return answer({"isOnSecretsManagerStandalone": False, "organizationOccupiedSeats": occupied})


@bp.get("/organizations/<uuid:organization_id>/billing/vnext/warnings")
@policy.application
@operation(answer=shapes.BillingWarnings)
def show_warnings(organization_id: UUID) -> Response:
    """What the web vault warns about, for any member."""
    ctx = context()
    standing = organizations.require_standing(ctx, organization_id, policy.caller().user)
    subscription = service.subscription_of_organization(ctx, standing.organization)
    return answer(warnings_of(standing, subscription))


@bp.get("/account/billing/vnext/subscription")
@policy.application
@operation(answer=PremiumSubscription)
def show_premium() -> Response:
    """The caller's premium subscription; a bare 404 when there is none."""
    ctx = context()
    user = accounts.require_user(ctx, policy.caller().user)
    subscription = service.subscription_of_user(ctx, user)
    if subscription is None:
        abort(404)
    return answer(_premium(user, subscription))


def _premium(user: User, subscription: Subscription) -> PremiumSubscription:
    membership, *more = views.line_items(subscription)
    storage = (
        CartItem(translation_key="additionalStorageGB", quantity=more[0].quantity, cost=more[0].amount)
        if more
        else None
    )
    seat = CartItem(translation_key="premiumMembership", quantity=1, cost=membership.amount)
    paying = subscription.status in (Status.TRIALING, Status.ACTIVE)
    overdue = subscription.status in (Status.PAST_DUE, Status.UNPAID)
    return PremiumSubscription(
        status=subscription.status,
        cart=Cart(password_manager=PasswordManagerCart(seats=seat, additional_storage=storage)),
        storage=Storage(available=user.max_storage_gb or PREMIUM.storage_gb),
        next_charge=subscription.period_end if paying else None,
        cancel_at=subscription.cancel_at if paying else None,
        canceled=subscription.canceled_at if subscription.status == Status.CANCELED else None,
        suspension=rules.suspension_date(subscription.period_start) if overdue else None,
        grace_period=rules.GRACE_DAYS if overdue else None,
    )


@bp.post("/account/billing/vnext/subscription")
@policy.application
@operation(body=PremiumPurchase, answer=shapes.EMPTY_OBJECT)
def buy_premium() -> Response:
    """Become a premium user; nothing is charged."""
    ctx = context()
    wanted = read_json(PremiumPurchase)
    user = accounts.require_user(ctx, policy.caller().user)
    rules.check_payment((wanted.tokenized_payment_method or {}).get("token"))
    service.start_premium(ctx, user, wanted.additional_storage_gb)
    return answer({})


@bp.post("/account/billing/vnext/subscription/reinstate")
@policy.application
@operation(answer=shapes.EMPTY_OBJECT)
def reinstate_premium() -> Response:
    """Take back a planned cancellation of premium."""
    ctx = context()
    service.cause(ctx, accounts.require_user(ctx, policy.caller().user), "reinstate")
    return answer({})


@bp.post("/accounts/cancel")
@policy.application
@operation(body=Cancellation)
def cancel_premium() -> Response:
    """Cancel premium at the end of its period, or at once when it has expired."""
    ctx = context()
    read_json(Cancellation)
    service.cancel(ctx, accounts.require_user(ctx, policy.caller().user))
    return nothing()
