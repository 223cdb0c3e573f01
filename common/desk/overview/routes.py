"""The overview of the stack: `GET /_sim` at the desk."""

from typing import Any

from flask import Response, current_app, jsonify

from common.desk.control import HOME, control_blueprint
from common.desk.faults.routes import MAIL_FAULTS
from common.desk.mailbox.faults import MailFaults
from common.desk.mailbox.routes import store
from common.desk.time.apps import AppRefused
from common.desk.time.http import HttpTransport, NotThere, transports_of
from common.server import policy
from common.server.operation import operation
from common.settings import process_environment
from common.sim.snapshots import service as snapshots
from common.sim.snapshots.folders import Layout
from common.wire.desk import StackOverview

bp = control_blueprint("desk_overview")


@bp.get("")
@policy.control
@operation(answer=StackOverview)
def show_overview() -> Response:
    """Time of each app and what is on there (null = it does not answer), mails, faults of mails, snapshots."""
    home = current_app.config[HOME]
    apps = transports_of(home) if home else {}
    faults: MailFaults = current_app.extensions[MAIL_FAULTS]
    return jsonify(
        apps={name: _overview_of(app) for name, app in apps.items()},
        mails=store().count(),
        mailFaults=sum(each["left"] != 0 for each in faults.listed()),
        snapshots=[each.name for each in snapshots.shown(Layout(home, process_environment()))] if home else [],
    )


def _overview_of(app: HttpTransport) -> Any:
    try:
        return app.get("/_sim")
    except (NotThere, AppRefused):
        return None
