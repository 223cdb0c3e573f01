"""HTTP of what only the cloud does with organizations: creating and deleting them.

Source: src/Api/AdminConsole/Controllers/OrganizationsController.cs.
"""

from dataclasses import replace
from uuid import UUID

from flask import Blueprint, Response

from cloud_sim.organizations import service
from cloud_sim.organizations.sign_up import sign_up
from common.domains.organizations import answers
from common.plans import plan_of
from common.server import policy
from common.server.app import context
from common.server.body import answer, nothing, read_json
from common.server.operation import operation
from common.wire.master_password import SecretVerification
from common.wire.organizations import OrganizationCreate, OrganizationResponse

bp = Blueprint("cloud_organizations", __name__)


@bp.post("/organizations")
@policy.application
@operation(body=OrganizationCreate, answer=OrganizationResponse)
def create_organization() -> Response:
    """Make an organization; a paid plan starts its trial unless that is skipped."""
    new = read_json(OrganizationCreate)
    organization = service.create_organization(context(), policy.caller().user, sign_up(new))
    return answer(answers.organization(organization, plan_of(organization.plan_type)))


@bp.post("/organizations/create-without-payment")
@policy.application
@operation(body=OrganizationCreate, answer=OrganizationResponse)
def create_organization_without_payment() -> Response:
    """The same for a trial that somebody pays for later."""
    wanted = replace(sign_up(read_json(OrganizationCreate)), skip_trial=False)  # upstream's model has no such member
    organization = service.create_organization(context(), policy.caller().user, wanted)
    return answer(answers.organization(organization, plan_of(organization.plan_type)))


@bp.delete("/organizations/<guid:organization_id>")
@bp.post("/organizations/<guid:organization_id>/delete")
@policy.application
@operation(body=SecretVerification)
def delete_organization(organization_id: UUID) -> Response:
    """Delete an organization after checking the secret."""
    secret = read_json(SecretVerification)
    service.delete_organization(context(), policy.caller().user, organization_id, secret.proof)
    return nothing()
