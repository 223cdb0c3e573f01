"""The page of the forge: `/forge`. Choose what is wrong with a licence, read what each release answers, download it."""

import base64
from typing import Any
from urllib.parse import quote

from flask import request
from flask.typing import ResponseReturnValue

from common.desk.control import apps_of
from common.desk.frame import desk_pages, home, render
from common.desk.stories.home import owner_here, scene_of
from common.desk.stories.scene import Answer, StoryFailed
from common.desk.time.http import NotThere
from common.errors import bad_request, conflict
from common.license.forged_answers import RELEASES, answers_of
from common.license.forging import DEFECTS
from common.ui.answers import download
from common.ui.standalone import texts

bp = desk_pages("desk_forge_pages")

CLOUDS = ("cloud-us", "cloud-eu")


@bp.get("/forge")
def show_forge() -> ResponseReturnValue:
    """Every defect in words, with the literal answers."""
    return _page()


def _page(status: int = 200, **values: Any) -> ResponseReturnValue:
    t = texts()
    defects = [(name, t(f"x.forge.{name}"), answers_of(name)) for name in DEFECTS]
    return render("desk/forge.html", status, defects=defects, releases=RELEASES, **values)


@bp.post("/forge")
def forge_license() -> ResponseReturnValue:
    """The licence with the chosen defects: as a file, or (`act` = upload) given to the instance at once."""
    chosen, cloud = request.form.getlist("defect"), request.form.get("app", "")
    if not chosen or not set(chosen) <= set(DEFECTS):
        raise bad_request(texts()("x.forgeChoose"), rule="sim.forge")
    if cloud not in CLOUDS:
        raise bad_request(f"app is one of {', '.join(CLOUDS)}.", rule="sim.app")
    organization, uploads = request.form.get("organization", "").strip(), request.form.get("act") == "upload"
    here = _newest_here() if uploads else {}
    wanted = _for_this_instance() | {"organization": organization or here.get("cloudOrganizationId")}
    forged = apps_of()[cloud].post(
        f"/_sim/forge/{','.join(chosen)}", {key: each for key, each in wanted.items() if each}
    )
    content = base64.b64decode(forged["content"])
    if uploads:
        words = [texts()(f"x.forge.{name}") for name in chosen]
        return _page(uploaded=_uploaded(str(here["id"]), content), chosen=words)
    answer = download(forged["fileName"], "")
    answer.set_data(content)
    return answer


def _newest_here() -> dict[str, Any]:
    """The newest organization of the owner on the instance. Errors: 409 there is none."""
    try:
        owner = owner_here(home())
    except StoryFailed as problem:
        raise conflict(problem.told(texts()), rule="sim.story") from problem
    found = apps_of()["selfhost"].get(f"/_sim/progress?email={quote(owner)}")["organizations"]
    if not found:
        raise conflict(texts()("x.forgeNothingHere"), rule="sim.forge")
    newest: dict[str, Any] = found[0]
    return newest


def _uploaded(organization_id: str, content: bytes) -> Answer:
    """What the instance answers when the owner there updates the organization with this file."""
    try:
        scene = scene_of(home(), _never)
        scene.id = organization_id
        return scene.update(content)
    except StoryFailed as problem:
        raise conflict(problem.told(texts()), rule="sim.story") from problem


def _never(_version: str) -> None:
    raise AssertionError("the forge sets no release")


def _for_this_instance() -> dict[str, str | None]:
    """While the instance is down, the installation of the last download has to do."""
    try:
        return {"installationId": apps_of()["selfhost"].get("/_sim/progress")["installationId"]}
    except NotThere:
        return {}
