"""The page of the forge: `/forge`. Choose what is wrong with a licence, read what each release answers, download it."""

import base64

from flask import Response, request
from flask.typing import ResponseReturnValue

from common.desk.control import apps_of
from common.desk.frame import desk_pages, render
from common.desk.time.http import NotThere
from common.errors import bad_request
from common.license.forged_answers import RELEASES, answers_of
from common.license.forging import DEFECTS
from common.ui.answers import download
from common.ui.standalone import texts

bp = desk_pages("desk_forge_pages")

CLOUDS = ("cloud-us", "cloud-eu")


@bp.get("/forge")
def show_forge() -> ResponseReturnValue:
    """Every defect in words, with the literal answers."""
    t = texts()
    defects = [(name, t(f"x.forge.{name}"), answers_of(name)) for name in DEFECTS]
    return render("desk/forge.html", defects=defects, releases=RELEASES)


@bp.post("/forge")
def forge_license() -> Response:
    """The licence with the chosen defects, as a file."""
    chosen, cloud = request.form.getlist("defect"), request.form.get("app", "")
    if not chosen or not set(chosen) <= set(DEFECTS):
        raise bad_request(texts()("x.forgeChoose"), rule="sim.forge")
    if cloud not in CLOUDS:
        raise bad_request(f"app is one of {', '.join(CLOUDS)}.", rule="sim.app")
    organization = request.form.get("organization", "").strip()
    wanted = _for_this_instance() | ({"organization": organization} if organization else {})
    forged = apps_of()[cloud].post(f"/_sim/forge/{','.join(chosen)}", wanted)
    answer = download(forged["fileName"], "")
    answer.set_data(base64.b64decode(forged["content"]))
    return answer


def _for_this_instance() -> dict[str, str]:
    """While the instance is down, the installation of the last download has to do."""
    try:
        return {"installationId": apps_of()["selfhost"].get("/_sim/progress")["installationId"]}
    except NotThere:
        return {}
