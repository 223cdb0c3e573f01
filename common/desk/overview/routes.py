"""The overview of the stack: `GET /_sim` at the desk."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, jsonify

from common.desk.control import HOME, control_blueprint
from common.desk.faults.routes import MAIL_FAULTS
from common.desk.mailbox.faults import MailFaults
from common.desk.mailbox.routes import mails_of
from common.desk.time.apps import AppRefused
from common.desk.time.http import HttpTransport, NotThere, transports_of
from common.server import policy
from common.server.events import Shared, follow
from common.server.operation import Media, operation
from common.settings import process_environment
from common.sim.snapshots.descriptions import shown
from common.sim.snapshots.folders import Layout
from common.wire.desk import StackOverview

FOLLOWED = "wardenloop followed overview"
"""Extension: `followed`."""

_PAUSE, _FRESH = 2.0, 0.5
_MINUTE = len("2027-01-31T12:59")

bp = control_blueprint("desk_overview")


@bp.get("")
@policy.control
@operation(answer=StackOverview)
def show_overview() -> Response:
    """Time of each app and what is on there (null = it does not answer), mails, faults of mails, snapshots."""
    home = current_app.config[HOME]
    return jsonify(
        **_overview(_app()),
        snapshots=[each.name for each in shown(Layout(home, process_environment()))] if home else [],
    )


@bp.get("/events")
@policy.control
@operation(answer=Media("text/event-stream"))
def follow_overview() -> Response:
    """Server-sent events: the overview (with `newestMail`, without snapshots), when it changes."""
    return follow(_app().extensions[FOLLOWED], _shape, _PAUSE)


def followed(app: Flask) -> Shared[dict[str, Any]]:
    """What all who follow the events of a desk look at: each look asks every app."""
    return Shared(lambda: _overview(app) | {"newestMail": mails_of(app).newest()[1]}, _FRESH)


def _shape(overview: Mapping[str, Any]) -> str:
    apps = {
        name: told and {**told, "now": None, "offsetSeconds": round(told["offsetSeconds"])}
        for name, told in overview["apps"].items()
    }
    minute = next((told["now"][:_MINUTE] for told in overview["apps"].values() if told), None)
    return json.dumps({**overview, "apps": apps, "minute": minute}, sort_keys=True)


def _overview(app: Flask) -> dict[str, Any]:
    home: Path | None = app.config[HOME]
    apps = transports_of(home) if home else {}
    faults: MailFaults = app.extensions[MAIL_FAULTS]
    return {
        "apps": {name: _overview_of(each) for name, each in apps.items()},
        "mails": mails_of(app).newest()[0],
        "mailFaults": sum(each["left"] != 0 for each in faults.listed()),
    }


def _app() -> Flask:
    found: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return found


def _overview_of(app: HttpTransport) -> Any:
    try:
        return app.get("/_sim")
    except (NotThere, AppRefused):
        return None
