"""HTTP of a user's devices. Source: src/Api/Controllers/DevicesController.cs."""

from uuid import UUID

from flask import Blueprint, Response

from common.domains.identity.devices import answers, service
from common.server import policy
from common.server.app import context
from common.server.body import answer, answer_rows, nothing, read_json
from common.server.operation import Rows, operation
from common.wire import devices as wire

bp = Blueprint("devices", __name__, url_prefix="/devices")


@bp.get("")
@policy.application
@operation(answer=Rows(wire.ListedDevice))
def list_devices() -> Response:
    """The caller's devices."""
    found = service.list_devices(context(), policy.caller().user)
    return answer_rows(answers.listed_device(each) for each in found)


@bp.get("/<guid:device_id>")
@policy.application
@operation(answer=wire.DeviceAnswer)
def show_device(device_id: UUID) -> Response:
    """One device."""
    return answer(answers.device(service.show_device(context(), policy.caller().user, device_id)))


@bp.get("/identifier/<identifier>")
@policy.application
@operation(answer=wire.DeviceAnswer)
def show_device_by_identifier(identifier: str) -> Response:
    """The device that calls itself so."""
    device = service.show_device_by_identifier(context(), policy.caller().user, identifier)
    return answer(answers.device(device))


@bp.route("/identifier/<identifier>/token", methods=["PUT", "POST"])
@policy.application
@operation(body=wire.PushTokenRequest)
def set_push_token(identifier: str) -> Response:
    """Where notifications for a device go."""
    token = read_json(wire.PushTokenRequest).push_token
    service.set_push_token(context(), policy.caller().user, identifier, token)
    return nothing()


@bp.route("/identifier/<identifier>/clear-token", methods=["PUT", "POST"])
@policy.anonymous
@operation(answers={404: wire.ErrorAnswer})
def clear_push_token(identifier: str) -> Response:
    """No more notifications for a device."""
    service.clear_push_token(context(), identifier)
    return nothing()


@bp.delete("/<guid:device_id>")
@bp.post("/<guid:device_id>/delete")
@bp.post("/<guid:device_id>/deactivate")
@policy.application
@operation()
def forget_device(device_id: UUID) -> Response:
    """Forget a device."""
    service.forget_device(context(), policy.caller().user, device_id)
    return nothing()
