"""The forge over both clouds: `GET /_sim/forge`, `POST /_sim/forge/{defect}` with `app` (cloud-us) beside the rest."""

from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from common.desk.time.apps import AppRefused
from common.desk.time.http import NotThere, transports_of
from common.desk.time.routes import HOME, require_this_machine
from common.errors import Refusal, bad_request, conflict

bp = Blueprint("desk_forge", __name__, url_prefix="/_sim/forge")
bp.before_request(require_this_machine)

_CLOUDS = ("cloud-us", "cloud-eu")


@bp.errorhandler(Refusal)
def refuse(refusal: Refusal) -> ResponseReturnValue:
    """What stands in the way, in words."""
    return jsonify(message=refusal.message), refusal.status


@bp.get("")
def list_defects() -> Response:
    """Every defect, and what instances of each kind of release answer to it."""
    return jsonify(_asked(_CLOUDS[0], "GET", "", {}))


@bp.post("/<defects>")
def forge_license(defects: str) -> Response:
    """A licence with something wrong, as the cloud `app` would have issued it."""
    wanted = request.get_json(silent=True)
    if not isinstance(wanted, dict):
        raise bad_request("Send a JSON object.", rule="sim.forge")
    return jsonify(_asked(wanted.pop("app", _CLOUDS[0]), "POST", f"/{defects}", wanted))


def _asked(app: object, method: str, path: str, body: dict[str, Any]) -> Any:
    if app not in _CLOUDS:
        raise bad_request(f"app is one of {', '.join(_CLOUDS)}.", rule="sim.app")
    cloud = transports_of(current_app.config[HOME])[str(app)]
    try:
        return cloud.get(f"/_sim/forge{path}") if method == "GET" else cloud.post(f"/_sim/forge{path}", body)
    except (NotThere, AppRefused) as problem:
        raise conflict(str(problem), rule="sim.forge") from problem
