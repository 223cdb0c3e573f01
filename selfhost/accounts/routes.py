"""Account routes as only an instance answers them. Source: fidelity.md: account.subscription."""

from flask import Blueprint, Response

from common.domains.accounts.service import require_user
from common.errors import billing_failed
from common.server import policy
from common.server.body import answer, bare, read_json
from common.server.operation import operation
from common.wire.base import ErrorAnswer
from common.wire.billing import BillingInvoice
from common.wire.selfhost import InstanceUserSubscription
from common.wire.subscriptions import Cancellation
from selfhost.accounts import answers
from selfhost.context import context

bp = Blueprint("instance_accounts", __name__)


@bp.get("/accounts/billing/invoices")
@bp.get("/accounts/billing/transactions")
@policy.application
@operation(answer=list[BillingInvoice])
def list_no_charges() -> Response:
    """An instance charges nobody: a bare empty list. Source: fidelity.md: billing.history."""
    return bare([])


@bp.post("/accounts/cancel")
@policy.application
@operation(body=Cancellation, answers={500: ErrorAnswer})
def cancel_nothing() -> Response:
    """Upstream has no guard here: everybody gets as far as the payment provider, who knows no subscription."""
    read_json(Cancellation)
    raise billing_failed("subscription.nothing-to-cancel")


@bp.get("/accounts/subscription")
@policy.application
@operation(answer=InstanceUserSubscription)
def show_subscription() -> Response:
    """The caller's premium."""
    return answer(answers.subscription(require_user(context(), policy.caller().user)))
