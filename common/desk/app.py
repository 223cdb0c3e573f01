"""The desk as a Flask application: start page at `/`, mailbox at `/mailbox`."""

from functools import partial
from pathlib import Path

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from common.clock import SystemClock
from common.desk import pages
from common.desk.beliefs import routes as beliefs
from common.desk.clock import routes as clock
from common.desk.control import HOME
from common.desk.doctor import pages as doctor_pages
from common.desk.egress import routes as egress
from common.desk.faults import pages as faults_pages
from common.desk.faults import routes as faults
from common.desk.forge import pages as forge_pages
from common.desk.forge import routes as forge
from common.desk.frame import show_problem
from common.desk.inspector import pages as inspector_pages
from common.desk.jobs import routes as jobs
from common.desk.journal import routes as journal
from common.desk.mailbox import pages as mailbox_pages
from common.desk.mailbox import routes as mailbox
from common.desk.mailbox.faults import MailFaults
from common.desk.mailbox.store import MailStore
from common.desk.openapi import routes as openapi
from common.desk.overview import routes as overview
from common.desk.rehearsals import pages as rehearsals_pages
from common.desk.rehearsals import routes as rehearsals
from common.desk.releases import routes as releases
from common.desk.snapshots import routes as snapshots
from common.desk.stories import pages as stories_pages
from common.desk.stories import routes as stories
from common.desk.time import pages as time_pages
from common.desk.time import routes as time
from common.desk.time.courses import Courses
from common.desk.worlds import pages as worlds_pages
from common.desk.worlds import routes as worlds
from common.errors import Refusal
from common.ids import SystemIds
from common.server.body import CarefulJson
from common.server.own_hosts import LOOPBACK_NAMES, require_own, require_own_control
from common.server.routing import Route
from common.sim.snapshots.rewinding import Rewinder
from common.ui import routes as ui
from common.ui.pages import PAGE_HEADERS

MAILBOX = "/mailbox"


def create_desk(
    mails: Path,
    home: Path | None = None,
    *,
    tls: bool = False,
    local: bool = True,
    allowed_hosts: frozenset[str] = frozenset(),
    rewinder: Rewinder | None = None,
) -> Flask:
    """mails: folder of the mailbox (made when missing). home: of the stack that the start page is about.

    local: pages answer to loopback names and `allowed_hosts` only, as control does; those of a desk that listens
    elsewhere have any name. rewinder: of a home that nobody else uses, and that goes with this process.
    """
    app = Flask(__name__, static_folder=None)
    app.url_rule_class = Route
    app.json = CarefulJson(app)
    app.config |= {HOME: home, "DESK_TLS": tls}
    app.extensions[snapshots.REWINDER] = rewinder
    app.extensions[mailbox.STORE] = MailStore(mails)
    app.extensions[time.COURSES] = Courses(SystemClock(), SystemIds())
    app.extensions[stories_pages.TELLINGS] = stories_pages.Tellings()
    app.extensions[faults.MAIL_FAULTS] = MailFaults(mails, SystemIds())
    app.extensions[overview.FOLLOWED] = overview.followed(app)
    app.register_blueprint(time.bp)
    app.register_blueprint(faults.bp)
    app.register_blueprint(overview.bp)
    app.register_blueprint(journal.bp)
    app.register_blueprint(snapshots.bp)
    app.register_blueprint(releases.bp)
    app.register_blueprint(forge.bp)
    app.register_blueprint(stories.bp)
    app.register_blueprint(rehearsals.bp)
    app.register_blueprint(egress.bp)
    app.register_blueprint(worlds.bp)
    app.register_blueprint(beliefs.bp)
    app.register_blueprint(clock.bp)
    app.register_blueprint(jobs.bp)
    app.register_blueprint(openapi.bp)
    app.register_blueprint(ui.assets)
    app.register_blueprint(pages.bp)
    app.register_blueprint(pages.actions)
    app.register_blueprint(inspector_pages.bp)
    app.register_blueprint(worlds_pages.bp)
    app.register_blueprint(time_pages.bp)
    app.register_blueprint(forge_pages.bp)
    app.register_blueprint(stories_pages.bp)
    app.register_blueprint(faults_pages.bp)
    app.register_blueprint(rehearsals_pages.bp)
    app.register_blueprint(doctor_pages.bp)
    app.register_blueprint(mailbox.bp, url_prefix=MAILBOX)
    app.register_blueprint(mailbox_pages.bp, url_prefix=MAILBOX)
    app.before_request(partial(_require_own, LOOPBACK_NAMES | allowed_hosts, local=local))
    app.register_error_handler(Refusal, _refuse)
    app.register_error_handler(HTTPException, _show_http_error)
    app.after_request(_harden)
    return app


def _require_own(names: frozenset[str], *, local: bool) -> None:
    if request.path.startswith("/_sim") or request.method not in ("GET", "HEAD", "POST"):  # only forms are posted
        require_own_control(request.headers, names)
    else:
        require_own(request.headers, names if local else None, navigable=request.method in ("GET", "HEAD"))


def _refuse(refusal: Refusal) -> tuple[Response, int]:
    return Response(f"{refusal.message}\n", mimetype="text/plain"), refusal.status


def _show_http_error(error: HTTPException) -> ResponseReturnValue:
    """A page for people who look for one; what programs get stays as it is."""
    is_person = "text/html" in request.headers.get("Accept", "") and not request.path.startswith("/_sim")
    if not is_person or error.response is not None:
        return error
    return show_problem(error.code or 500, "x.pageNotFound" if error.code == 404 else "x.requestRefused")


def _harden(response: Response) -> Response:
    for name, value in PAGE_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
