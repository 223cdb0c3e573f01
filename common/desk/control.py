"""What the desk's control routes have in common: whose they are, which stack they are about, how they refuse."""

from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from common.desk.keys import HOME as HOME
from common.desk.time.http import HttpTransport, transports_of
from common.errors import Refusal, bad_request
from common.server.own_hosts import is_from_this_machine

THIS_MACHINE_ONLY = "Control is for this machine only."


def control_blueprint(name: str, path: str = "") -> Blueprint:
    """Routes below `/_sim`: for this machine only, refusals as `{"message"}`."""
    blueprint = Blueprint(name, name, url_prefix=f"/_sim{path}")
    blueprint.before_request(_require_this_machine)
    blueprint.register_error_handler(Refusal, _refuse)
    return blueprint


def apps_of() -> dict[str, HttpTransport]:
    """The apps of the stack that this desk is about, by name. Raises 400: a mailbox alone."""
    home = current_app.config[HOME]
    apps = transports_of(home) if home else {}
    if not apps:
        raise bad_request("This desk belongs to no stack.", rule="sim.stack")
    return apps


def refusal(message: str, status: int) -> ResponseReturnValue:
    """An answer that says what stands in the way."""
    return jsonify(message=message), status


def _require_this_machine() -> ResponseReturnValue | None:
    """Control is for this machine's user, also where the mailbox is shown to the network."""
    if not is_from_this_machine(request.remote_addr, request.headers):
        return refusal(THIS_MACHINE_ONLY, 403)
    return None


def _refuse(problem: Refusal) -> ResponseReturnValue:
    return refusal(problem.message, problem.status)
