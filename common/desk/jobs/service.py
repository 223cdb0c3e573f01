"""The recurring jobs of all apps, through one door."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from common.desk.faults.service import Told, Transport, ask, ask_all
from common.sim.faults.rules import unknown

_PATH = "/_sim/jobs"


def list_jobs(apps: Mapping[str, Transport]) -> Told:
    """App -> its jobs."""
    return ask_all(apps, lambda app: app.get(_PATH)["data"])


def run_job(apps: Mapping[str, Transport], name: str, app: str | None) -> list[dict[str, Any]]:
    """The runs, at every app that has the job, or at one. Errors: 400 there is none; 503 the app does not answer."""
    if app is not None and app not in apps:
        raise unknown("app", app, apps)
    chosen = apps if app is None else {app: apps[app]}
    listed = list_jobs(chosen)
    if app is not None and listed.silent:
        ask(lambda: chosen[app].get(_PATH))  # says what it has to say
    having = {place: [job["name"] for job in jobs] for place, jobs in listed.answers.items()}
    places = [place for place, names in having.items() if name in names]
    if not places:
        raise unknown("job", name, {each for names in having.values() for each in names})
    path = f"{_PATH}/{quote(name, safe='')}/run"
    return [{"app": place, **_run(apps[place], path)} for place in places]


def _run(app: Transport, path: str) -> dict[str, Any]:
    run: dict[str, Any] = ask(lambda: app.post(path, {}))
    return run
