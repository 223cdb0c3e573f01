"""Asking all apps what they believe."""

from collections.abc import Mapping
from typing import Any

from common.desk.beliefs.rules import is_meant, paired
from common.desk.faults.service import Transport
from common.desk.time.http import NotThere
from common.errors import Refusal

PATH = "/_sim/state"


def state_of(apps: Mapping[str, Transport], wanted: str | None) -> dict[str, Any]:
    """`organizations` (pairs), `apps` (all else by name) and `silent`. Errors: 404 nobody knows the wanted one."""
    states, silent = {}, []
    for name, app in apps.items():
        try:
            states[name] = app.get(PATH)
        except NotThere:
            silent.append(name)
    every = paired(states)
    meant = [each for each in every if wanted is None or is_meant(each, wanted)]
    if wanted is not None and not meant:
        known = ", ".join(sorted({str(each["name"]) for each in every})) or "none"
        raise Refusal(404, f"There is no organization {wanted}. Known: {known}.", rule="sim.organization")
    rest = {
        name: {key: value for key, value in state.items() if key != "organizations"} for name, state in states.items()
    }
    return {"organizations": meant, "apps": rest, "silent": silent}
