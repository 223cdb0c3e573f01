"""HTTP of the cloud's billing: plans, subscriptions of organizations, premium.

Source: src/Api/Billing/Controllers/**; fidelity.md: organization.subscription, account.subscription.
"""

from uuid import UUID

from flask import Blueprint, Response, abort

from cloud_sim.providers.service import provider_of
from cloud_sim.subscriptions import answers, plan_changes, seats, service
from cloud_sim.subscriptions.access import lock_edited, lock_editor, require_viewed
from cloud_sim.subscriptions.checkout.routes import bp as checkout_bp
from cloud_sim.subscriptions.history.routes import bp as history_bp
from cloud_sim.subscriptions.payments.routes import bp as payments_bp
from cloud_sim.subscriptions.payments.service import Payment, has_payment_method, set_payment_method
from cloud_sim.subscriptions.public_api.routes import bp as public_bp
from cloud_sim.subscriptions.secrets_manager.routes import bp as secrets_manager_bp
from cloud_sim.subscriptions.secrets_manager.routes import mine
from cloud_sim.subscriptions.settling import terms_of
from cloud_sim.subscriptions.warnings import remaining_trial_days, reseller_renewal, resolution_of
from common.domains.accounts import service as accounts
from common.domains.organizations import answers as organization_answers
from common.domains.organizations import service as organizations
from common.domains.organizations.requirements import MEMBER_OR_PROVIDER
from common.enums import PlanType
from common.plans import PLANS, plan_of
from common.server import policy
from common.server.app import context
from common.server.body import answer, answer_rows, nothing, read_json
from common.server.operation import EMPTY_OBJECT, Rows, operation
from common.wire.base import ErrorAnswer
from common.wire.plans import PlanResponse
from common.wire.profile import ProfileOrganization
from common.wire.selfhost import BillingMetadata
from common.wire.subscriptions import (
    BillingWarnings,
    Cancellation,
    OrganizationSubscription,
    PaymentAnswer,
    PremiumPlan,
    PremiumPurchase,
    PremiumSubscription,
    SeatsAdjustment,
    SubscriptionUpdate,
    Upgrade,
)

bp = Blueprint("subscriptions", __name__)
bp.register_blueprint(history_bp)
bp.register_blueprint(checkout_bp)
bp.register_blueprint(payments_bp)
bp.register_blueprint(secrets_manager_bp)
bp.register_blueprint(public_bp)


@bp.get("/plans")
@policy.anonymous
@operation(answer=Rows(PlanResponse))
def list_plans() -> Response:
    """Every plan, also those no longer sold; the custom one is nobody's to choose."""
    return answer_rows(organization_answers.plan(each) for each in PLANS.values() if each.type != PlanType.CUSTOM)


@bp.get("/plans/premium")
@policy.application
@operation(answer=PremiumPlan)
def show_premium_plan() -> Response:
    """What premium costs."""
    return answer(answers.premium_plan())


@bp.get("/organizations/<uuid:organization_id>/subscription")
@policy.application
@operation(answer=OrganizationSubscription)
def show_subscription(organization_id: UUID) -> Response:
    """An organization with its subscription, for its owners; without prices where it is resold."""
    ctx = context()
    organization, with_prices = require_viewed(ctx, organization_id, policy.caller().user)
    subscription = service.subscription_of_organization(ctx, organization)
    now = ctx.clock.now()
    return answer(answers.organization_subscription(organization, subscription, now, with_prices=with_prices))


@bp.post("/organizations/<uuid:organization_id>/subscription")
@policy.application
@operation(body=SubscriptionUpdate, answer=ProfileOrganization)
def update_subscription(organization_id: UUID) -> Response:
    """Change seats and the limit of growing; answers the organization as the caller's profile shows it."""
    ctx = context()
    caller = policy.caller().user
    wanted = read_json(SubscriptionUpdate)
    organization = lock_edited(ctx, organization_id, caller)
    seats.update_seats(ctx, organization, wanted.seat_adjustment, wanted.max_autoscale_seats)
    return mine(organization_id)


@bp.post("/organizations/<uuid:organization_id>/seat")
@policy.application
@operation(body=SeatsAdjustment, answer=PaymentAnswer)
def adjust_seats(organization_id: UUID) -> Response:
    """Buy or give back seats."""
    ctx = context()
    wanted = read_json(SeatsAdjustment)
    organization = lock_edited(ctx, organization_id, policy.caller().user)
    seats.adjust_seats(ctx, organization, wanted.seat_adjustment)
    return answer(PaymentAnswer())


@bp.post("/organizations/<uuid:organization_id>/upgrade")
@policy.application
@operation(body=Upgrade, answer=PaymentAnswer)
def upgrade(organization_id: UUID) -> Response:
    """Move to a bigger plan."""
    ctx = context()
    sent = read_json(Upgrade)
    wanted = plan_changes.Upgrade(
        additional_seats=sent.additional_seats,
        additional_storage_gb=sent.additional_storage_gb or 0,
        premium_access=sent.premium_access_addon,
        use_secrets_manager=sent.use_secrets_manager,
        additional_sm_seats=sent.additional_sm_seats or 0,
        additional_service_accounts=sent.additional_service_accounts or 0,
        business_name=sent.business_name,
        public_key=sent.keys.public_key if sent.keys else None,
        private_key=sent.keys.encrypted_private_key if sent.keys else None,
    )
    standing = lock_editor(ctx, organization_id, policy.caller().user)
    plan_changes.upgrade(ctx, standing, plan_of(sent.plan_type), wanted)
    return answer(PaymentAnswer())


@bp.post("/organizations/<guid('id'):organization_id>/cancel")
@policy.application
@operation(body=Cancellation, answers={200: None, 500: ErrorAnswer})
def cancel(organization_id: UUID) -> Response:
    """Cancel: at the end of the period, or at once when the organization has expired."""
    ctx = context()
    read_json(Cancellation)
    service.cancel(ctx, lock_edited(ctx, organization_id, policy.caller().user))
    return nothing()


@bp.post("/organizations/<uuid:organization_id>/reinstate")
@policy.application
@operation()
def reinstate(organization_id: UUID) -> Response:
    """Take back a planned cancellation."""
    ctx = context()
    service.cause(ctx, lock_edited(ctx, organization_id, policy.caller().user), "reinstate")
    return nothing()


@bp.get("/organizations/<uuid:organization_id>/billing/vnext/metadata")
@policy.organization(MEMBER_OR_PROVIDER)
@operation(answer=BillingMetadata)
def show_metadata(organization_id: UUID) -> Response:
    """Occupied seats, for any member."""
    ctx = context()
    occupied = organizations.occupied_seats(ctx, organization_id).total
    return answer(BillingMetadata(organization_occupied_seats=occupied))


@bp.get("/organizations/<uuid:organization_id>/billing/vnext/warnings")
@policy.organization(MEMBER_OR_PROVIDER)
@operation(answer=BillingWarnings)
def show_warnings(organization_id: UUID) -> Response:
    """What the web vault warns about, for any member."""
    ctx = context()
    standing = organizations.require_standing(ctx, organization_id, policy.caller().user)
    subscription = service.subscription_of_organization(ctx, standing.organization)
    if subscription is None:
        return answer(answers.warnings(None, None, None))
    provider, now = provider_of(ctx, organization_id), ctx.clock.now()
    paid = provider is not None or has_payment_method(ctx, standing.organization)
    return answer(
        answers.warnings(
            resolution_of(standing, subscription, managed=provider is not None),
            remaining_trial_days(standing, subscription, paid=paid, now=now),
            reseller_renewal(provider.type, terms_of(subscription), now) if provider is not None else None,
        )
    )


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
    return answer(answers.premium_subscription(user, subscription))


@bp.post("/account/billing/vnext/subscription")
@policy.application
@operation(body=PremiumPurchase, answer=EMPTY_OBJECT, answers={500: ErrorAnswer})
def buy_premium() -> Response:
    """Become a premium user; nothing is charged. A credit pays nothing, as nobody has one, and nobody is told."""
    ctx = context()
    wanted = read_json(PremiumPurchase)
    user = accounts.lock_user(ctx, policy.caller().user)
    method = wanted.tokenized_payment_method
    if method is None:
        service.require_no_premium(ctx, user)
        return answer({})
    set_payment_method(ctx, user, Payment(method.type, method.token), wanted.billing_address.wire())
    service.start_premium(ctx, user, wanted.additional_storage_gb)
    return answer({})


@bp.post("/account/billing/vnext/subscription/reinstate")
@policy.application
@operation(answer=EMPTY_OBJECT)
def reinstate_premium() -> Response:
    """Take back a planned cancellation of premium."""
    ctx = context()
    service.cause(ctx, accounts.lock_user(ctx, policy.caller().user), "reinstate")
    return answer({})


@bp.post("/accounts/cancel")
@policy.application
@operation(body=Cancellation, answers={200: None, 500: ErrorAnswer})
def cancel_premium() -> Response:
    """Cancel premium at the end of its period, or at once when it has expired."""
    ctx = context()
    read_json(Cancellation)
    service.cancel(ctx, accounts.lock_user(ctx, policy.caller().user))
    return nothing()
