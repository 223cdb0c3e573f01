"""HTTP of the push relay, and reading under /_sim what came.

Source: src/Api/Platform/Push/Controllers/PushController.cs; fidelity.md: push.relay.
"""

from flask import Blueprint, Response

from cloud_sim.context import context
from cloud_sim.push import answers, rules, service
from common.server import policy
from common.server.body import answer_rows, nothing, read_json
from common.server.operation import Rows, operation
from common.wire.control import PushCall
from common.wire.push import PushDevice, PushRegistration, PushSend, PushUpdate

bp = Blueprint("push", __name__, url_prefix="/push")
control = Blueprint("push_control", __name__, url_prefix="/_sim/push")


@bp.post("/register")
@policy.push
@operation(body=PushRegistration)
def register_device() -> Response:
    """A device wants notifications."""
    body = read_json(PushRegistration)
    own = service.require_installation(policy.caller().installation_id)
    target = f"device:{rules.prefixed(own, body.device_id)}"
    service.record_call(context(), own, "register", target, body.wire())
    return nothing()


@bp.post("/delete")
@policy.push
@operation(body=PushDevice)
def forget_device() -> Response:
    """A device wants none any more."""
    body = read_json(PushDevice)
    own = service.require_installation(policy.caller().installation_id)
    service.record_call(context(), own, "delete", f"device:{rules.prefixed(own, body.id)}", body.wire())
    return nothing()


@bp.put("/add-organization")
@policy.push
@operation(body=PushUpdate)
def add_organization() -> Response:
    """Devices get the notifications of an organization."""
    return _change_organization("add-organization")


@bp.put("/delete-organization")
@policy.push
@operation(body=PushUpdate)
def delete_organization() -> Response:
    """Devices no longer get the notifications of an organization."""
    return _change_organization("delete-organization")


def _change_organization(action: str) -> Response:
    body = read_json(PushUpdate)
    own = service.require_installation(policy.caller().installation_id)
    target = f"organization:{rules.prefixed(own, body.organization_id)}"
    service.record_call(context(), own, action, target, body.wire())
    return nothing()


@bp.post("/send")
@policy.push
@operation(body=PushSend)
def send() -> Response:
    """Notify devices."""
    body = read_json(PushSend)
    own = service.require_installation(policy.caller().installation_id)
    target = rules.send_target(own, body.installation_id, body.user_id, body.organization_id)
    service.record_call(context(), own, "send", target, body.wire())
    return nothing()


@control.get("")
@policy.control
@operation(answer=Rows(PushCall, plain=True))
def list_calls() -> Response:
    """What instances asked for, oldest first."""
    return answer_rows((answers.call(each) for each in service.list_calls(context())), plain=True)
