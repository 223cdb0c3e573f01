"""The forge over both clouds: `GET /_sim/forge`, `POST /_sim/forge/{defect}` with `app` (cloud-us) beside the rest."""

from typing import Any

from flask import Response, current_app, jsonify, request

from common.desk.control import HOME, control_blueprint
from common.desk.time.apps import AppRefused
from common.desk.time.http import NotThere, segment, transports_of
from common.errors import bad_request, conflict
from common.server import policy
from common.server.operation import Rows, operation
from common.wire.desk import StackForgeOrder
from common.wire.forge import DefectRow, ForgedLicense

bp = control_blueprint("desk_forge", "/forge")

_CLOUDS = ("cloud-us", "cloud-eu")


@bp.get("")
@policy.control
@operation(answer=Rows(DefectRow, plain=True))
def list_defects() -> Response:
    """Every defect, and what instances of each kind of release answer to it."""
    return jsonify(_asked(_CLOUDS[0], "GET", "", {}))


@bp.post("/<defects>")
@policy.control
@operation(body=StackForgeOrder, answer=ForgedLicense)
def forge_license(defects: str) -> Response:
    """A licence with something wrong, as the cloud `app` would have issued it."""
    wanted = request.get_json(silent=True)
    if not isinstance(wanted, dict):
        raise bad_request("Send a JSON object.", rule="sim.forge")
    return jsonify(_asked(wanted.pop("app", _CLOUDS[0]), "POST", f"/{segment(defects)}", wanted))


def _asked(app: object, method: str, path: str, body: dict[str, Any]) -> Any:
    if app not in _CLOUDS:
        raise bad_request(f"app is one of {', '.join(_CLOUDS)}.", rule="sim.app")
    cloud = transports_of(current_app.config[HOME])[str(app)]
    try:
        return cloud.get(f"/_sim/forge{path}") if method == "GET" else cloud.post(f"/_sim/forge{path}", body)
    except (NotThere, AppRefused) as problem:
        raise conflict(str(problem), rule="sim.forge") from problem
