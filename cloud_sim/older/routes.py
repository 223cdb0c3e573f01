"""HTTP of what web vaults of 2024 to 2026.4 ask a cloud for: metadata, addresses, payment methods, premium.

Source: bitwarden/server v2025.12.0 and v2026.2.0: src/Api/Billing/Controllers/{OrganizationBillingController,
AccountsController,AccountsBillingController,OrganizationsController}.cs, v2025.1.2: src/Api/Controllers/
PlansController.cs; fidelity.md: clients.older.
"""

from uuid import UUID

from flask import Blueprint, Response

from cloud_sim.context import CloudContext, context
from cloud_sim.licensing import service as licensing
from cloud_sim.older import answers
from cloud_sim.releases.service import unknown_fields
from cloud_sim.subscriptions import service as subscriptions
from cloud_sim.subscriptions.checkout.service import change_premium_storage
from cloud_sim.subscriptions.payments.answers import payment_source
from cloud_sim.subscriptions.payments.rules import BY_NUMBER
from cloud_sim.subscriptions.payments.service import Payment, customer_of, set_billing_address, set_payment_method
from cloud_sim.subscriptions.settling import Subscriber
from common.domains.accounts.service import User, lock_user, require_user
from common.domains.organizations.service import (
    known_organization,
    lock_owned,
    membership,
    occupied_seats,
    require_owner,
)
from common.errors import bad_request, only_when_self_hosted, unauthorized
from common.license.files import to_wire
from common.server import policy
from common.server.body import answer, answer_rows, nothing, read_json
from common.server.older import is_older, require_older
from common.server.operation import OPTIONAL_TEXT, TEXT, Rows, operation
from common.server.upload import form_text
from common.wire.base import ErrorAnswer, WireModel
from common.wire.billing import StorageAdjustment
from common.wire.older import (
    OlderAddress,
    OlderAddressUpdate,
    OlderMetadata,
    OlderPayment,
    OlderPaymentUpdate,
    OlderPremium,
    OlderPremiumForm,
)
from common.wire.subscriptions import PaymentAnswer

bp = Blueprint("older", __name__)

PREMIUM_FORM = {"paymentMethodType": TEXT, "country": TEXT} | dict.fromkeys(
    ("paymentToken", "additionalStorageGb", "postalCode"), OPTIONAL_TEXT
)


def _context() -> CloudContext:
    ctx = context()
    require_older(ctx)
    return ctx


@bp.get("/organizations/<uuid:organization_id>/billing/metadata")
@policy.application
@operation(answer=OlderMetadata)
def show_metadata(organization_id: UUID) -> Response:
    """What the pages of an organization ask before they show anything, for any member."""
    ctx = _context()
    if membership(ctx, organization_id, policy.caller().user) is None:
        raise unauthorized("older.metadata")
    organization = known_organization(ctx, organization_id)
    subscription = subscriptions.subscription_of_organization(ctx, organization)
    return answer(answers.metadata(organization, subscription, occupied_seats(ctx, organization_id).total))


@bp.get("/organizations/<uuid:organization_id>/tax")
@policy.application
@operation(answer=OlderAddress)
def show_address(organization_id: UUID) -> Response:
    """Where an organization pays from, for its owners."""
    ctx = _context()
    return answer(answers.address(customer_of(ctx, require_owner(ctx, organization_id, policy.caller().user))))


@bp.put("/organizations/<uuid:organization_id>/tax")
@policy.application
@operation(body=OlderAddressUpdate)
def set_address(organization_id: UUID) -> Response:
    """Have an organization pay from there."""
    ctx = _context()
    sent = read_json(OlderAddressUpdate)
    set_billing_address(ctx, lock_owned(ctx, organization_id, policy.caller().user), answers.sent_address(sent))
    return nothing()


@bp.post("/organizations/<uuid:organization_id>/payment")
@policy.application
@operation(body=OlderPaymentUpdate, answers={500: ErrorAnswer})
def set_payment(organization_id: UUID) -> Response:
    """Have an organization pay with this, from there."""
    ctx = _context()
    sent = read_json(OlderPaymentUpdate)
    _replace_payment(ctx, lock_owned(ctx, organization_id, policy.caller().user), sent)
    return nothing()


@bp.post("/accounts/payment")
@policy.application
@operation(body=OlderPaymentUpdate, answers={500: ErrorAnswer})
def set_own_payment() -> Response:
    """Have the caller pay with this, from there."""
    ctx = _context()
    sent = read_json(OlderPaymentUpdate)
    _replace_payment(ctx, lock_user(ctx, policy.caller().user), sent)
    return nothing()


def _replace_payment(ctx: CloudContext, subscriber: Subscriber, sent: OlderPaymentUpdate) -> None:
    set_payment_method(ctx, subscriber, Payment(BY_NUMBER[sent.payment_method_type], sent.payment_token))
    set_billing_address(ctx, subscriber, answers.sent_address(sent))


@bp.get("/accounts/tax")
@policy.application
@operation(answer=OlderAddress)
def show_own_address() -> Response:
    """Where the caller pays from."""
    ctx = _context()
    return answer(answers.address(customer_of(ctx, require_user(ctx, policy.caller().user))))


@bp.put("/accounts/tax")
@policy.application
@operation(body=OlderAddressUpdate)
def set_own_address() -> Response:
    """Have the caller pay from there: country and postal code only."""
    ctx = _context()
    sent = read_json(OlderAddressUpdate)
    user = lock_user(ctx, policy.caller().user)
    set_billing_address(ctx, user, {"country": sent.country, "postalCode": sent.postal_code})
    return nothing()


@bp.get("/plans/sales-tax-rates")
@policy.application
@operation(answer=Rows(WireModel))
def list_tax_rates() -> Response:
    """Nothing is taxed here."""
    require_older(context())
    return answer_rows([])


@bp.get("/accounts/billing/payment-method")
@policy.application
@operation(answer=OlderPayment)
def show_payment_method() -> Response:
    """With what the caller pays."""
    ctx = _context()
    customer = customer_of(ctx, require_user(ctx, policy.caller().user))
    return answer(OlderPayment(payment_source=payment_source(customer)))


@bp.get("/accounts/subscription")
@policy.application
@operation(answer=OlderPremium)
def show_premium() -> Response:
    """The caller's premium with its licence; newer clouds have it on an instance only."""
    ctx = context()
    if not is_older(ctx):
        raise only_when_self_hosted()
    user = require_user(ctx, policy.caller().user)
    issued = to_wire(licensing.license_of_user(ctx, user), without=unknown_fields(ctx))
    return answer(answers.premium(user, subscriptions.subscription_of_user(ctx, user), issued))


@bp.post("/accounts/premium")
@policy.application
@operation(form=PREMIUM_FORM, answer=PaymentAnswer, answers={500: ErrorAnswer})
def buy_premium() -> Response:
    """Become a premium user; nothing is charged."""
    ctx = _context()
    fields = {name: form_text(name) for name in PREMIUM_FORM}
    sent = OlderPremiumForm.read({name: value for name, value in fields.items() if value})
    if not sent.country:
        raise bad_request("Country is required.", rule="older.premium")
    user = lock_user(ctx, policy.caller().user)
    _pay(ctx, user, sent)
    subscriptions.start_premium(ctx, user, sent.additional_storage_gb)
    return answer(PaymentAnswer())


def _pay(ctx: CloudContext, user: User, sent: OlderPremiumForm) -> None:
    if sent.payment_method_type < len(BY_NUMBER):
        payment = Payment(BY_NUMBER[sent.payment_method_type], sent.payment_token or "")
        set_payment_method(ctx, user, payment, {"country": sent.country, "postalCode": sent.postal_code})


@bp.post("/accounts/storage")
@policy.application
@operation(body=StorageAdjustment, answer=PaymentAnswer)
def adjust_storage() -> Response:
    """Buy or give back GB of the caller's premium."""
    ctx = _context()
    change = read_json(StorageAdjustment).storage_gb_adjustment
    change_premium_storage(ctx, lock_user(ctx, policy.caller().user), change)
    return answer(PaymentAnswer())


@bp.post("/accounts/reinstate-premium")
@policy.application
@operation()
def reinstate_premium() -> Response:
    """Take back a planned cancellation of premium."""
    ctx = _context()
    subscriptions.cause(ctx, lock_user(ctx, policy.caller().user), "reinstate")
    return nothing()
