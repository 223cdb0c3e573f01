"""HTTP of what only the cloud does with organizations: creating and deleting them.

Source: src/Api/AdminConsole/Controllers/OrganizationsController.cs.
"""

from dataclasses import replace
from uuid import UUID

from flask import Blueprint, Response

from cloud_sim.organizations import service
from cloud_sim.organizations.rules import SignUp
from cloud_sim.organizations.sign_up import sign_up
from cloud_sim.subscriptions.checkout.rules import organization_plan
from common.domains.organizations import answers
from common.plans import plan_of
from common.server import policy
from common.server.app import context
from common.server.body import answer, bare, nothing, read_json
from common.server.operation import STRING, operation
from common.wire.base import ErrorAnswer
from common.wire.billing import PremiumUpgrade
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


@bp.post("/account/billing/vnext/upgrade")
@policy.application
@operation(body=PremiumUpgrade, answer=STRING, answers={500: ErrorAnswer})
def upgrade_premium() -> Response:
    """Turn the caller's premium into an organization: its id, a bare text."""
    new = read_json(PremiumUpgrade)
    wanted = SignUp(
        name=new.organization_name,
        billing_email="",
        plan_type=organization_plan(new.target_product_tier_type).type,
        key=new.key,
        public_key=new.public_key,
        private_key=new.encrypted_private_key,
        collection_name=new.collection_name,
        address=new.billing_address.wire(),
    )
    return bare(str(service.upgrade_premium(context(), policy.caller().user, wanted).id))


@bp.delete("/organizations/<guid:organization_id>")
@bp.post("/organizations/<guid:organization_id>/delete")
@policy.application
@operation(body=SecretVerification)
def delete_organization(organization_id: UUID) -> Response:
    """Delete an organization after checking the secret."""
    secret = read_json(SecretVerification)
    service.delete_organization(context(), policy.caller().user, organization_id, secret.proof)
    return nothing()
