"""Organization routes as only an instance answers them.

Source: fidelity.md: license.subscription-page, organization.reads.
"""

from flask import Blueprint, Response

from common.domains.organizations.service import require_standing
from common.server import policy
from common.server.body import answer, answer_rows, path_uuid
from common.server.operation import Rows, operation
from common.wire.plans import PlanResponse
from common.wire.selfhost import BillingMetadata
from selfhost.context import context

bp = Blueprint("instance_organizations", __name__)


@bp.get("/organizations/<organization_id>/billing/vnext/self-host/metadata")
@policy.application
@operation(answer=BillingMetadata)
def show_billing_metadata(organization_id: str) -> Response:
    """Nothing to tell, to any member."""
    require_standing(context(), path_uuid(organization_id), policy.caller().user)
    return answer(BillingMetadata())


@bp.get("/plans")
@policy.anonymous
@operation(answer=Rows(PlanResponse))
def list_plans() -> Response:
    """An instance sells nothing."""
    return answer_rows([])
