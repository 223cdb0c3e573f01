"""What the Admin Console asks for on its pages and what no organization can have here: claimed domains, two-step login
of the organization, requests to log in with a device. Lists are empty, changes are refused.

Source: src/Api/AdminConsole/Controllers/{OrganizationDomain,OrganizationAuthRequests}Controller.cs,
src/Api/Auth/Controllers/TwoFactorController.cs, src/Api/Dirt/Controllers/EventsController.cs;
fidelity.md: clients.pages.
"""

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, Response

from common.domains.organizations import rules, service
from common.domains.organizations.rules import Role
from common.errors import bad_request, unauthorized
from common.server import policy
from common.server.app import context
from common.server.body import answer_rows
from common.server.operation import Rows, operation, refused

NO_DOMAINS = "Claiming domains is not simulated."

bp = Blueprint("organization_companions", __name__, url_prefix="/organizations")


def _require(organization_id: UUID, allowed: Callable[[Role], bool]) -> None:
    """An envelope with 401 for whoever may not: upstream throws, where elsewhere it says 404."""
    member = service.membership(context(), organization_id, policy.caller().user)
    if member is None or not allowed(member):
        raise unauthorized("organization.console")


@bp.get("/<guid('orgId'):organization_id>/domain")
@policy.application
@operation(answer=Rows(dict))
def list_domains(organization_id: UUID) -> Response:
    """No domain is claimed."""
    _require(organization_id, rules.may_manage_sso)
    return answer_rows([])


@bp.post("/<guid('orgId'):organization_id>/domain")
@policy.application
@refused()
def claim_domain(organization_id: UUID) -> Response:
    """No domain can be claimed."""
    _require(organization_id, rules.may_manage_sso)
    raise bad_request(NO_DOMAINS, rule="companions.domains")


@bp.get("/<guid:organization_id>/two-factor")
@policy.application
@operation(answer=Rows(dict))
def list_two_step_providers(organization_id: UUID) -> Response:
    """No organization has a two-step provider."""
    service.require_standing(context(), organization_id, policy.caller().user, rules.is_admin)
    return answer_rows([])


@bp.get("/<guid('orgId'):organization_id>/auth-requests")
@policy.application
@operation(answer=Rows(dict))
def list_auth_requests(organization_id: UUID) -> Response:
    """Nobody asks to log in with a device."""
    _require(organization_id, rules.may_manage_account_recovery)
    return answer_rows([])
