"""The start page: where everything is, who is there, and how far one has come with the documents.

Source: fidelity.md: pages.shell.
"""

import logging
from pathlib import Path
from urllib.parse import quote

from flask import Blueprint, Response, abort, current_app, make_response, redirect, request
from flask.typing import ResponseReturnValue

from common.desk import instance
from common.desk.control import HOME, apps_of
from common.desk.frame import desk_pages, render, stay
from common.desk.frame import home as stack_home
from common.desk.guide import WAYS, address_of, needed_first
from common.desk.rules import INSTANCE, Step
from common.desk.service import Desk, desk_of
from common.desk.stories.doing import DOES
from common.desk.stories.home import scene_for
from common.desk.stories.scene import StoryFailed
from common.desk.time.apps import AppRefused
from common.errors import conflict
from common.server.locale.texts import LANGUAGES
from common.server.own_hosts import is_from_this_machine, require_own
from common.ui.answers import is_enhanced, local_path
from common.ui.standalone import keep, require_own_form, texts
from common.ui.visit import LANGUAGE_COOKIE, THEME_COOKIE, THEMES

log = logging.getLogger(__name__)

bp = Blueprint("desk", __name__, template_folder="templates")
actions = desk_pages("desk_start")


@bp.get("/")
def show_start() -> ResponseReturnValue:
    """The start page, which has passwords; of a mailbox alone, and for who is not at this machine, the mailbox."""
    home: Path | None = current_app.config[HOME]
    if home is None or not is_from_this_machine(request.remote_addr, request.headers):
        return redirect("/mailbox")
    desk = desk_of(home, request.args.get("person"))
    people = [(email, email) for email in desk.people]
    first = needed_first(desk.documents)
    files = instance.files_of(home)
    return render("desk/start.html", desk=desk, people=people, files=files, ways=WAYS, does=DOES, first=first)


@actions.get("/log-in-as")
def log_in_as() -> ResponseReturnValue:
    """Lead into an app as one of its accounts (`app`, `email`). Only a page of ours, or a person, asks for it."""
    require_own(request.headers, None, navigable=False)
    app = apps_of().get(request.args.get("app", "").replace("_", "-"))
    if app is None:
        abort(404)
    return redirect(app.url + app.post("/_sim/entrances", {"email": request.args.get("email", "")})["path"], 303)


@actions.get("/show/<step>")
def show_step(step: str) -> ResponseReturnValue:
    """Lead a person (`person`) to the screen of a step, signed in, with what is pressed there marked."""
    require_own(request.headers, None, navigable=False)
    desk, found = _step(step)
    way = WAYS[found.key]
    if way.mailbox or found.path is None:
        return redirect("/mailbox" if way.mailbox else f"/?person={quote(desk.person)}#{found.key}", 303)
    place, name = address_of(found.path, way), "selfhost" if found.app == INSTANCE else f"cloud-{desk.region.lower()}"
    app = apps_of()[name]
    if not way.portal:
        try:
            place = app.post("/_sim/entrances", {"email": desk.person, "path": place})["path"]
        except AppRefused:  # no such account there: the page asks who it is
            log.info("%s has no account on %s", desk.person, name)
    return redirect(app.url + place, 303)


@actions.post("/do/<step>")
def do_step(step: str) -> ResponseReturnValue:
    """Do a step of the documents for a person (`person`)."""
    desk, found = _step(step)
    if found.key not in DOES:
        abort(404)
    cloud, installation = f"cloud_{desk.region.lower()}", desk.apps["selfhost"].progress.get("installationId", "")
    try:
        scene = scene_for(stack_home(), desk.person, cloud, installation)
        scene.name, scene.cloud_id, scene.id = "Acme", desk.there.get("id", ""), desk.here.get("id", "")
        DOES[found.key](scene)
    except StoryFailed as failed:
        raise conflict(failed.told(texts()), rule="sim.story") from failed
    return stay(f"/?person={quote(desk.person)}")


def _step(key: str) -> tuple[Desk, Step]:
    """The step and where everything stands. Errors: 404."""
    desk = desk_of(stack_home(), request.values.get("person"))
    found = next((step for document in desk.documents for step in document.steps if step.key == key), None)
    if found is None:
        abort(404)
    return desk, found


@actions.post("/allow-communication")
def allow_communication() -> ResponseReturnValue:
    """Do step 1 of the documents: the line in the instance's file, rebuild, start."""
    instance.allow_communication(stack_home())
    return stay("/")


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
