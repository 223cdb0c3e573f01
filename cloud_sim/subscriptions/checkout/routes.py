"""HTTP of what is asked before something is bought, and of storage that is bought later.

Source: src/Api/Billing/Controllers/{StripeController,PreviewInvoiceController}.cs, src/Api/Billing/Controllers/VNext,
src/Api/AdminConsole/Controllers/OrganizationsController.cs; fidelity.md: billing.checkout.
"""

from decimal import Decimal
from uuid import UUID

from flask import Blueprint, Response

from cloud_sim.subscriptions import prices
from cloud_sim.subscriptions.checkout import rules, service
from cloud_sim.subscriptions.checkout.rules import Wanted
from common.domains.accounts.service import lock_user, require_user
from common.domains.organizations.requirements import MANAGE_BILLING
from common.domains.organizations.service import known_organization
from common.plans import NOTHING, PREMIUM
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
@operation(body=PurchasePreview, answer=TaxPreview, answers={500: ErrorAnswer})
def preview_purchase() -> Response:
    """What a new organization would cost."""
    wanted = read_json(PurchasePreview).purchase
    plan = rules.plan_for_sale(
        wanted.tier, annual=wanted.cadence == "annually", verb="purchase an Organization subscription"
    )
    bought, secrets = wanted.password_manager, wanted.secrets_manager
    if bought.sponsored:
        return _preview(NOTHING)
    if secrets is None:
        return _preview(rules.preview_total(plan, Wanted(bought.seats, bought.additional_storage)))
    if secrets.standalone:
        return _preview(rules.preview_total(plan, Wanted(bought.seats, sm_seats=secrets.seats)))
    accounts = secrets.additional_service_accounts
    return _preview(rules.preview_total(plan, Wanted(bought.seats, bought.additional_storage, secrets.seats, accounts)))


@bp.post(f"{OF_ORGANIZATION}/plan-change")
@policy.organization(MANAGE_BILLING)
@operation(body=PlanChangePreview, answer=TaxPreview, answers={500: ErrorAnswer})
def preview_plan_change(organization_id: UUID) -> Response:
    """What an organization would cost with another plan."""
    ctx, wanted = context(), read_json(PlanChangePreview).plan
    plan = rules.plan_for_sale(
        wanted.tier, annual=wanted.cadence == "annually", verb="change an Organization subscription to a tier"
    )
    return _preview(service.plan_change_total(ctx, known_organization(ctx, organization_id), plan))


@bp.put(f"{OF_ORGANIZATION}/update")
@policy.organization(MANAGE_BILLING)
@operation(body=UpdatePreview, answer=TaxPreview)
def preview_update(organization_id: UUID) -> Response:
    """What those seats and that storage would cost that are told."""
    ctx, wanted = context(), read_json(UpdatePreview).update
    vault, secrets = wanted.password_manager, wanted.secrets_manager
    pieces = Wanted(
        seats=vault.seats if vault else None,
        storage_gb=vault.additional_storage if vault else None,
        sm_seats=secrets.seats if secrets else None,
        service_accounts=secrets.additional_service_accounts if secrets else None,
    )
    return _preview(service.update_total(ctx, known_organization(ctx, organization_id), pieces))


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
