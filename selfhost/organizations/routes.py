"""Organization routes as only an instance answers them.

Source: fidelity.md: license.subscription-page, organization.reads.
"""

from uuid import UUID

from flask import Blueprint, Response

from common.domains.organizations.requirements import MEMBER_OR_PROVIDER
from common.domains.organizations.rules import is_owner
from common.domains.organizations.service import membership, require_owner
from common.errors import billing_failed, unauthorized
from common.server import policy
from common.server.body import answer, answer_rows, bare, read_json
from common.server.failures import NoRight
from common.server.older import require_older
from common.server.operation import Rows, operation
from common.wire.base import ErrorAnswer
from common.wire.billing import BillingInvoice, OrganizationBillingHistory
from common.wire.older import OlderMetadata
from common.wire.plans import PlanResponse
from common.wire.selfhost import BillingMetadata
from common.wire.subscriptions import Cancellation
from selfhost.context import context

bp = Blueprint("instance_organizations", __name__)


@bp.get("/organizations/<uuid:organization_id>/billing/vnext/self-host/metadata")
@policy.organization(MEMBER_OR_PROVIDER)
@operation(answer=BillingMetadata)
def show_billing_metadata(organization_id: UUID) -> Response:
    """Nothing to tell, to any member."""
    return answer(BillingMetadata())


@bp.get("/organizations/<uuid:organization_id>/billing/metadata")
@policy.application
@operation(answer=OlderMetadata)
def show_older_metadata(organization_id: UUID) -> Response:
    """The same as web vaults up to 2026.2 ask for it. Source: fidelity.md: clients.older."""
    ctx = context()
    require_older(ctx)
    if membership(ctx, organization_id, policy.caller().user) is None:
        raise unauthorized("older.metadata")
    return answer(OlderMetadata())


@bp.get("/organizations/<uuid:organization_id>/billing/history")
@policy.application
@operation(answer=OrganizationBillingHistory)
def show_no_history(organization_id: UUID) -> Response:
    """An instance charges nobody; an envelope with 401 for others than owners. Source: fidelity.md: billing.history."""
    if not _owns(organization_id):
        raise unauthorized("billing.history")
    return answer(OrganizationBillingHistory())


@bp.get("/organizations/<uuid:organization_id>/billing/invoices")
@bp.get("/organizations/<uuid:organization_id>/billing/transactions")
@policy.application
@operation(answer=list[BillingInvoice])
def list_no_charges(organization_id: UUID) -> Response:
    """The same without the list envelope; a bare 401 for others than owners."""
    if not _owns(organization_id):
        raise NoRight
    return bare([])


@bp.post("/organizations/<guid('id'):organization_id>/cancel")
@policy.application
@operation(body=Cancellation, answers={500: ErrorAnswer})
def cancel_nothing(organization_id: UUID) -> Response:
    """Upstream has no guard here: an owner gets as far as the payment provider, who knows no subscription."""
    read_json(Cancellation)
    require_owner(context(), organization_id, policy.caller().user)
    raise billing_failed("subscription.nothing-to-cancel")


def _owns(organization_id: UUID) -> bool:
    member = membership(context(), organization_id, policy.caller().user)
    return member is not None and is_owner(member)


@bp.get("/plans")
@policy.anonymous
@operation(answer=Rows(PlanResponse))
def list_plans() -> Response:
    """An instance sells nothing."""
    return answer_rows([])
