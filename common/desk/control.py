"""What the desk's control routes have in common: whose they are, which stack they are about, how they refuse."""

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from common.errors import Refusal
from common.server.own_hosts import is_from_this_machine

HOME = "DESK_HOME"
"""Config key: the stack's home folder; None = a mailbox alone."""


def control_blueprint(name: str, path: str = "") -> Blueprint:
    """Routes below `/_sim`: for this machine only, refusals as `{"message"}`."""
    blueprint = Blueprint(name, name, url_prefix=f"/_sim{path}")
    blueprint.before_request(_require_this_machine)
    blueprint.register_error_handler(Refusal, _refuse)
    return blueprint


def refusal(message: str, status: int) -> ResponseReturnValue:
    """An answer that says what stands in the way."""
    return jsonify(message=message), status


def _require_this_machine() -> ResponseReturnValue | None:
    """Control is for this machine's user, also where the mailbox is shown to the network."""
    if not is_from_this_machine(request.remote_addr, request.headers):
        return refusal("Control is for this machine only.", 403)
    return None


def _refuse(problem: Refusal) -> ResponseReturnValue:
    return refusal(problem.message, problem.status)
