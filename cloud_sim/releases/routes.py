"""HTTP of the release dial: `GET /_sim/releases`, `PUT /_sim/releases/{app}`."""

from flask import Blueprint, Response

from cloud_sim.context import context
from cloud_sim.releases import service
from common.errors import bad_request
from common.server import policy
from common.server.body import answer, read_json
from common.server.operation import operation
from common.sim.releases.answers import read_release, releases_answer
from common.wire.releases import ChosenRelease, Releases

bp = Blueprint("sim_releases", __name__, url_prefix="/_sim/releases")


@bp.get("")
@policy.control
@operation(answer=Releases)
def list_releases() -> Response:
    """The release that is simulated, and what each release changed."""
    return _releases()


@bp.put("/<app>")
@policy.control
@operation(body=ChosenRelease, answer=Releases)
def choose_release(app: str) -> Response:
    """Issue licences and answer as this release from now on. app: this one's own name, such as `cloud-us`."""
    own = context().side.app_name
    if app != own:
        raise bad_request(f"This is {own}, not {app}.", rule="sim.app")
    service.choose_release(context(), read_release(read_json(ChosenRelease).release))
    return _releases()


def _releases() -> Response:
    return answer(releases_answer(str(service.simulated_release(context()))))
