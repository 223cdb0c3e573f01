"""Control of entrances to the portal: `POST /_sim/portal/entrances`."""

from flask import Blueprint, Response

from common.domains.identity.entrances.routes import Entrance, EntranceRequest
from common.server import policy
from common.server.body import answer, read_json
from common.server.operation import operation
from common.wire.base import ErrorAnswer
from selfhost.context import context
from selfhost.portal.login import rules, service

bp = Blueprint("sim_portal_entrances", __name__, url_prefix="/_sim/portal/entrances")


@bp.post("")
@policy.control
@operation(body=EntranceRequest, answer=Entrance, answers={404: ErrorAnswer})
def open_portal_entrance() -> Response:
    """The link that the portal mails to an administrator, without the mail; it leads to `path`."""
    wanted = read_json(EntranceRequest)
    return answer(Entrance(path=service.open_entrance(context(), wanted.email, wanted.path or rules.HOME)))
