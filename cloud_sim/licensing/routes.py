"""HTTP: licence downloads for owners and premium users, licence sync for installations."""

from uuid import UUID

from flask import Blueprint, Response

from cloud_sim.context import context
from cloud_sim.licensing import service
from common.license.files import to_wire
from common.server import policy
from common.server.body import answer, path_uuid, query_text, read_json, read_uuid
from common.server.operation import operation
from common.wire.licensing import ORGANIZATION_LICENSE, USER_LICENSE, LicenseSyncRequest

bp = Blueprint("licensing", __name__)


@bp.get("/organizations/<uuid:organization_id>/license")
@policy.application
@operation(query=["installationId"], answer=ORGANIZATION_LICENSE)
def download_organization_license(organization_id: UUID) -> Response:
    """The organization's licence file for `?installationId=`."""
    text = query_text("installationId")
    installation_id = read_uuid(text, "installationId") if text else None
    found = service.download_organization_license(context(), organization_id, policy.caller().user, installation_id)
    return answer(to_wire(found))


@bp.get("/account/billing/vnext/license")
@policy.application
@operation(answer=USER_LICENSE)
def download_own_license() -> Response:
    """The caller's premium licence file."""
    return answer(to_wire(service.download_own_license(context(), policy.caller().user)))


@bp.get("/licenses/organization/<organization_id>")
@policy.licensing
@operation(body=LicenseSyncRequest, answer=ORGANIZATION_LICENSE)
def sync_organization_license(organization_id: str) -> Response:
    """Licence sync of an installation: a GET with a JSON body."""
    body = read_json(LicenseSyncRequest)
    found = service.sync_organization_license(
        context(),
        path_uuid(organization_id),
        body.license_key,
        body.billing_sync_key,
        policy.caller().installation_id,
    )
    return answer(to_wire(found))


@bp.get("/licenses/user/<user_id>")
@policy.licensing
@operation(query=["key"], answer=USER_LICENSE, answers={204: None})
def sync_user_license(user_id: str) -> Response:
    """A user's licence for `?key=`; 204 for an unknown user."""
    found = service.sync_user_license(context(), path_uuid(user_id), query_text("key"))
    return answer(to_wire(found)) if found else Response(status=204)
