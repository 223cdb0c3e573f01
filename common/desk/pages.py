"""The start page: where everything is, who is there, and how far one has come with the documents.

Source: fidelity.md: pages.shell.
"""

from pathlib import Path

from flask import Blueprint, Response, current_app, make_response, redirect, request
from flask.typing import ResponseReturnValue

from common.desk.control import HOME
from common.desk.frame import render
from common.desk.service import desk_of
from common.server.locale.texts import LANGUAGES
from common.ui.answers import is_enhanced, local_path
from common.ui.standalone import keep, require_own_form
from common.ui.visit import LANGUAGE_COOKIE, THEME_COOKIE, THEMES

bp = Blueprint("desk", __name__, template_folder="templates")


@bp.get("/")
def show_start() -> ResponseReturnValue:
    """The start page; of a mailbox alone, the mailbox."""
    home: Path | None = current_app.config[HOME]
    if home is None:
        return redirect("/mailbox")
    desk = desk_of(home, request.args.get("person"))
    return render("desk/start.html", desk=desk, people=[(email, email) for email in desk.people])


@bp.post("/language")
def choose_language() -> Response:
    """Remember the language in this browser."""
    return _choose(LANGUAGE_COOKIE, request.form.get("language", ""), LANGUAGES)


@bp.post("/theme")
def choose_theme() -> Response:
    """Remember the theme in this browser."""
    return _choose(THEME_COOKIE, request.form.get("theme", ""), THEMES)


def _choose(cookie: str, value: str, known: tuple[str, ...]) -> Response:
    require_own_form()
    response = make_response("" if is_enhanced() else redirect(local_path(request.form.get("back")), 303))
    if value in known:
        keep(response, cookie, value)
    return response
