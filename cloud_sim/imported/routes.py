"""HTTP of imports: `POST /_sim/imports` makes the organization of a licence file."""

import json
from typing import Any

from flask import Blueprint, Response

from cloud_sim.context import context
from cloud_sim.imported import service
from cloud_sim.imported.service import Keys
from common.errors import bad_request
from common.license.files import UnreadableLicense, read_any
from common.license.model import AnyLicense, OrganizationLicense, UserLicense
from common.server import policy
from common.server.body import answer, read_json
from common.server.operation import operation
from common.wire.imported import ImportedOrganization, ImportedPremium, OrganizationImport, PremiumImport

bp = Blueprint("sim_imports", __name__, url_prefix="/_sim/imports")


@bp.post("/premium")
@policy.control
@operation(body=PremiumImport, answer=ImportedPremium)
def import_premium() -> Response:
    """Make an account premium as a licence says; the cloud issues that licence again until it is over."""
    wanted = read_json(PremiumImport)
    user = service.import_premium(
        context(), wanted.email, _read(wanted.license, UserLicense), wanted.lacks, token=wanted.token
    )
    return answer(ImportedPremium(id=user.id))


@bp.post("")
@policy.control
@operation(body=OrganizationImport, answer=ImportedOrganization)
def import_organization() -> Response:
    """The organization of a licence: same id, features, dates; the cloud issues that licence again until it is over."""
    wanted = read_json(OrganizationImport)
    file = _read(wanted.license, OrganizationLicense)
    keys = Keys(wanted.key, wanted.keys.public_key, wanted.keys.encrypted_private_key, wanted.collection_name)
    made, origin = service.import_organization(context(), wanted.owner, file, keys, wanted.lacks, token=wanted.token)
    return answer(ImportedOrganization(id=made.id, term=origin.term.value, exact=origin.exact))


def _read(members: dict[str, Any], kind: type[AnyLicense]) -> AnyLicense:
    try:
        return read_any(json.dumps(members).encode(), kind)
    except UnreadableLicense as error:
        raise bad_request(f"license is none: {error}.", rule="sim.import") from error
