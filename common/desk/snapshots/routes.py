"""Snapshots of the stack that this desk belongs to: `/_sim/snapshots`, `/_sim/reset`. Refusals as `{"message"}`."""

import tempfile
from pathlib import Path

from flask import Response, current_app, jsonify, request, send_file
from flask.typing import ResponseReturnValue

from common.clock import SystemClock
from common.desk.control import HOME, control_blueprint
from common.desk.keys import REWINDER
from common.desk.time.courses import Courses
from common.desk.time.routes import COURSES
from common.errors import conflict
from common.ids import SystemIds
from common.server import policy
from common.server.operation import Media, Rows, operation
from common.settings import process_environment
from common.sim.snapshots import archive, rules, service
from common.sim.snapshots.descriptions import shown, told
from common.sim.snapshots.folders import Layout
from common.sim.snapshots.turns import Tools, no_building
from common.wire.desk import KeptSnapshot

bp = control_blueprint("desk_snapshots")


@bp.get("/snapshots")
@policy.control
@operation(answer=Rows(KeptSnapshot, plain=True))
def list_snapshots() -> Response:
    """All snapshots, by name; `seed` is what `reset` goes back to."""
    return jsonify(data=[told(each) for each in shown(_layout())])


@bp.put("/snapshots/<name>")
@policy.control
@operation(answer=KeptSnapshot)
def save_snapshot(name: str) -> Response:
    """Take one of everything at this moment; one of the same name is replaced."""
    require_rest()
    with no_building(_layout()):
        return jsonify(told(service.save(_layout(), rules.own_name(name), tools())))


@bp.post("/snapshots/<name>")
@policy.control
@operation(answer=KeptSnapshot)
def load_snapshot(name: str) -> Response:
    """Bring back exactly what was there then, or change nothing and say why."""
    require_rest()
    with no_building(_layout()):
        return jsonify(told(service.load_named(_layout(), name, tools())))


@bp.delete("/snapshots/<name>")
@policy.control
@operation(answers={204: None})
def remove_snapshot(name: str) -> ResponseReturnValue:
    """Forget one."""
    service.remove(_layout(), rules.own_name(name))
    return "", 204


@bp.get("/snapshots/<name>/file")
@policy.control
@operation(answer=Media("application/zip"))
def export_snapshot(name: str) -> Response:
    """One as a file. It holds the keys and passwords of the world."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{rules.checked_name(name)}.snapshot"
        archive.export(_layout(), name, file)
        return send_file(file.open("rb"), "application/zip", as_attachment=True, download_name=file.name)


@bp.put("/snapshots/<name>/file")
@policy.control
@operation(answer=KeptSnapshot)
def import_snapshot(name: str) -> Response:
    """Keep such a file under this name. Its body is the file; large ones go by way of the command."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(request.get_data())
        file.flush()
        return jsonify(told(archive.take_in(_layout(), Path(file.name), name, tools())))


@bp.post("/reset")
@policy.control
@operation(answer=KeptSnapshot)
def reset() -> Response:
    """Bring back the world that the stack began with."""
    require_rest()
    with no_building(_layout()):
        return jsonify(told(service.load_named(_layout(), rules.SEED, tools())))


def _layout() -> Layout:
    home = current_app.config[HOME]
    if home is None:
        raise conflict("This desk belongs to no stack.", rule=rules.RULE)
    return Layout(home, process_environment())


def tools() -> Tools:
    """The parts that snapshots need, as this desk has them."""
    return Tools(SystemClock(), SystemIds(), current_app.extensions[REWINDER])


def require_rest() -> None:
    """Time must not be on its way. Errors: 409."""
    courses: Courses = current_app.extensions[COURSES]
    if courses.is_busy:
        raise conflict("Time is being advanced. Wait for its end, or stop it.", rule=rules.RULE)
