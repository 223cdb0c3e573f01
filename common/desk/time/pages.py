"""Time at the desk: `/time` with an organization's time line, the agenda and the jobs; and the panel, `/simulation`."""

from pathlib import Path
from typing import Any

from flask import abort, request
from flask.typing import ResponseReturnValue

from common.desk.beliefs import service as beliefs
from common.desk.control import apps_of
from common.desk.frame import desk_pages, home, render, stay
from common.desk.time import service
from common.desk.time.http import segment
from common.desk.time.line import line_of
from common.desk.time.routes import HORIZON, stack_now
from common.files import read_json
from common.ui.simulation.panel import TEMPLATE, panel
from common.ui.simulation.relay import Relay
from common.ui.simulation.rules import KINDS, happenings
from common.ui.standalone import texts

bp = desk_pages("desk_time_pages")


@bp.get("/simulation")
def show_simulation() -> ResponseReturnValue:
    """The steps that time can be moved by."""
    return render(TEMPLATE, **panel(_relay(), texts(), {}))


@bp.post("/simulation")
def move_time() -> ResponseReturnValue:
    """What a step would bring; with `go`, take it."""
    return render(TEMPLATE, **panel(_relay(), texts(), request.form))


@bp.get("/time")
def show_time() -> ResponseReturnValue:
    """The time line of an organization (`organization`), what will happen, and the jobs of all sides."""
    state = beliefs.state_of(apps_of(), None)
    pairs = state["organizations"]
    wanted = request.args.get("organization")
    pair = next((each for each in pairs if wanted == _id_of(each)), pairs[0] if pairs else None)
    stack = stack_now()
    ahead = service.agenda(stack, stack.now + HORIZON)
    ids = {each["id"] for each in ((pair["cloud"], pair["instance"]) if pair else ()) if each}
    own = [each["at"] for each in ahead if str(each.get("organizationId")) in ids]
    events, _ = happenings([{**each, "at": each["at"].isoformat()} for each in ahead])
    return render(
        "desk/time.html",
        pairs=[(_id_of(each), each["name"] or _id_of(each)) for each in pairs],
        chosen=_id_of(pair) if pair else None,
        line=line_of(pair, stack.now, own) if pair else None,
        events=events,
        kinds=KINDS,
        jobs=[(app, job) for app, facts in state["apps"].items() for job in facts["jobs"]],
        silent=state["silent"],
    )


@bp.post("/time/run")
def run_job() -> ResponseReturnValue:
    """Run a job of an app now."""
    app = apps_of().get(request.form.get("app", ""))
    if app is None:
        abort(404)
    job = segment(request.form.get("job", ""))
    app.post(f"/_sim/jobs/{job}/run", {})
    return stay("/time")


def _id_of(pair: dict[str, Any]) -> str:
    return str((pair["cloud"] or pair["instance"])["id"])


def _relay() -> Relay:
    """To this desk itself: the panel knows one way."""
    authority = (read_json(home() / "stack.json") or {}).get("ca")
    return Relay(request.host_url.rstrip("/"), Path(authority) if authority else None)
