"""HTTP of what is asked before something is bought, and of storage that is bought later.

Source: src/Api/Billing/Controllers/{StripeController,PreviewInvoiceController}.cs, src/Api/Billing/Controllers/VNext,
src/Api/AdminConsole/Controllers/OrganizationsController.cs; fidelity.md: billing.checkout.
"""

from decimal import Decimal
from uuid import UUID

from flask import Blueprint, Response

from cloud_sim.subscriptions import charges, prices
from cloud_sim.subscriptions import service as subscriptions
from cloud_sim.subscriptions.checkout import rules, service
from cloud_sim.subscriptions.models import Subscription
from common.domains.accounts.service import lock_user, require_user
from common.domains.organizations.models import Organization
from common.domains.organizations.requirements import MANAGE_BILLING
from common.domains.organizations.service import require_owner
from common.plans import NOTHING, PREMIUM, plan_of
from common.server import policy
from common.server.app import context
from common.server.body import answer, bare, query_text, read_json
from common.server.older import require_kept
from common.server.operation import EMPTY_OBJECT, STRING, Query, operation
from common.wire.base import ErrorAnswer
from common.wire.billing import (
    PlanChangePreview,
    PremiumPreview,
    PremiumStorage,
    PremiumUpgradePreview,
    PremiumUpgradeTold,
    PurchasePreview,
    StorageAdjustment,
    TaxPreview,
    UpdatePreview,
)
from common.wire.subscriptions import PaymentAnswer

bp = Blueprint("checkout", __name__)

PREVIEW = "/billing/preview-invoice"
SECRET_LENGTH = 24
OF_ORGANIZATION = f"{PREVIEW}/organizations/<uuid:organization_id>/subscription"


@bp.post("/setup-intent/card")
@bp.post("/setup-intent/bank-account")
@policy.application
@operation(answer=STRING)
def begin_payment_method() -> Response:
    """The secret with which a page would give a card to the payment provider, who is not here."""
    ids = context().ids
    return bare(f"seti_{ids.secret(SECRET_LENGTH)}_secret_{ids.secret(SECRET_LENGTH)}")


@bp.post("/setup-payment")
@policy.application
@operation(answer=STRING)
def begin_payment_method_as_of_old() -> Response:
    """The same under an older name."""
    require_kept(context())
    return begin_payment_method()


@bp.get("/tax/is-country-supported")
@policy.application
@operation(query=[Query("country", required=True)], answer=bool)
def is_country_supported() -> Response:
    """Whether a tax id of this country can be given: a bare boolean."""
    return bare(query_text("country") in rules.TAXED_COUNTRIES)


def _preview(total: Decimal) -> Response:
    return answer(TaxPreview(tax=NOTHING, total=total))


@bp.post(f"{PREVIEW}/organizations/subscriptions/purchase")
@policy.application
@operation(body=PurchasePreview, answer=TaxPreview)
def preview_purchase() -> Response:
    """What a new organization would cost."""
    wanted = read_json(PurchasePreview).purchase
    plan = rules.plan_for_sale(wanted.tier, annual=wanted.cadence == "annually")
    bought, secrets = wanted.password_manager, wanted.secrets_manager
    sm = (secrets.seats, secrets.additional_service_accounts) if secrets else None
    return _preview(
        rules.purchase_total(
            plan, seats=bought.seats, storage_gb=bought.additional_storage, sponsored=bought.sponsored, sm=sm
        )
    )


@bp.post(f"{OF_ORGANIZATION}/plan-change")
@policy.organization(MANAGE_BILLING)
@operation(body=PlanChangePreview, answer=TaxPreview)
def preview_plan_change(organization_id: UUID) -> Response:
    """What an organization would cost with another plan."""
    organization = require_owner(context(), organization_id, policy.caller().user)
    wanted = read_json(PlanChangePreview).plan
    plan = rules.plan_for_sale(wanted.tier, annual=wanted.cadence == "annually")
    seats, storage = organization.seats or 1, _bought_storage(organization)
    return _preview(rules.purchase_total(plan, seats=seats, storage_gb=storage, sponsored=False, sm=None))


def _bought_storage(organization: Organization) -> int:
    plan = plan_of(organization.plan_type)
    included = (plan.password_manager.base_storage_gb or 0) if plan is not None else 0
    return max((organization.max_storage_gb or 0) - included, 0)


def _bought_secrets(subscription: Subscription) -> tuple[int, int] | None:
    plan = plan_of(subscription.plan_type) if subscription.plan_type is not None else None
    if plan is None or plan.secrets_manager is None or not subscription.sm_seats:
        return None
    more = subscription.sm_service_accounts - plan.secrets_manager.base_service_accounts
    return subscription.sm_seats - plan.secrets_manager.base_seats, max(more, 0)


@bp.put(f"{OF_ORGANIZATION}/update")
@policy.organization(MANAGE_BILLING)
@operation(body=UpdatePreview, answer=TaxPreview)
def preview_update(organization_id: UUID) -> Response:
    """What an organization would cost with other seats or storage."""
    ctx = context()
    organization = require_owner(ctx, organization_id, policy.caller().user)
    wanted = read_json(UpdatePreview).update.password_manager
    subscription = subscriptions.require_subscription(ctx, organization)
    plan = plan_of(organization.plan_type)
    if wanted is None or plan is None:
        return _preview(prices.total(charges.line_items(subscription)))
    seats = organization.seats or 1 if wanted.seats is None else wanted.seats
    storage = _bought_storage(organization) if wanted.additional_storage is None else wanted.additional_storage
    return _preview(
        rules.purchase_total(
            plan, seats=seats, storage_gb=storage, sponsored=subscription.sponsored, sm=_bought_secrets(subscription)
        )
    )


@bp.post(f"{PREVIEW}/premium/subscriptions/purchase")
@policy.application
@operation(body=PremiumPreview, answer=TaxPreview)
def preview_premium() -> Response:
    """What premium would cost."""
    wanted = read_json(PremiumPreview)
    return _preview(prices.total(prices.premium_items(PREMIUM.storage_gb + wanted.additional_storage)))


@bp.post(f"{PREVIEW}/premium/subscriptions/upgrade")
@policy.application
@operation(body=PremiumUpgradePreview, answer=PremiumUpgradeTold, answers={500: ErrorAnswer})
def preview_premium_upgrade() -> Response:
    """What it would cost that premium becomes an organization now."""
    ctx = context()
    plan = rules.organization_plan(read_json(PremiumUpgradePreview).target_product_tier_type)
    subscription = service.premium_to_become(ctx, require_user(ctx, policy.caller().user))
    found = service.proration_of(ctx, subscription, plan)
    return answer(
        PremiumUpgradeTold(
            new_plan_prorated_amount=found.new,
            credit=found.credit,
            tax=NOTHING,
            total=found.total,
            new_plan_prorated_months=found.months,
        )
    )


@bp.post("/organizations/<guid:organization_id>/storage")
@policy.application
@operation(body=StorageAdjustment, answer=PaymentAnswer)
def adjust_storage(organization_id: UUID) -> Response:
    """Buy or give back storage of an organization."""
    change = read_json(StorageAdjustment).storage_gb_adjustment
    service.adjust_storage(context(), policy.caller().user, organization_id, change)
    return answer(PaymentAnswer())


@bp.put("/account/billing/vnext/subscription/storage")
@policy.application
@operation(body=PremiumStorage, answer=EMPTY_OBJECT)
def set_premium_storage() -> Response:
    """Say how much storage the caller's premium has."""
    ctx = context()
    wanted = read_json(PremiumStorage).additional_storage_gb
    service.set_premium_storage(ctx, lock_user(ctx, policy.caller().user), wanted)
    return answer({})
