"""HTTP of the Secrets Manager that is bought later.

Source: src/Api/Billing/Controllers/OrganizationsController.cs; fidelity.md: billing.secrets-manager.
"""

from uuid import UUID

from flask import Blueprint, Response

from cloud_sim.subscriptions.secrets_manager import service
from cloud_sim.subscriptions.secrets_manager.rules import Holding
from common.domains.profile.answers import organization as profile_organization
from common.domains.profile.service import profile_of
from common.server import policy
from common.server.app import context
from common.server.body import answer, read_json
from common.server.operation import operation
from common.wire.base import ErrorAnswer
from common.wire.profile import ProfileOrganization
from common.wire.subscriptions import SecretsManagerSubscribe, SecretsManagerUpdate

bp = Blueprint("secrets_manager", __name__)


@bp.post("/organizations/<uuid:organization_id>/subscribe-secrets-manager")
@policy.application
@operation(body=SecretsManagerSubscribe, answer=ProfileOrganization, answers={409: ErrorAnswer})
def take_up(organization_id: UUID) -> Response:
    """Buy the Secrets Manager; answers the organization as the caller's profile shows it."""
    wanted = read_json(SecretsManagerSubscribe)
    caller = policy.caller().user
    service.take_up(context(), caller, organization_id, wanted.additional_sm_seats, wanted.additional_service_accounts)
    return mine(organization_id)


@bp.post("/organizations/<guid('id'):organization_id>/sm-subscription")
@policy.application
@operation(body=SecretsManagerUpdate, answer=ProfileOrganization)
def change(organization_id: UUID) -> Response:
    """Buy more of it or give some back, and say how far it grows by itself."""
    wanted = read_json(SecretsManagerUpdate)
    adjustment = Holding(
        wanted.seat_adjustment,
        wanted.service_account_adjustment,
        wanted.max_autoscale_seats,
        wanted.max_autoscale_service_accounts,
    )
    service.change(context(), policy.caller().user, organization_id, adjustment)
    return mine(organization_id)


def mine(organization_id: UUID) -> Response:
    """The organization as the caller's profile shows it."""
    memberships = profile_of(context(), policy.caller().user).memberships
    return answer(profile_organization(next(each for each in memberships if each.organization.id == organization_id)))
