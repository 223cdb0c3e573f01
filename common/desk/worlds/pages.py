"""The page of worlds and snapshots: `/worlds`. Named beginnings, what was kept, and back to the start."""

from typing import Any
from urllib.parse import quote

from flask import abort, request
from flask.typing import ResponseReturnValue

from common.desk.frame import ask, desk_pages, home, render, stay
from common.desk.snapshots.routes import require_rest, tools
from common.desk.worlds.routes import command
from common.settings import process_environment
from common.sim.snapshots import rules, service
from common.sim.snapshots.descriptions import find, shown, told
from common.sim.snapshots.folders import Layout
from common.sim.snapshots.turns import no_building
from common.ui.standalone import texts

bp = desk_pages("desk_worlds_pages")

PAGE = "/worlds"
_KEPT = "replaced"
"""Name of the snapshot of what was there before; the next ones get a number."""

WORLDS = {
    "empty": "x.worldEmpty",
    "licensed": "x.worldLicensed",
    "synced": "x.worldSynced",
    "sponsorship-offered": "x.worldOffered",
    "sponsorship-active": "x.worldActive",
    "families": "x.worldFamilies",
    "trial": "x.worldTrial",
    "eu": "x.worldEu",
    "eu-empty": "x.worldEuEmpty",
    "grace-day-30": "x.worldGrace",
    "suspended": "x.worldSuspended",
    "fleet-100": "x.worldFleet",
}
"""Worlds that come along -> what is true in them."""


@bp.get(PAGE)
def show_worlds() -> ResponseReturnValue:
    """The worlds that come along, and the snapshots that were taken. `kept`: the one that was just taken."""
    snapshots: list[dict[str, Any]] = [told(each) for each in shown(_layout())]
    kept = next((each["name"] for each in snapshots if each["name"] == request.args.get("kept")), None)
    return render("desk/worlds.html", worlds=WORLDS, snapshots=snapshots, kept=kept)


@bp.get(f"{PAGE}/apply")
def ask_to_apply() -> ResponseReturnValue:
    """Whether everything shall be replaced by a world."""
    name, t = request.args.get("world", ""), texts()
    if name not in WORLDS:
        abort(404)
    text = t("x.worldReplaces", what=t(WORLDS[name]))
    question = t("x.worldApplyAsk", name=name)
    return ask(question, text, t("x.worldApply"), f"{PAGE}/apply", PAGE, values={"world": name}, keeps=True)


@bp.post(f"{PAGE}/apply")
def apply_world() -> ResponseReturnValue:
    """Replace everything by a world; with `keep` what was there stays on the shelf."""
    require_rest()
    kept = ("--keep-as", _KEPT) if request.form.get("keep") else ()
    done = command("apply", "--json", "--named", *kept, "--", request.form.get("world", ""))
    return _stay_and_say(done.get("keptAs"))


@bp.post(f"{PAGE}/save")
def save_snapshot() -> ResponseReturnValue:
    """Keep everything as it is now."""
    require_rest()
    with no_building(_layout()):
        service.save(_layout(), rules.own_name(request.form.get("name", "").strip()), tools())
    return stay(PAGE)


@bp.get(f"{PAGE}/load")
def ask_to_load() -> ResponseReturnValue:
    """Whether everything shall be replaced by what was kept."""
    found, t = find(_layout(), request.args.get("name", "")), texts()
    is_seed = found.name == rules.SEED
    question = t("x.worldResetAsk") if is_seed else t("x.snapshotLoadAsk", name=found.name)
    accept = t("x.worldReset" if is_seed else "x.snapshotLoad")
    text = t("x.snapshotReplaces", moment=t.at(found.saved_at))
    return ask(question, text, accept, f"{PAGE}/load", PAGE, values={"name": found.name}, keeps=True)


@bp.post(f"{PAGE}/load")
def load_snapshot() -> ResponseReturnValue:
    """Bring back what was kept; with `keep` what was there stays on the shelf."""
    require_rest()
    kept, layout = None, _layout()
    with no_building(layout):
        name = find(layout, request.form.get("name", "")).name
        if request.form.get("keep"):
            kept = service.save_beside(layout, _KEPT, tools())
        service.load_named(layout, name, tools())
    return _stay_and_say(kept)


@bp.get(f"{PAGE}/remove")
def ask_to_remove() -> ResponseReturnValue:
    """Whether what was kept shall be forgotten."""
    found, t = find(_layout(), rules.own_name(request.args.get("name", ""))), texts()
    text, question = t("x.snapshotForget", moment=t.at(found.saved_at)), t("x.deleteAsk", name=found.name)
    return ask(question, text, t("delete"), f"{PAGE}/remove", PAGE, values={"name": found.name})


@bp.post(f"{PAGE}/remove")
def remove_snapshot() -> ResponseReturnValue:
    """Forget what was kept."""
    service.remove(_layout(), rules.own_name(request.form.get("name", "")))
    return stay(PAGE)


def _stay_and_say(kept: str | None) -> ResponseReturnValue:
    return stay(f"{PAGE}?kept={quote(kept)}" if kept else PAGE)


def _layout() -> Layout:
    return Layout(home(), process_environment())
