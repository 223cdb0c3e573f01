"""Time at the desk: `/time` with an organization's time line, the agenda and the jobs; and the panel, `/simulation`."""

from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import abort, request
from flask.typing import ResponseReturnValue

from common.desk.beliefs import service as beliefs
from common.desk.control import apps_of
from common.desk.frame import desk_pages, home, render, stay
from common.desk.time import service
from common.desk.time.billing import EVENTS, caused, events_of
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
    """The steps that time can be moved by; what one of them would bring (`step`, `day`)."""
    return render(TEMPLATE, **panel(_relay(), texts(), {key: request.args.get(key, "") for key in ("step", "day")}))


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
    paying = pair["cloud"]["subscription"] if pair and pair["cloud"] else None
    invoices = _invoices(pair)
    return render(
        "desk/time.html",
        billing=events_of(paying),
        words=EVENTS,
        paying=paying,
        caused=caused(request.args.get("event", ""), request.args.get("before", "").replace(" ", "+"), paying),
        invoices=invoices,
        place=pair["app"] if pair else None,
        pairs=[(_id_of(each), each["name"] or _id_of(each)) for each in pairs],
        chosen=_id_of(pair) if pair else None,
        line=line_of(pair, stack.now, own, [each["date"] for each in invoices]) if pair else None,
        events=events,
        kinds=KINDS,
        when=datetime.fromisoformat,
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


@bp.post("/time/billing")
def cause_billing() -> ResponseReturnValue:
    """Have something happen (`event`) at the payment provider of an organization (`app`, `organization`)."""
    event, organization = request.form.get("event", ""), request.form.get("organization", "")
    app = apps_of().get(request.form.get("app", ""))
    if app is None or event not in EVENTS:
        abort(404)
    path = f"/_sim/organizations/{segment(organization)}/subscription"
    before = app.get(path)["periodEnd"]
    app.post(f"{path}/{event}", {})
    return stay(f"/time?{urlencode({'organization': organization, 'event': event, 'before': before})}")


def _invoices(pair: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Of the organization on its cloud, the newest first."""
    if pair is None or pair["cloud"] is None:
        return []
    told = apps_of()[pair["app"]].get(f"/_sim/organizations/{pair['cloud']['id']}/invoices")["data"]
    return [{**each, "date": datetime.fromisoformat(each["date"])} for each in told]


def _id_of(pair: dict[str, Any]) -> str:
    return str((pair["cloud"] or pair["instance"])["id"])


def _relay() -> Relay:
    """To this desk itself: the panel knows one way."""
    authority = (read_json(home() / "stack.json") or {}).get("ca")
    return Relay(request.host_url.rstrip("/"), Path(authority) if authority else None)
