"""The page on which an owner gets the organization's licence file for an installation.

Source: fidelity.md: pages.organization-billing.
"""

from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from cloud_sim.context import context
from cloud_sim.licensing import service
from common.domains.organizations.service import require_owner
from common.license.files import to_download_text
from common.server import policy
from common.server.operation import TEXT, page
from common.ui.answers import FieldProblem, download
from common.ui.forms import FIELD
from common.ui.guards import me, signed_in
from common.ui.pages import page_blueprint, render

bp = page_blueprint("licensing_pages", __name__)

LICENSE = "/organizations/<uuid:organization_id>/billing/license"
LICENSE_FILE = "bitwarden_organization_license.json"


@bp.get(LICENSE)
@policy.page(signed_in)
@page()
def show_form(organization_id: UUID) -> ResponseReturnValue:
    """Asks for which installation."""
    organization = require_owner(context(), organization_id, me().id)
    return render("licensing/download.html", organization=organization)


@bp.post(LICENSE)
@policy.page(signed_in)
@page(form={FIELD: TEXT, "installationId": TEXT})
def download_license(organization_id: UUID) -> ResponseReturnValue:
    """The licence file."""
    found = service.download_organization_license(context(), organization_id, me().id, _installation_id())
    return download(LICENSE_FILE, to_download_text(found, without=service.unknown_to(context(), found)))


def _installation_id() -> UUID:
    text = request.form.get("installationId", "").strip()
    if not text:
        raise FieldProblem("installationId", "inputRequired")
    try:
        return UUID(text)
    except ValueError:
        raise FieldProblem("installationId", "x.notAnId") from None
