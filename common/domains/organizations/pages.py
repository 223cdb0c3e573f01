"""Pages of an organization's Admin Console that both apps have: its entrance, what it is called, collections, groups.

Source: fidelity.md: pages.shell.
"""

from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from common.domains.organizations import rules
from common.domains.organizations.collections.service import list_collections
from common.domains.organizations.groups.service import list_groups
from common.domains.organizations.service import (
    OrganizationChange,
    require_console,
    require_owner,
    update_organization,
)
from common.errors import not_found
from common.server import policy
from common.server.app import context
from common.server.operation import TEXT, page
from common.ui.answers import done, go
from common.ui.forms import FIELD
from common.ui.guards import me, signed_in
from common.ui.pages import page_blueprint, render
from common.wire.organizations import OrganizationUpdate

PREFIX = "/organizations/<uuid:organization_id>"

bp = page_blueprint("organizations_pages", __name__)


@bp.get(PREFIX)
@policy.page(signed_in)
@page()
def enter_console(organization_id: UUID) -> ResponseReturnValue:
    """Lead to the first page of the Admin Console that this member may open."""
    standing = require_console(context(), organization_id, me().id)
    if not standing.organization.enabled:
        first = "billing/subscription"
    elif rules.may_manage_users(standing.member):
        first = "members"
    elif rules.may_manage_policies(standing.member):
        first = "settings/policies"
    else:
        first = "collections"
    return go(f"/organizations/{organization_id}/{first}")


@bp.get(f"{PREFIX}/settings/account")
@policy.page(signed_in)
@page()
def show_organization(organization_id: UUID) -> ResponseReturnValue:
    """Name and billing address; on an instance they come with the licence."""
    organization = require_owner(context(), organization_id, me().id)
    return render("organizations/account.html", organization=organization, name=rules.display_name(organization.name))


@bp.post(f"{PREFIX}/settings/account")
@policy.page(signed_in)
@page(form={FIELD: TEXT, "name": TEXT, "billingEmail": TEXT})
def change_organization(organization_id: UUID) -> ResponseReturnValue:
    """Save them; not on an instance, whose page has no such form."""
    if context().side.licensed:
        raise not_found("organization.licence-rules")
    form = request.form
    wanted = OrganizationUpdate.read({name: form.get(name, "").strip() for name in ("name", "billingEmail")})
    change = OrganizationChange(wanted.name, wanted.billing_email)
    update_organization(context(), me().id, organization_id, change)
    return done(f"/organizations/{organization_id}/settings/account", "x.organizationSaved")


@bp.get(f"{PREFIX}/collections")
@policy.page(signed_in)
@page()
def show_collections(organization_id: UUID) -> ResponseReturnValue:
    """How many there are; only clients can read their names."""
    standing = require_console(context(), organization_id, me().id)
    found = list_collections(context(), me().id, organization_id)
    return render("organizations/collections.html", organization=standing.organization, count=len(found))


@bp.get(f"{PREFIX}/groups")
@policy.page(signed_in)
@page()
def show_groups(organization_id: UUID) -> ResponseReturnValue:
    """Their names; other clients make them."""
    standing = require_console(context(), organization_id, me().id, rules.may_see_groups)
    groups = list_groups(context(), me().id, organization_id)
    return render("organizations/groups.html", organization=standing.organization, groups=groups)
