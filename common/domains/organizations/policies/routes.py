"""HTTP of policies and single sign-on. Source: src/Api/AdminConsole/Controllers/PoliciesController.cs."""

from uuid import UUID

from flask import Blueprint, Response

from common.domains.organizations.policies import answers
from common.domains.organizations.policies import service as policies
from common.domains.organizations.policies.service import POLICY_NAMES
from common.domains.organizations.requirements import KNOWN_MEMBER, MANAGE_POLICIES
from common.server import policy
from common.server.app import context
from common.server.body import answer, answer_rows, query_guid, query_text, read_json
from common.server.operation import Query, Rows, operation
from common.server.routing import named
from common.wire.policies import AutoEnrollStatus, PolicyAnswer, PolicySave, PolicyStatusResponse
from common.wire.sso import SsoResponse, SsoSave

bp = Blueprint("policies", __name__)

POLICIES = "/organizations/<guid('orgId'):organization_id>/policies"
SSO = "/organizations/<uuid:organization_id>/sso"
ONE = f"{POLICIES}/{named('type', POLICY_NAMES, 'policy_type')}"


@bp.get(POLICIES)
@policy.organization(MANAGE_POLICIES)
@operation(answer=Rows(PolicyStatusResponse))
def list_policies(organization_id: UUID) -> Response:
    """Every policy, set or not."""
    found = policies.list_policies(context(), policy.caller().user, organization_id)
    return answer_rows(answers.policy_status(each) for each in found)


@bp.get(f"{POLICIES}/token")
@policy.anonymous
@operation(
    query=[Query("email", True), Query("token", True), Query("organizationUserId", True)], answer=Rows(PolicyAnswer)
)
def list_policies_for_invited(organization_id: UUID) -> Response:
    """The policies in force, for whoever holds the link of an invitation."""
    member_id = query_guid("organizationUserId")
    found = policies.policies_for_invited(
        context(), organization_id, member_id, query_text("email"), query_text("token")
    )
    return answer_rows(answers.policy(each) for each in found)


@bp.get(f"{POLICIES}/master-password")
@policy.organization(KNOWN_MEMBER)
@operation(answer=PolicyAnswer)
def show_master_password_policy(organization_id: UUID) -> Response:
    """What a member's master password has to be like."""
    return answer(answers.policy(policies.master_password_policy(context(), policy.caller().user, organization_id)))


@bp.get(ONE)
@policy.organization(MANAGE_POLICIES)
@operation(answer=PolicyStatusResponse)
def show_policy(organization_id: UUID, policy_type: int) -> Response:
    """One policy."""
    found = policies.show_policy(context(), policy.caller().user, organization_id, policy_type)
    return answer(answers.policy_status(found))


@bp.put(ONE)
@policy.organization(MANAGE_POLICIES)
@operation(body=PolicySave, answer=PolicyAnswer)
def save_policy(organization_id: UUID, policy_type: int) -> Response:
    """Set one policy."""
    wanted = read_json(PolicySave).policy
    caller = policy.caller().user
    saved = policies.save_policy(
        context(), caller, organization_id, policy_type, enabled=wanted.enabled, data=wanted.data
    )
    return answer(answers.policy(saved))


@bp.get("/organizations/<identifier>/auto-enroll-status")
@policy.application
@operation(answer=AutoEnrollStatus)
def show_auto_enroll_status(identifier: str) -> Response:
    """Whether who joins is enrolled in account recovery. Source: OrganizationsController.cs."""
    found, enabled = policies.enrolls_by_itself(context(), policy.caller().user, identifier)
    return answer(AutoEnrollStatus(id=found, reset_password_enabled=enabled))


@bp.get(SSO)
@policy.application
@operation(answer=SsoResponse)
def show_sso(organization_id: UUID) -> Response:
    """Single sign-on as it is configured."""
    ctx = context()
    config = policies.find_sso(ctx, policy.caller().user, organization_id)
    return answer(answers.sso(organization_id, config, ctx.settings.base_url))


@bp.post(SSO)
@policy.application
@operation(body=SsoSave, answer=SsoResponse)
def save_sso(organization_id: UUID) -> Response:
    """Configure single sign-on. Nobody can sign in that way here; the licence checks look at it."""
    ctx = context()
    wanted = read_json(SsoSave)
    config = policies.save_sso(
        ctx,
        policy.caller().user,
        organization_id,
        enabled=wanted.enabled,
        identifier=wanted.identifier,
        member_decryption_type=wanted.data.member_decryption_type,
    )
    return answer(answers.sso(organization_id, config, ctx.settings.base_url))
