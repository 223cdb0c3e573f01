"""HTTP: /api/installations, and switching one off under /_sim."""

from uuid import UUID

from flask import Blueprint, Response

from cloud_sim.context import context
from cloud_sim.installations import answers, service
from common.server import policy
from common.server.body import answer, read_json
from common.server.operation import operation
from common.wire.installations import InstallationAnswer, InstallationRequest, InstallationSwitch, KnownInstallation

bp = Blueprint("installations", __name__, url_prefix="/installations")
control = Blueprint("installations_control", __name__, url_prefix="/_sim/installations")


@bp.post("")
@policy.anonymous
@operation(body=InstallationRequest, answer=InstallationAnswer)
def register_installation() -> Response:
    """A new installation id and key; the key is shown only here."""
    request = read_json(InstallationRequest)
    installation = service.register_installation(context(), request.email)
    return answer(answers.installation(installation, with_key=True))


@bp.get("/<guid('id'):installation_id>")
@policy.anonymous
@operation(answer=InstallationAnswer)
def show_installation(installation_id: UUID) -> Response:
    """Whether this region knows the installation, and whether it is enabled."""
    return answer(answers.installation(service.show_installation(context(), installation_id)))


@control.post("")
@policy.control
@operation(body=KnownInstallation, answer=InstallationAnswer)
def bring_installation() -> Response:
    """An installation with the id that somebody has of the real one; its key is a new one."""
    request = read_json(KnownInstallation)
    installation = service.register_installation(context(), request.email, request.id)
    return answer(answers.installation(installation, with_key=True))


@control.get("/<guid('id'):installation_id>")
@policy.control
@operation(answer=InstallationAnswer)
def look_up_installation(installation_id: UUID) -> Response:
    """Whether this region knows the installation, for who leaves no trace on the wire."""
    return answer(answers.installation(service.show_installation(context(), installation_id)))


@control.post("/<guid('id'):installation_id>")
@policy.control
@operation(body=InstallationSwitch, answer=InstallationAnswer)
def switch_installation(installation_id: UUID) -> Response:
    """Disable or enable an installation."""
    request = read_json(InstallationSwitch)
    found = service.switch_installation(context(), installation_id, enabled=request.enabled)
    return answer(answers.installation(found))
