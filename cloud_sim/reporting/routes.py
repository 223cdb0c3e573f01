"""HTTP of an organization's event log.

Source: src/Api/Dirt/Controllers/EventsController.cs; fidelity.md: clients.pages.
"""

from uuid import UUID

from flask import Blueprint, Response

from cloud_sim.context import context
from cloud_sim.reporting.answers import event
from cloud_sim.sponsorships.service import events_of
from common.domains.organizations import rules
from common.domains.organizations.service import require_standing
from common.server import policy
from common.server.body import answer_rows, query_moment
from common.server.operation import Rows, operation
from common.wire.events import OrganizationEventAnswer

bp = Blueprint("reporting", __name__)


@bp.get("/organizations/<guid:organization_id>/events")
@policy.application
@operation(query=["start", "end", "continuationToken"], answer=Rows(OrganizationEventAnswer))
def list_events(organization_id: UUID) -> Response:
    """What was recorded between two moments, the newest first."""
    ctx = context()
    require_standing(ctx, organization_id, policy.caller().user, rules.may_read_events)
    start, end = query_moment("start"), query_moment("end")
    found = [
        each
        for each in reversed(events_of(ctx, organization_id))
        if (start is None or each.date >= start) and (end is None or each.date <= end)
    ]
    return answer_rows(event(each) for each in found)
