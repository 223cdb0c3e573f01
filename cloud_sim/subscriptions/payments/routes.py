"""HTTP of payment methods and billing addresses, and of beginning anew after a subscription has ended.

Source: src/Api/Billing/Controllers/VNext; fidelity.md: billing.payment-method.
"""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response

from cloud_sim.subscriptions import service as subscriptions
from cloud_sim.subscriptions.payments import service
from cloud_sim.subscriptions.payments.service import Payment
from common.domains.accounts.service import lock_user, require_user
from common.domains.organizations.requirements import MANAGE_BILLING
from common.domains.organizations.service import lock_owned, require_owner
from common.server import policy
from common.server.app import context
from common.server.body import answer, found, read_json
from common.server.operation import EMPTY_OBJECT, JSON_OBJECT, OrNothing, operation
from common.wire.base import ErrorAnswer
from common.wire.billing import BillingAddress, FullAddress, PaymentMethod, PaymentMethodUpdate, SubscriptionRestart

bp = Blueprint("payments", __name__)

OWN = "/account/billing/vnext"
OF_ORGANIZATION = "/organizations/<uuid:organization_id>/billing/vnext"


@bp.get(f"{OWN}/payment-method")
@policy.application
@operation(answer=OrNothing(JSON_OBJECT))
def show_own_payment_method() -> Response:
    """With what the caller pays for premium; nothing when nobody said."""
    ctx = context()
    customer = service.customer_of(ctx, require_user(ctx, policy.caller().user))
    return found(customer and customer.payment_method)


@bp.put(f"{OWN}/payment-method")
@policy.application
@operation(body=PaymentMethodUpdate, answer=JSON_OBJECT, answers={500: ErrorAnswer})
def set_own_payment_method() -> Response:
    """Pay for premium with this."""
    ctx = context()
    sent = read_json(PaymentMethodUpdate)
    user = lock_user(ctx, policy.caller().user)
    return answer(service.set_payment_method(ctx, user, _payment(sent), _address(sent.billing_address)))


@bp.get(f"{OF_ORGANIZATION}/payment-method")
@policy.organization(MANAGE_BILLING)
@operation(answer=OrNothing(JSON_OBJECT))
def show_payment_method(organization_id: UUID) -> Response:
    """With what an organization pays; nothing when nobody said."""
    ctx = context()
    customer = service.customer_of(ctx, require_owner(ctx, organization_id, policy.caller().user))
    return found(customer and customer.payment_method)


@bp.put(f"{OF_ORGANIZATION}/payment-method")
@policy.organization(MANAGE_BILLING)
@operation(body=PaymentMethodUpdate, answer=JSON_OBJECT, answers={500: ErrorAnswer})
def set_payment_method(organization_id: UUID) -> Response:
    """Pay with this."""
    ctx = context()
    sent = read_json(PaymentMethodUpdate)
    organization = lock_owned(ctx, organization_id, policy.caller().user)
    return answer(service.set_payment_method(ctx, organization, _payment(sent), _address(sent.billing_address)))


@bp.get(f"{OF_ORGANIZATION}/address")
@policy.organization(MANAGE_BILLING)
@operation(answer=OrNothing(JSON_OBJECT))
def show_address(organization_id: UUID) -> Response:
    """Where an organization pays from; nothing when nobody said."""
    ctx = context()
    customer = service.customer_of(ctx, require_owner(ctx, organization_id, policy.caller().user))
    return found(customer and customer.billing_address)


@bp.put(f"{OF_ORGANIZATION}/address")
@policy.organization(MANAGE_BILLING)
@operation(body=FullAddress, answer=JSON_OBJECT)
def set_address(organization_id: UUID) -> Response:
    """Pay from there."""
    ctx = context()
    sent = read_json(FullAddress)
    organization = lock_owned(ctx, organization_id, policy.caller().user)
    return answer(service.set_billing_address(ctx, organization, sent.wire()))


@bp.get(f"{OWN}/credit")
@policy.application
@operation(answer=OrNothing({"type": "integer"}))
def show_own_credit() -> Response:
    """The caller's credit: none, told as 0 to whoever pays for something, and as nothing to everybody else."""
    ctx = context()
    user = require_user(ctx, policy.caller().user)
    paying = subscriptions.subscription_of_user(ctx, user) is not None
    return found(0 if paying or service.customer_of(ctx, user) else None)


@bp.get(f"{OF_ORGANIZATION}/credit")
@policy.organization(MANAGE_BILLING)
@operation(answer=OrNothing({"type": "integer"}))
def show_credit(organization_id: UUID) -> Response:
    """The same of an organization, for its owners. Source: src/Core/Billing/Payment/Queries/GetCreditQuery.cs."""
    ctx = context()
    organization = require_owner(ctx, organization_id, policy.caller().user)
    paying = subscriptions.subscription_of_organization(ctx, organization) is not None
    return found(0 if paying or service.customer_of(ctx, organization) else None)


@bp.post(f"{OF_ORGANIZATION}/subscription/restart")
@policy.organization(MANAGE_BILLING)
@operation(body=SubscriptionRestart, answer=EMPTY_OBJECT, answers={500: ErrorAnswer})
def restart(organization_id: UUID) -> Response:
    """Begin the same subscription anew after it was cancelled; 400 leaves payment method and address as they were."""
    ctx = context()
    sent = read_json(SubscriptionRestart)
    organization = lock_owned(ctx, organization_id, policy.caller().user)
    service.set_payment_method(ctx, organization, _payment(sent.payment_method))
    service.set_billing_address(ctx, organization, sent.billing_address.wire())
    subscriptions.restart_cancelled(ctx, organization)
    return answer({})


def _payment(sent: PaymentMethod) -> Payment:
    return Payment(sent.type, sent.token)


def _address(sent: BillingAddress | None) -> dict[str, Any] | None:
    return sent.wire() if sent is not None else None
