"""The panel of simulated time at the desk: `/simulation`, the same as in the apps."""

from pathlib import Path

from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue

from common.desk.control import HOME
from common.files import read_json
from common.ui.simulation.panel import TEMPLATE, panel
from common.ui.simulation.relay import Relay
from common.ui.standalone import render, require_own_form, texts

bp = Blueprint("desk_simulation", __name__)


@bp.get("/simulation")
def show_simulation() -> ResponseReturnValue:
    """The steps that time can be moved by."""
    return render(TEMPLATE, **panel(_relay(), texts(), {}))


@bp.post("/simulation")
def move_time() -> ResponseReturnValue:
    """What a step would bring; with `go`, take it."""
    require_own_form()
    return render(TEMPLATE, **panel(_relay(), texts(), request.form))


def _relay() -> Relay | None:
    """To this desk itself: the panel knows one way."""
    home: Path | None = current_app.config[HOME]
    if home is None:
        return None
    authority = (read_json(home / "stack.json") or {}).get("ca")
    return Relay(request.host_url.rstrip("/"), Path(authority) if authority else None)
