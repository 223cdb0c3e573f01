"""HTTP of an organization's event log.

Source: src/Api/Dirt/Controllers/EventsController.cs; fidelity.md: clients.pages.
"""

from uuid import UUID

from flask import Blueprint, Response

from cloud_sim.context import context
from cloud_sim.reporting.answers import event
from cloud_sim.sponsorships.service import events_between
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
    start, end = rules.event_range(query_moment("start"), query_moment("end"), ctx.clock.now(), "Range too large.")
    found = events_between(ctx, organization_id, start, end)
    return answer_rows(event(organization_id, each) for each in found)
