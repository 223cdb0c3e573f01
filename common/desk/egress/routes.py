"""The simulated network of the whole stack, which is that of its instance: `/_sim/egress`, passed on as it is."""

from pathlib import Path

import requests
from flask import Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from common.desk.control import HOME, control_blueprint
from common.desk.time.http import segment
from common.files import read_json
from common.server.destinations import Destinations
from common.server.http.session import create_session

bp = control_blueprint("desk_egress", "/egress")

_PATIENCE = 30.0
_DOWN = "selfhost does not answer, and it holds the rules of its network. Start it with `wardenloop selfhost start`."


@bp.route("", methods=["GET", "PUT", "DELETE"])
def all_hosts() -> ResponseReturnValue:
    """The rules, and what can be said of which host; new ones in place of all; none."""
    return _pass_on("")


@bp.route("/<host>", methods=["GET", "PUT", "DELETE"])
def one_host(host: str) -> ResponseReturnValue:
    """What happens to connections to a host; something else; nothing any more."""
    return _pass_on(f"/{segment(host)}")


def _pass_on(path: str) -> ResponseReturnValue:
    home = current_app.config[HOME]
    stack = (read_json(home / "stack.json") if home else None) or {}
    if "selfhost" not in stack:
        return jsonify(message="This desk belongs to no stack."), 409
    url = str(stack["selfhost"])
    bundle = Path(str(stack["ca"])) if stack.get("ca") else None
    with create_session(_PATIENCE, destinations=Destinations.to(url), ca_bundle=bundle) as http:
        try:
            body = request.get_data()
            headers = {"Content-Type": "application/json"} if body else {}
            answer = http.request(request.method, f"{url}/_sim/egress{path}", data=body, headers=headers)
        except requests.RequestException:
            return jsonify(message=_DOWN), 503
    return Response(answer.content, answer.status_code, content_type=answer.headers.get("Content-Type"))
