"""Control of entrances: `POST /_sim/entrances`."""

from flask import Blueprint, Response

from common.domains.identity.entrances import service
from common.server import policy
from common.server.app import context
from common.server.body import answer, read_json
from common.server.operation import operation
from common.ui.answers import local_path
from common.wire.base import ErrorAnswer, WireModel, WireRequest

_FIRST = "/vault"

bp = Blueprint("sim_entrances", __name__, url_prefix="/_sim/entrances")


class EntranceRequest(WireRequest):
    """email: of an account that is here. path: of the page that comes first, the vault's without one."""

    email: str
    path: str | None = None


class Entrance(WireModel):
    """path: a page that signs the browser in, good for two minutes."""

    path: str


@bp.post("")
@policy.control
@operation(body=EntranceRequest, answer=Entrance, answers={404: ErrorAnswer})
def open_entrance() -> Response:
    """A page that signs a browser in as an account, without its password; the vault's keys still need that."""
    wanted = read_json(EntranceRequest)
    sealed = service.open_entrance(context(), wanted.email, local_path(wanted.path, _FIRST))
    return answer(Entrance(path=f"/enter?as={sealed}"))
