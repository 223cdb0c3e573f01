"""The page of an organization's policies: the one that counts here, which ends Families sponsorships.

Source: fidelity.md: pages.members.
"""

from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from common.domains.organizations import rules
from common.domains.organizations.models import Organization
from common.domains.organizations.policies import service as policies
from common.domains.organizations.service import require_console
from common.enums import PolicyType
from common.server import policy
from common.server.app import context
from common.server.operation import OPTIONAL_TEXT, TEXT, page
from common.ui.answers import done
from common.ui.forms import FIELD
from common.ui.guards import me, signed_in
from common.ui.pages import page_blueprint, render
from common.ui.visit import visit

PREFIX = "/organizations/<uuid:organization_id>/settings/policies"
FREE_FAMILIES = PolicyType.FREE_FAMILIES_SPONSORSHIP

bp = page_blueprint("policies_pages", __name__)


def _organization(organization_id: UUID) -> Organization:
    return require_console(context(), organization_id, me().id, rules.may_manage_policies).organization


@bp.get(PREFIX)
@policy.page(signed_in)
@page()
def show_policies(organization_id: UUID) -> ResponseReturnValue:
    """The policy and whether it is on."""
    organization = _organization(organization_id)
    state = policies.show_policy(context(), me().id, organization_id, FREE_FAMILIES)
    return render("policies/policies.html", organization=organization, enabled=state.enabled)


@bp.get(f"{PREFIX}/free-families")
@policy.page(signed_in)
@page()
def ask_for_policy(organization_id: UUID) -> ResponseReturnValue:
    """On or off."""
    organization = _organization(organization_id)
    state = policies.show_policy(context(), me().id, organization_id, FREE_FAMILIES)
    return render("policies/edit.html", organization=organization, enabled=state.enabled)


@bp.post(f"{PREFIX}/free-families")
@policy.page(signed_in)
@page(form={FIELD: TEXT, "enabled": OPTIONAL_TEXT})
def save_policy(organization_id: UUID) -> ResponseReturnValue:
    """Set it; what follows from switching it on happens at once."""
    _organization(organization_id)
    enabled = bool(request.form.get("enabled"))
    policies.save_policy(context(), me().id, organization_id, FREE_FAMILIES, enabled=enabled, data=None)
    name = visit().texts("freeFamiliesSponsorship")
    return done(f"/organizations/{organization_id}/settings/policies", "editedPolicyId", id=name)
