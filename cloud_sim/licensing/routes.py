"""HTTP: licence downloads for owners and premium users, licence sync for installations."""

from uuid import UUID

from flask import Blueprint, Response

from cloud_sim.context import context
from cloud_sim.licensing import service
from common.license.files import to_wire
from common.license.model import License
from common.server import policy
from common.server.body import answer, query_guid, query_text, read_json
from common.server.operation import operation
from common.wire.licensing import ORGANIZATION_LICENSE, USER_LICENSE, LicenseSyncRequest

bp = Blueprint("licensing", __name__)


def _file(license_file: License) -> dict[str, object]:
    return to_wire(license_file, without=service.unknown_to(context(), license_file))


@bp.get("/organizations/<uuid:organization_id>/license")
@policy.application
@operation(query=["installationId"], answer=ORGANIZATION_LICENSE)
def download_organization_license(organization_id: UUID) -> Response:
    """The organization's licence file for `?installationId=`."""
    installation_id = query_guid("installationId")
    found = service.download_organization_license(context(), organization_id, policy.caller().user, installation_id)
    return answer(_file(found))


@bp.get("/account/billing/vnext/license")
@policy.application
@operation(answer=USER_LICENSE)
def download_own_license() -> Response:
    """The caller's premium licence file."""
    return answer(_file(service.download_own_license(context(), policy.caller().user)))


@bp.get("/licenses/organization/<guid:organization_id>")
@policy.licensing
@operation(body=LicenseSyncRequest, answer=ORGANIZATION_LICENSE)
def sync_organization_license(organization_id: UUID) -> Response:
    """Licence sync of an installation: a GET with a JSON body."""
    body = read_json(LicenseSyncRequest)
    found = service.sync_organization_license(
        context(),
        organization_id,
        body.license_key,
        body.billing_sync_key,
        policy.caller().installation_id,
    )
    return answer(_file(found))


@bp.get("/licenses/user/<guid:user_id>")
@policy.licensing
@operation(query=["key"], answer=USER_LICENSE, answers={204: None})
def sync_user_license(user_id: UUID) -> Response:
    """A user's licence for `?key=`; 204 for an unknown user."""
    found = service.sync_user_license(context(), user_id, query_text("key"))
    return answer(_file(found)) if found else Response(status=204)
