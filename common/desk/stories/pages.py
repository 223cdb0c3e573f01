"""The pages of the incidents: `/incidents`, and one, told step by step: stage, break, see, explain, repair."""

from contextlib import suppress
from threading import Lock

from flask import current_app, redirect, request
from flask.typing import ResponseReturnValue

from common.desk.control import apps_of
from common.desk.frame import desk_pages, home, render, stay
from common.desk.leading import without_commands
from common.desk.releases.routes import restart_instance
from common.desk.stories import kept, service
from common.desk.stories.home import owner_here, scene_of
from common.desk.stories.incident import Incident
from common.desk.stories.scene import Scene, StoryFailed
from common.desk.stories.service import Telling, UnknownIncident
from common.errors import Refusal, conflict, not_found
from common.releases import Release
from common.server.locale.texts import CHINESE
from common.server.own_hosts import require_own
from common.ui.answers import local_path
from common.ui.standalone import texts

bp = desk_pages("desk_incidents_pages")

STEPS = {
    "stage": "x.incidentStage",
    "break": "x.incidentBreak",
    "see": "x.incidentSee",
    "explain": "x.incidentExplain",
    "repair": "x.incidentRepair",
    "works": "x.incidentWorks",
}
"""What is done, in order -> its text."""

BUTTONS = {
    "stage": "x.incidentDoStage",
    "break": "x.incidentDoBreak",
    "see": "x.incidentDoSee",
    "explain": "x.incidentDoExplain",
    "repair": "x.incidentDoRepair",
    "works": "x.incidentDoWorks",
}
"""The button that does it -> its text."""

PERSONAL = ("888",)
"""Incidents that are seen on a person's own page of Premium."""

TELLINGS = "desk-tellings"


class Tellings:
    """The incidents that are being told, by name. One step at a time; what is kept of them survives this process."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.found: dict[str, Telling] = {}


@bp.get("/incidents")
def show_incidents() -> ResponseReturnValue:
    """Every incident as a card; those that stand broken say so."""
    broken = [name for name, state in kept.kept(home()).items() if state["broken"] and _stands(name)]
    return render("desk/incidents.html", incidents=service.listed(_language()), broken=broken)


@bp.get("/incidents/<name>")
def show_incident(name: str) -> ResponseReturnValue:
    """One incident, as far as it was told."""
    return _page(name, None)


@bp.post("/incidents/<name>")
def go_on(name: str) -> ResponseReturnValue:
    """Do the next step now, on this stack, if it is the one that the page has shown (`step`), or all at once."""
    wanted, incident, tellings = request.form.get("step", ""), _find(name), _tellings()
    with tellings.lock:
        try:
            telling = _telling(name)
            if wanted in ("stage", "all") and (telling is None or not telling.is_broken):
                telling = tellings.found[name] = Telling(incident, _scene(), _language())
            _do(telling, wanted)
        except StoryFailed as failed:
            return _page(name, failed.told(texts()))
        except Refusal as problem:
            return _page(name, problem.message)
    return stay(f"/incidents/{name}")


@bp.post("/incidents/<name>/forget")
def forget(name: str) -> ResponseReturnValue:
    """Begin anew: what stands broken is put right first, as far as that goes."""
    _find(name)
    tellings = _tellings()
    with tellings.lock:
        telling = _telling(name)
        if telling is not None and telling.is_broken:
            with suppress(StoryFailed, Refusal):  # the world may be another one by now
                telling.put_right()
        tellings.found.pop(name, None)
        kept.drop(home(), name)
    return stay(f"/incidents/{name}")


@bp.get("/see")
def see() -> ResponseReturnValue:
    """Lead into the instance (`path`) as the owner whom incidents are about. Only a page of ours, or a person, asks."""
    require_own(request.headers, None, navigable=False)
    app, path = apps_of()["selfhost"], local_path(request.args.get("path"))
    try:
        owner = owner_here(home())
    except StoryFailed as problem:
        raise conflict(problem.told(texts()), rule="sim.story") from problem
    return redirect(app.url + app.post("/_sim/entrances", {"email": owner, "path": path})["path"], 303)


def _do(telling: Telling | None, wanted: str) -> None:
    if telling is None:
        return
    if wanted == telling.upcoming:
        _go_on(telling)
    while wanted == "all" and telling.upcoming is not None:
        _go_on(telling)


def _go_on(telling: Telling) -> None:
    telling.go_on()
    kept.keep(home(), telling)


def _scene() -> Scene:
    try:
        return scene_of(home(), _restart_as)
    except StoryFailed as problem:
        raise conflict(problem.told(texts()), rule="sim.story") from problem


def _tellings() -> Tellings:
    found: Tellings = current_app.extensions[TELLINGS]
    return found


def _telling(name: str) -> Telling | None:
    """How far an incident was told, also by a desk before this one; what was told in a world that is gone is forgotten.

    Errors: 409 the stack does not answer to whoever would go on.
    """
    tellings, found = _tellings().found, _tellings().found.get(name)
    if found is None and (state := kept.kept(home()).get(name)) is not None:
        found = tellings[name] = kept.told_so_far(state, name, _scene(), _language())
    with suppress(StoryFailed):  # an instance that is down says nothing
        if found is not None and found.scene.id and not found.scene.is_there():
            tellings.pop(name, None)
            kept.drop(home(), name)
            return None
    return found


def _stands(name: str) -> bool:
    """Whether an incident that was broken still is; where nobody answers, it is."""
    try:
        return _telling(name) is not None
    except Refusal:
        return True


def _restart_as(version: str) -> None:
    restart_instance(home(), Release.parse(version))


def _page(name: str, problem: str | None) -> ResponseReturnValue:
    _find(name)
    told = next(each for each in service.listed(_language()) if each["name"] == name)
    problem, lead = without_commands(problem or "")
    try:
        telling = _telling(name)
    except Refusal as refusal:
        telling, (problem, lead) = None, without_commands(refusal.message)
    where = None
    if telling is not None and telling.scene.id:
        where = "/settings/subscription" if name in PERSONAL else _subscription(telling.scene.id)
    return render(
        "desk/incident.html",
        incident=told,
        telling=telling,
        upcoming=telling.upcoming if telling is not None else "stage",
        names=STEPS,
        buttons=BUTTONS,
        where=where,
        problem=problem,
        lead=lead,
    )


def _subscription(organization_id: str) -> str:
    return f"/organizations/{organization_id}/billing/subscription"


def _find(name: str) -> Incident:
    try:
        return service.find_incident(name)
    except UnknownIncident as error:
        raise not_found("sim.incident") from error


def _language() -> str:
    return "zh" if texts().language == CHINESE else "en"
