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
from common.desk.keys import MAIL_STORE, MAILBOX
from common.desk.mailbox.parsing import ReceivedMail
from common.desk.mailbox.store import MailStore
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

_ENTRANCES, _PORTAL_ENTRANCES = "/_sim/entrances", "/_sim/portal/entrances"
_OFFER = "/accept-families-for-enterprise?"
"""In the link of a mail that offers a sponsorship."""
_LOOKED_THROUGH = 200
"""Mails."""

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
    """Lead into an app as one of its accounts (`app`, `email`), or with `portal` into the portal as an administrator.
    Only a page of ours, or a person, asks for it."""
    require_own(request.headers, None, navigable=False)
    name, email = request.args.get("app", "").replace("_", "-"), request.args.get("email", "")
    app = apps_of().get("selfhost" if name == "portal" else name)
    if app is None:
        abort(404)
    entrances = _PORTAL_ENTRANCES if name == "portal" else _ENTRANCES
    return redirect(app.url + app.post(entrances, {"email": email})["path"], 303)


@actions.get("/show/<step>")
def show_step(step: str) -> ResponseReturnValue:
    """Lead a person (`person`) to the screen of a step, signed in, with what is pressed there marked."""
    require_own(request.headers, None, navigable=False)
    desk, found = _step(step)
    way = WAYS[found.key]
    if way.mailbox or found.path is None:
        return redirect(address_of(_newest_offer(), way) if way.mailbox else _start_of(desk, found), 303)
    app = apps_of()["selfhost" if found.app == INSTANCE else f"cloud-{desk.region.lower()}"]
    email, entrances = desk.person, _ENTRANCES
    if way.portal:
        email, entrances = next(iter(desk.administrators), ""), _PORTAL_ENTRANCES
    place = address_of(found.path, way)
    path, _, fragment = place.partition("#")
    try:
        entrance = app.post(entrances, {"email": email, "path": path if way.portal else place})["path"]
        place = f"{entrance}#{fragment}" if way.portal else entrance  # browsers keep it where the link leads on
    except AppRefused:  # no such account there: the page asks who it is
        log.info("%s has no account on %s", email, app.url)
    return redirect(app.url + place, 303)


def _newest_offer() -> str:
    """Where the newest mail is whose link redeems a sponsorship; the list without one."""
    store: MailStore = current_app.extensions[MAIL_STORE]
    mails = map(ReceivedMail.from_json, store.newest_first(limit=_LOOKED_THROUGH))
    offers = (mail for mail in mails if any(_OFFER in link for link in mail.links))
    return next((f"{MAILBOX}/messages/{mail.id}" for mail in offers), MAILBOX)


def _start_of(desk: Desk, step: Step) -> str:
    document = next(each for each in desk.documents if step in each.steps)
    return f"/?person={quote(desk.person)}#{document.number}-{step.key}"


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


@actions.post("/start-instance")
def start_instance() -> ResponseReturnValue:
    """Start the instance that was stopped, as its script does."""
    instance.do(stack_home(), "start", rule="sim.instance")
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
