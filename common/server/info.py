"""What a server says about itself without being asked who is asking: alive, time, version.

Source: src/Api/Controllers/InfoController.cs; fidelity.md: server.info.
"""

from flask import Blueprint, Response

from common.server import policy
from common.server.app import context
from common.server.body import bare
from common.server.operation import operation
from common.wire.spelling import iso

bp = Blueprint("info", __name__)


@bp.get("/alive")
@bp.get("/now")
@policy.anonymous
@operation(answer=str)
def show_now() -> Response:
    """The current moment, a bare JSON string."""
    return bare(iso(context().clock.now()))


@bp.get("/version")
@policy.anonymous
@operation(answer=str)
def show_version() -> Response:
    """The server release, a bare JSON string."""
    return bare(context().side.release(context()))
