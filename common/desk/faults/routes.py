"""Faults over HTTP at the desk: `/_sim/faults` of every app, `/_sim/mail/faults` of the mail server."""

from typing import Any
from uuid import UUID

from flask import Response, current_app, jsonify, request

from common.desk.control import HOME, control_blueprint
from common.desk.faults import service
from common.desk.faults.mails import MailSwitches
from common.desk.faults.service import Transport
from common.desk.time.http import transports_of
from common.errors import bad_request, not_found
from common.server import policy
from common.server.operation import Rows, operation
from common.wire.desk import (
    AddedFaults,
    ClearedFaults,
    FaultOrder,
    MailFault,
    MailFaultOrder,
    StackCleared,
    StackFaults,
)

bp = control_blueprint("desk_faults")

MAIL_FAULTS = "wardenloop mail faults"


@bp.get("/faults")
@policy.control
@operation(answer=StackFaults)
def list_faults() -> Response:
    """The faults of all apps, and which apps do not answer."""
    told = service.list_faults(_apps())
    return jsonify(data=[fault for faults in told.answers.values() for fault in faults], silent=told.silent)


@bp.post("/faults")
@policy.control
@operation(body=FaultOrder, answer=AddedFaults)
def add_faults() -> Response:
    """Switch on a rule at its `app`, or a `profile` (at every cloud where no app is named)."""
    return jsonify(data=service.add_faults(_apps(), _object()))


@bp.delete("/faults")
@policy.control
@operation(answer=StackCleared)
def clear_faults() -> Response:
    """Switch off everything that goes wrong on purpose, at every app and at the mail server."""
    told = service.clear_faults(_apps())
    return jsonify(cleared=sum(told.answers.values()) + mails().clear(), silent=told.silent)


@bp.delete("/faults/<uuid:fault_id>")
@policy.control
@operation(answer=ClearedFaults)
def clear_fault(fault_id: UUID) -> Response:
    """Switch one off."""
    service.clear_fault(_apps(), fault_id)
    return jsonify(cleared=1)


@bp.get("/mail/faults")
@policy.control
@operation(answer=Rows(MailFault, plain=True))
def list_mail_faults() -> Response:
    """What goes wrong with mails."""
    return jsonify(data=mails().listed())


@bp.post("/mail/faults")
@policy.control
@operation(body=MailFaultOrder, answer=Rows(MailFault, plain=True))
def add_mail_fault() -> Response:
    """Switch a rule on: `to`, `from`, `skip`, `times`, `every`, `do`, `note`."""
    return jsonify(data=[mails().add(_object())])


@bp.delete("/mail/faults")
@policy.control
@operation(answer=ClearedFaults)
def clear_mail_faults() -> Response:
    """Switch all off."""
    return jsonify(cleared=mails().clear())


@bp.delete("/mail/faults/<uuid:fault_id>")
@policy.control
@operation(answer=ClearedFaults)
def clear_mail_fault(fault_id: UUID) -> Response:
    """Switch one off."""
    if not mails().clear(fault_id):
        raise not_found(service.RULE)
    return jsonify(cleared=1)


def _object() -> dict[str, Any]:
    wanted = request.get_json(silent=True, force=True)
    if not isinstance(wanted, dict):
        raise bad_request("Send a JSON object.", rule=service.RULE)
    return wanted


def _apps() -> dict[str, Transport]:
    home = current_app.config[HOME]
    apps: dict[str, Transport] = dict(transports_of(home)) if home else {}
    if not apps:
        raise bad_request("This desk belongs to no stack.", rule=service.RULE)
    return apps


def mails() -> MailSwitches:
    """The faults of mails of this desk, a mailbox alone included."""
    home = current_app.config[HOME]
    return MailSwitches(current_app.extensions[MAIL_FAULTS], transports_of(home) if home else {})
