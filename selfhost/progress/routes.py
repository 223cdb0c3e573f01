"""`GET /_sim/progress`: what has been reached here."""

from flask import Blueprint, Response

from common.server import policy
from common.server.body import answer, query_text
from common.server.operation import operation
from common.wire.progress import InstanceProgress
from selfhost.context import context
from selfhost.progress.service import progress_of

bp = Blueprint("progress", __name__, url_prefix="/_sim/progress")


@bp.get("")
@policy.control
@operation(answer=InstanceProgress, query=["email"])
def show_progress() -> Response:
    """Facts about the account of this address, for the checklist of the start page."""
    return answer(InstanceProgress.model_validate(progress_of(context(), query_text("email"))))
