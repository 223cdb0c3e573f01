"""The page of worlds and snapshots: `/worlds`. Named beginnings, what was kept, and back to the start."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from common.desk.frame import desk_pages, home, render, stay
from common.desk.snapshots.routes import require_rest, tools
from common.desk.worlds.routes import command
from common.settings import process_environment
from common.sim.snapshots import rules, service
from common.sim.snapshots.descriptions import shown, told
from common.sim.snapshots.folders import Layout
from common.sim.snapshots.turns import no_building

bp = desk_pages("desk_worlds_pages")

PAGE = "/worlds"
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
    """The worlds that come along, and the snapshots that were taken."""
    snapshots: list[dict[str, Any]] = [told(each) for each in shown(_layout())]
    return render("desk/worlds.html", worlds=WORLDS, snapshots=snapshots)


@bp.post(f"{PAGE}/apply")
def apply_world() -> ResponseReturnValue:
    """Replace everything by a world."""
    require_rest()
    command("apply", "--json", "--named", "--", request.form.get("world", ""))
    return stay("/")


@bp.post(f"{PAGE}/save")
def save_snapshot() -> ResponseReturnValue:
    """Keep everything as it is now."""
    require_rest()
    with no_building(_layout()):
        service.save(_layout(), rules.own_name(request.form.get("name", "").strip()), tools())
    return stay(PAGE)


@bp.post(f"{PAGE}/load")
def load_snapshot() -> ResponseReturnValue:
    """Bring back what was kept."""
    require_rest()
    with no_building(_layout()):
        service.load_named(_layout(), request.form.get("name", ""), tools())
    return stay(PAGE)


@bp.post(f"{PAGE}/remove")
def remove_snapshot() -> ResponseReturnValue:
    """Forget what was kept."""
    service.remove(_layout(), rules.own_name(request.form.get("name", "")))
    return stay(PAGE)


def _layout() -> Layout:
    return Layout(home(), process_environment())
