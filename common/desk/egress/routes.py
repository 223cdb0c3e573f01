"""The simulated network of the whole stack, which is that of its instance: `/_sim/egress`, passed on as it is."""

from pathlib import Path

import requests
from flask import Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from common.desk.control import HOME, control_blueprint, refusal
from common.desk.time.http import message_of, segment
from common.files import read_json
from common.server import policy
from common.server.destinations import Destinations
from common.server.http.session import create_session
from common.server.operation import operation
from common.wire.egress import NewRule, NewRules, ShownRule, ShownRules

bp = control_blueprint("desk_egress", "/egress")

_PATIENCE = 30.0
_DOWN = "selfhost does not answer, and it holds the rules of its network. Start it with `wardenloop selfhost start`."


@bp.get("")
@policy.control
@operation(answer=ShownRules)
def list_egress() -> ResponseReturnValue:
    """The rules that are in force, and what else there is to say."""
    return _pass_on("")


@bp.put("")
@policy.control
@operation(body=NewRules, answer=ShownRules)
def replace_egress() -> ResponseReturnValue:
    """Have these rules and no others."""
    return _pass_on("")


@bp.delete("")
@policy.control
@operation(answer=ShownRules)
def clear_egress() -> ResponseReturnValue:
    """Let everything through again."""
    return _pass_on("")


@bp.get("/<host>")
@policy.control
@operation(answer=ShownRule)
def show_egress_of(host: str) -> ResponseReturnValue:
    """What happens to connections to a host, be it by what was said of `*`."""
    return _pass_on(f"/{segment(host)}")


@bp.put("/<host>")
@policy.control
@operation(body=NewRule, answer=ShownRule)
def set_egress_of(host: str) -> ResponseReturnValue:
    """Have something happen to connections to a host (`*`: to all that have no rule of their own)."""
    return _pass_on(f"/{segment(host)}")


@bp.delete("/<host>")
@policy.control
@operation(answer=ShownRules)
def clear_egress_of(host: str) -> ResponseReturnValue:
    """Say nothing of a host any more."""
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
    if not answer.ok:
        return refusal(message_of(answer), answer.status_code)
    return Response(answer.content, answer.status_code, content_type=answer.headers.get("Content-Type"))
