"""What the panel shows: the steps, what a step would bring, or what it brought."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from common.server.locale.texts import Texts
from common.ui.simulation.relay import DeskTrouble, Relay
from common.ui.simulation.rules import KINDS, REAL, STEPS, happenings, step_of

TEMPLATE = "ui/simulation.html"


def panel(relay: Relay | None, t: Texts, form: Mapping[str, str]) -> dict[str, Any]:
    """The values of the template. form: what was sent (`step`, `day`, `go`), empty at first."""
    shown: dict[str, Any] = {"steps": STEPS, "kinds": KINDS, "phase": "choose", "problem": None}
    chosen = form.get("step", "")
    if relay is None:
        return shown | {"phase": "alone"}
    if not chosen:
        return shown
    if chosen == REAL:
        return shown | _back_to_real_time(relay, t)
    step = step_of(chosen, form.get("day", ""))
    if step is None:
        return shown | {"problem": t("x.simNoSuchDay")}
    try:
        report = relay.go(step) if "go" in form else relay.look(step)
    except DeskTrouble as trouble:
        return shown | _problem(trouble, t)
    events, jobs = happenings(report["events"])
    return shown | {
        "phase": "happened" if "go" in form else "ahead",
        "problem": report.get("error"),
        "chosen": chosen,
        "day": form.get("day", ""),
        "to": datetime.fromisoformat(report.get("at", report["to"])),
        "events": events,
        "jobs": jobs,
    }


def _back_to_real_time(relay: Relay, t: Texts) -> dict[str, Any]:
    try:
        relay.back()
    except DeskTrouble as trouble:
        return _problem(trouble, t)
    return {"phase": "real"}


def _problem(trouble: DeskTrouble, t: Texts) -> dict[str, Any]:
    return {"problem": trouble.text or t("x.simDeskSilent")}
