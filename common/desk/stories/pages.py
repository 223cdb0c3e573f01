"""The pages of the incidents: `/incidents`, and one that was run, step by step."""

from flask.typing import ResponseReturnValue

from common.desk.frame import desk_pages, home, render
from common.desk.releases.routes import restart_instance
from common.desk.stories import service
from common.desk.stories.home import scene_of
from common.desk.stories.incident import Incident
from common.desk.stories.scene import StoryFailed
from common.desk.stories.service import Step, UnknownIncident
from common.errors import Refusal, not_found
from common.releases import Release
from common.server.locale.texts import CHINESE
from common.ui.standalone import texts

bp = desk_pages("desk_incidents_pages")

STEPS = {
    "stage": "x.incidentStage",
    "see": "x.incidentSee",
    "explain": "x.incidentExplain",
    "repair": "x.incidentRepair",
    "works": "x.incidentWorks",
}
"""What is done, in order -> its text."""


@bp.get("/incidents")
def show_incidents() -> ResponseReturnValue:
    """Every incident as a card."""
    return render("desk/incidents.html", incidents=service.listed(_language()))


@bp.get("/incidents/<name>")
def show_incident(name: str) -> ResponseReturnValue:
    """One incident, before it is run."""
    return _page(name, [], None)


@bp.post("/incidents/<name>")
def run_incident(name: str) -> ResponseReturnValue:
    """Stage it, break it, see it, explain it, repair it: now, on this stack."""
    found, steps, stack = _find(name), list[Step](), home()
    try:
        for step in service.tell(found, scene_of(stack, _restart_as), _language()):
            steps.append(step)  # what was done before it failed is shown, too
    except (StoryFailed, Refusal) as problem:
        return _page(name, steps, str(problem))
    return _page(name, steps, None)


def _restart_as(version: str) -> None:
    restart_instance(home(), Release.parse(version))


def _page(name: str, steps: list[Step], problem: str | None) -> ResponseReturnValue:
    _find(name)
    told = next(each for each in service.listed(_language()) if each["name"] == name)
    return render("desk/incident.html", incident=told, steps=steps, names=STEPS, problem=problem)


def _find(name: str) -> Incident:
    try:
        return service.find_incident(name)
    except UnknownIncident as error:
        raise not_found("sim.incident") from error


def _language() -> str:
    return "zh" if texts().language == CHINESE else "en"
