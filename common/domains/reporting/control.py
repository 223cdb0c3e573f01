"""Simulator control over event logs."""

from uuid import UUID

from flask import Blueprint, Response

from common.domains.events import service as events
from common.domains.organizations.service import find_organization
from common.domains.reporting.answers import event
from common.errors import not_found
from common.server import policy
from common.server.app import context
from common.server.body import answer_rows
from common.server.operation import Rows, operation
from common.wire.events import EventAnswer

bp = Blueprint("events_control", __name__, url_prefix="/_sim")


@bp.get("/organizations/<uuid:organization_id>/events")
@policy.control
@operation(answer=Rows(EventAnswer, plain=True))
def list_events(organization_id: UUID) -> Response:
    """An organization's whole event log, the oldest first."""
    ctx = context()
    if find_organization(ctx, organization_id) is None:
        raise not_found("events.unknown-organization")
    return answer_rows((event(each) for each in events.all_of_organization(ctx, organization_id)), plain=True)
