"""The frame of the desk's pages: their navigation, whose forms they take, and how they tell that something was refused.

Source: fidelity.md: pages.own.
"""

from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, abort, current_app, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from common.desk.control import HOME, THIS_MACHINE_ONLY
from common.desk.leading import without_commands
from common.desk.time.apps import AppRefused
from common.desk.time.http import NotThere
from common.errors import Refusal
from common.server.own_hosts import is_from_this_machine
from common.ui import standalone
from common.ui.answers import is_enhanced
from common.ui.shell import NavItem
from common.ui.standalone import require_own_form, texts

_PAGES = (
    ("/", "x.startPage", "home"),
    ("/time", "x.timePage", "clock"),
    ("/inspector", "x.inspector", "search"),
    ("/faults", "x.faults", "blocked"),
    ("/incidents", "x.incidents", "warning"),
    ("/forge", "x.forge", "edit"),
    ("/worlds", "x.worlds", "globe"),
    ("/rehearse", "x.rehearsal", "refresh"),
    ("/doctor", "x.doctor", "check"),
    ("/mailbox", "x.mailbox", "mail"),
)
"""Path, text and icon of each page, in the order of the navigation."""


def give_frame(app: Flask) -> None:
    """What all pages need, whichever are loaded first."""
    if standalone.templates.name not in app.blueprints:
        app.register_blueprint(standalone.templates)
        app.register_error_handler(HTTPException, _show_http_error)


def desk_pages(name: str) -> Blueprint:
    """A blueprint for pages that control the stack: for this machine's user, also where the mailbox is shown to the
    network; only a page of ours sends their forms, and refusals are told to people."""
    pages = Blueprint(name, name)
    pages.before_request(_require_user_and_form)
    for kind in (Refusal, AppRefused, NotThere):
        pages.register_error_handler(kind, _tell)
    return pages


def render(template: str, status: int = 200, **values: Any) -> Response:
    """A page with the desk's navigation."""
    t = texts()
    pages = _PAGES if current_app.config[HOME] else ()  # a mailbox alone is a single page
    nav = [NavItem(t(key), path, _is_here(path), testid=key, icon=icon) for path, key, icon in pages]
    return standalone.render(template, status, nav=nav, **values)


def ask(question: str, text: str, accept: str, action: str, back: str, **more: Any) -> Response:
    """What is lost before it is: the button that does it (a form to `action`), and the way back.

    more: values (of the form), keeps (whether it is offered to keep a snapshot first).
    """
    return render("ui/ask.html", question=question, text=text, accept=accept, action=action, back_to=back, **more)


def stay(path: str) -> ResponseReturnValue:
    """After a form that was taken: the page that shows what it did."""
    return jsonify(location=path) if is_enhanced() else redirect(path, 303)


def _show_http_error(error: HTTPException) -> ResponseReturnValue:
    """A page for people who look for one; what programs get stays as it is."""
    is_person = "text/html" in request.headers.get("Accept", "") and not request.path.startswith("/_sim")
    if not is_person or error.response is not None:
        return error
    return show_problem(error.code or 500, "x.pageNotFound" if error.code == 404 else "x.requestRefused")


def show_problem(status: int, key: str) -> ResponseReturnValue:
    """What was refused, in a text of ours: a page, or for a script its words."""
    told: dict[str, Any] = {"message": texts()(key), "gloss": None, "own": True, "details": None}
    return (jsonify(told | {"fields": {}}), status) if is_enhanced() else render("ui/message.html", status, **told)


def home() -> Path:
    """The stack's home folder."""
    found: Path = current_app.config[HOME]
    return found


def _is_here(path: str) -> bool:
    return request.path == path or (path != "/" and request.path.startswith(f"{path}/"))


def _require_user_and_form() -> None:
    if not is_from_this_machine(request.remote_addr, request.headers):
        raise Refusal(403, THIS_MACHINE_ONLY, rule="sim.this-machine")
    if current_app.config[HOME] is None:
        abort(404)
    if request.method not in ("GET", "HEAD"):
        require_own_form()


def _tell(problem: Exception) -> ResponseReturnValue:
    status, t = problem.status if isinstance(problem, Refusal | AppRefused) else 503, texts()
    message, lead = without_commands(str(problem))
    gloss, _ = without_commands(t.gloss(str(problem)) or "")
    told: dict[str, Any] = {
        "message": message,
        "gloss": gloss or None,
        "own": not gloss and not message.isascii(),  # told in the language of the page already
        "details": {"href": lead.href, "label": t(lead.key)} if lead else None,
    }
    return (jsonify(told | {"fields": {}}), status) if is_enhanced() else render("ui/message.html", status, **told)
