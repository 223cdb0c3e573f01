"""HTTP of organizations, the same on the cloud and on an instance.

Source: src/Api/AdminConsole/Controllers/OrganizationsController.cs; fidelity.md: organization.keys, organization.reads.
"""

from uuid import UUID

from flask import Blueprint, Response

from common.domains.organizations import answers, service
from common.domains.organizations.api_keys.routes import bp as api_key_bp
from common.domains.organizations.collections.routes import bp as collection_bp
from common.domains.organizations.console.routes import bp as console_bp
from common.domains.organizations.groups.routes import bp as group_bp
from common.domains.organizations.members import service as members
from common.domains.organizations.members.routes import bp as member_bp
from common.domains.organizations.models import Organization
from common.domains.organizations.policies.routes import bp as policy_bp
from common.domains.organizations.public_api.routes import bp as public_api_bp
from common.domains.organizations.service import OrganizationChange
from common.errors import Refusal
from common.plans import plan_of
from common.server import policy
from common.server.app import context
from common.server.body import answer, nothing, read_json
from common.server.failures import NoRight
from common.server.operation import operation
from common.wire.organizations import (
    CollectionManagement,
    KeyPair,
    OrganizationKeysResponse,
    OrganizationResponse,
    OrganizationUpdate,
    PublicKeyResponse,
)

bp = Blueprint("organizations", __name__)
bp.register_blueprint(member_bp)
bp.register_blueprint(collection_bp)
bp.register_blueprint(group_bp)
bp.register_blueprint(policy_bp)
bp.register_blueprint(api_key_bp)
bp.register_blueprint(console_bp)
bp.register_blueprint(public_api_bp)


@bp.get("/organizations/<guid:organization_id>")
@policy.application
@operation(answer=OrganizationResponse)
def show_organization(organization_id: UUID) -> Response:
    """An organization, for its owners."""
    ctx = context()
    return _organization(service.require_owner(ctx, organization_id, policy.caller().user))


@bp.put("/organizations/<uuid:organization_id>")
@bp.post("/organizations/<guid('id'):organization_id>")
@policy.application
@operation(body=OrganizationUpdate, answer=OrganizationResponse)
def update_organization(organization_id: UUID) -> Response:
    """Change name, billing address or missing keys; an instance takes only the keys."""
    ctx = context()
    wanted = read_json(OrganizationUpdate)
    keys = (wanted.keys.public_key, wanted.keys.encrypted_private_key) if wanted.keys else None
    change = OrganizationChange(wanted.name, wanted.billing_email, keys)
    try:
        return _organization(service.update_organization(ctx, policy.caller().user, organization_id, change))
    except Refusal as refusal:
        if refusal.status == 401:
            raise NoRight from refusal
        raise


def _organization(organization: Organization) -> Response:
    plan = None if context().side.licensed else plan_of(organization.plan_type)
    return answer(answers.organization(organization, plan))


@bp.get("/organizations/<guid:organization_id>/public-key")
@bp.get("/organizations/<guid:organization_id>/keys")
@policy.application
@operation(answer=PublicKeyResponse)
def show_public_key(organization_id: UUID) -> Response:
    """The public key, for any signed-in user."""
    return answer(PublicKeyResponse(public_key=service.public_key(context(), organization_id)))


@bp.post("/organizations/<guid('id'):organization_id>/keys")
@policy.application
@operation(body=KeyPair, answer=OrganizationKeysResponse)
def set_keys(organization_id: UUID) -> Response:
    """Store the key pair of an organization that has none."""
    pair = read_json(KeyPair)
    organization = service.set_keys(
        context(), policy.caller().user, organization_id, pair.public_key, pair.encrypted_private_key
    )
    return answer(answers.keys(organization))


@bp.put("/organizations/<guid('id'):organization_id>/collection-management")
@policy.application
@operation(body=CollectionManagement, answer=OrganizationResponse)
def manage_collections(organization_id: UUID) -> Response:
    """Say what members may do with collections and items, for owners."""
    rights = read_json(CollectionManagement).model_dump()
    return _organization(service.manage_collections(context(), policy.caller().user, organization_id, rights))


@bp.post("/organizations/<guid('id'):organization_id>/leave")
@policy.application
@operation()
def leave_organization(organization_id: UUID) -> Response:
    """Give up one's own place."""
    members.leave_organization(context(), policy.caller().user, organization_id)
    return nothing()
