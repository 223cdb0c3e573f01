"""`/_sim/world` of the desk. The command builds and describes worlds, so that both doors do the same."""

import json
import subprocess
import sys
from typing import Any

from flask import current_app, jsonify, request
from flask.typing import ResponseReturnValue

from common.desk.control import HOME, control_blueprint
from common.desk.snapshots.routes import require_rest
from common.errors import bad_request, conflict
from common.server import policy
from common.server.operation import Schema, operation
from common.wire.desk import AppliedWorld, WorldFile, WorldOrder

bp = control_blueprint("desk_worlds", "/world")

_RULE = "sim.world"
_PATIENCE = 900.0
_LONGEST_WORD = 200

SCHEMA: Schema = {
    "type": "object",
    "required": ["$schema", "title", "type", "properties"],
    "properties": {
        "$schema": {"type": "string"},
        "title": {"type": "string"},
        "type": {"const": "object"},
        "properties": {"type": "object"},
    },
}
"""A JSON Schema of an object."""


@bp.get("")
@policy.control
@operation(answer=WorldFile)
def show_world() -> ResponseReturnValue:
    """The running world as `POST` takes it; what it cannot say is left out."""
    return jsonify(command("export", "--json"))


@bp.get("/schema")
@policy.control
@operation(answer=SCHEMA)
def show_schema() -> ResponseReturnValue:
    """The JSON Schema of worlds."""
    return jsonify(command("schema"))


@bp.post("")
@policy.control
@operation(body=WorldOrder, answer=AppliedWorld)
def apply_world() -> ResponseReturnValue:
    """Replace everything by a world: a document (JSON or YAML), or `{"name"}` of one that comes along.

    `{"accounts", "organizations"}`: how many were made. 400 with line and key where it makes no world; what was there
    is there again then.
    """
    require_rest()
    text = request.get_data(as_text=True)
    wanted = request.get_json(silent=True)
    if isinstance(wanted, dict) and wanted.keys() == {"name"}:
        return jsonify(command("apply", "--json", "--named", "--", str(wanted["name"])))
    return jsonify(command("apply", "--json", "-", sent=text))


def command(*words: str, sent: str = "") -> Any:
    """What `wardenloop world` says to these words. Errors: 400 with its own text; 409 there is no stack."""
    home = current_app.config[HOME]
    if home is None:
        raise conflict("This desk belongs to no stack.", rule=_RULE)
    if wrong := next((each for each in words if len(each) > _LONGEST_WORD or not each.isprintable()), None):
        raise bad_request(f"{wrong[:_LONGEST_WORD]!a} is no name and no number.", rule=_RULE)
    program = [sys.executable, "-P", "-m", "common.cli.main", "--home", str(home), "world", *words]
    done = subprocess.run(  # noqa: S603 - our own program, no shell
        program, input=sent, capture_output=True, encoding="utf-8", timeout=_PATIENCE, check=False
    )
    if done.returncode:
        raise bad_request(done.stderr.strip().removeprefix("Error: ").removeprefix("错误："), rule=_RULE)
    return json.loads(done.stdout)
