"""Organization routes as only an instance answers them.

Source: spec/licensing.md 7.8, spec/identity-and-accounts.md 9.
"""

from flask import Blueprint, Response

from common.domains.organizations import answers
from common.domains.organizations.service import require_standing
from common.server import policy
from common.server.body import answer, path_uuid
from common.server.operation import Rows, operation
from common.wire.base import ListAnswer
from common.wire.plans import PlanResponse
from common.wire.selfhost import BillingMetadata, InstanceOrganizationSubscription
from selfhost.context import context
from selfhost.licensing.subscription import subscription_of

bp = Blueprint("instance_organizations", __name__)


@bp.get("/organizations/<organization_id>/subscription")
@policy.application
@operation(answer=InstanceOrganizationSubscription)
def show_subscription(organization_id: str) -> Response:
    """An organization and how long its licence runs."""
    organization, term = subscription_of(context(), policy.caller().user, path_uuid(organization_id))
    return answer(
        answers.organization_as(
            InstanceOrganizationSubscription,
            organization,
            expiration=term.expiration.wire() if term.expiration else None,
            expiration_without_grace_period=term.without_grace.wire() if term.without_grace else None,
        )
    )


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
    return answer(ListAnswer(data=[]))
