"""The release dial over all apps: `GET /_sim/releases`, `PUT /_sim/releases/{app}`."""

from pathlib import Path
from typing import Any

from flask import Response, current_app, jsonify, request

from common.desk import instance
from common.desk.control import HOME, control_blueprint
from common.desk.time.apps import AppRefused
from common.desk.time.http import NotThere, transports_of
from common.errors import bad_request, conflict
from common.releases import NEWEST, Release
from common.server import policy
from common.server.operation import operation
from common.sim.releases.answers import read_release, releases_answer
from common.wire.desk import SimulatedReleases, StackReleases
from common.wire.releases import ChosenRelease

bp = control_blueprint("desk_releases", "/releases")

SELFHOST = "selfhost"


@bp.get("")
@policy.control
@operation(answer=StackReleases)
def list_releases() -> Response:
    """What each release changed, and which ones are simulated: app -> release, null where it does not answer."""
    return jsonify(simulated=_simulated(), data=releases_answer(str(NEWEST)).wire()["data"])


@bp.put("/<app>")
@policy.control
@operation(body=ChosenRelease, answer=SimulatedReleases)
def choose_release(app: str) -> Response:
    """Have an app behave as `{"release"}`: a cloud at once, the instance after the restart that this is."""
    wanted = request.get_json(silent=True)
    text = wanted.get("release") if isinstance(wanted, dict) else None
    if not isinstance(text, str):
        raise bad_request("Send a JSON object with release.", rule="sim.release")
    apps = transports_of(current_app.config[HOME])
    if app not in apps:
        raise bad_request(f"There is no app {app!r}. There are: {', '.join(apps)}.", rule="sim.app")
    release = read_release(text)
    if app == SELFHOST:
        restart_instance(current_app.config[HOME], release)
    else:
        try:
            apps[app].put(f"/_sim/releases/{app}", {"release": str(release)})
        except (NotThere, AppRefused) as problem:
            raise conflict(str(problem), rule="sim.app") from problem
    return jsonify(simulated=_simulated())


def _simulated() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, app in transports_of(current_app.config[HOME]).items():
        try:
            found[name] = app.get("/api/version")
        except (NotThere, AppRefused):
            found[name] = None
    return found


def restart_instance(home: Path, release: Release) -> None:
    """The instance's own word `release`, which its folder keeps. Errors: 409 with what it printed."""
    instance.do(home, "release", f"v{release}", rule="sim.release")
