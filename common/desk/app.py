"""The desk as a Flask application: start page at `/`, mailbox at `/mailbox`, control below `/_sim`."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, request

from common.desk.keys import HOME, MAIL_STORE, MAILBOX, MAILS, REWINDER
from common.desk.mailbox.store import MailStore
from common.errors import Refusal
from common.server.body import CarefulJson
from common.server.own_hosts import LOOPBACK_NAMES, require_own, require_own_control
from common.server.routing import Route
from common.server.sections import ELSE, SectionedApp, Sections
from common.ui.page_headers import PAGE_HEADERS

if TYPE_CHECKING:
    from common.sim.snapshots.rewinding import Rewinder

WHEN_ASKED_FOR: Sections = {
    "common.desk.sections.control": ("_sim",),
    "common.desk.sections.mailbox": ("mailbox",),
    "common.desk.sections.pages": (ELSE,),
}

at_once = Blueprint("desk_at_once", __name__)


@at_once.get(f"{MAILBOX}/alive")
def alive() -> Response:
    """Says that the process serves."""
    return jsonify("ok")


def create_desk(
    mails: Path,
    home: Path | None = None,
    *,
    tls: bool = False,
    local: bool = True,
    allowed_hosts: frozenset[str] = frozenset(),
    rewinder: "Rewinder | None" = None,
) -> SectionedApp:
    """mails: folder of the mailbox (made when missing). home: of the stack that the start page is about.

    local: pages answer to loopback names and `allowed_hosts` only, as control does; those of a desk that listens
    elsewhere have any name. rewinder: of a home that nobody else uses, and that goes with this process.
    """
    app = SectionedApp(__name__, static_folder=None)
    app.url_rule_class = Route
    app.json = CarefulJson(app)
    app.config |= {HOME: home, MAILS: mails, "DESK_TLS": tls}
    app.extensions[REWINDER] = rewinder
    app.extensions[MAIL_STORE] = MailStore(mails)
    app.register_blueprint(at_once)
    app.expect(WHEN_ASKED_FOR)
    app.before_request(partial(_require_own, LOOPBACK_NAMES | allowed_hosts, local=local))
    app.register_error_handler(Refusal, _refuse)
    app.after_request(_harden)
    return app


def _require_own(names: frozenset[str], *, local: bool) -> None:
    if request.path.startswith("/_sim") or request.method not in ("GET", "HEAD", "POST"):  # only forms are posted
        require_own_control(request.headers, names)
    else:
        require_own(request.headers, names if local else None, navigable=request.method in ("GET", "HEAD"))


def _refuse(refusal: Refusal) -> tuple[Response, int]:
    return Response(f"{refusal.message}\n", mimetype="text/plain"), refusal.status


def _harden(response: Response) -> Response:
    for name, value in PAGE_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
