"""HTTP of the subscription for tokens of scope `api.organization`.

Source: src/Api/Billing/Public/Controllers/OrganizationController.cs; fidelity.md: organization.public-api.
"""

from flask import Blueprint, Response

from cloud_sim.subscriptions.public_api import service
from common.domains.organizations.service import find_organization
from common.errors import Refusal
from common.server import policy
from common.server.app import context
from common.server.body import answer, bare, read_json
from common.server.operation import operation
from common.wire.public_api import PublicSubscription, PublicSubscriptionUpdate, SecretsLimits, VaultLimits

bp = Blueprint("public_subscription", __name__, url_prefix="/public/organization")

FAILED = "An error occurred while updating the subscription."
GONE = "An error occurred while retrieving the subscription details."
_MESSAGE = {"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]}


@bp.get("/subscription")
@policy.public
@operation(answers={200: PublicSubscription, 500: _MESSAGE})
def show_subscription() -> Response:
    """What the organization has, and how far it grows by itself; of one that was deleted meanwhile a 500."""
    organization = find_organization(context(), policy.caller().organization_id)
    if organization is None:
        return bare({"message": GONE}, 500)
    return answer(
        PublicSubscription(
            password_manager=VaultLimits(
                seats=organization.seats,
                max_auto_scale_seats=organization.max_autoscale_seats,
                storage=organization.max_storage_gb,
            ),
            secrets_manager=SecretsLimits(
                seats=organization.sm_seats,
                max_auto_scale_seats=organization.max_autoscale_sm_seats,
                service_accounts=organization.sm_service_accounts,
                max_auto_scale_service_accounts=organization.max_autoscale_sm_service_accounts,
            ),
        )
    )


@bp.put("/subscription")
@policy.public
@operation(body=PublicSubscriptionUpdate, answers={200: _MESSAGE, 500: _MESSAGE})
def update_subscription() -> Response:
    """Say what the organization shall have; whatever is wrong with that is a 500 that does not say it."""
    wanted = read_json(PublicSubscriptionUpdate)
    try:
        told = service.update(context(), policy.caller().organization_id, wanted)
    except Refusal:
        return bare({"message": FAILED}, 500)
    return bare({"message": told})
