"""The event log of an organization: the sponsorship syncs of its self-hosted instances, all that is recorded here.

Source: spec/screens.md C3; src/Core/Enums/EventType.cs (1608).
"""

from uuid import UUID

from flask.typing import ResponseReturnValue

from cloud_sim.context import context
from cloud_sim.sponsorships.service import events_of
from common.organizations import rules
from common.organizations.service import require_console
from common.web import policy
from common.web.operation import page
from common.web.ui.guards import me, signed_in
from common.web.ui.pages import page_blueprint, render

bp = page_blueprint("reporting_pages", __name__)


@bp.get("/organizations/<uuid:organization_id>/reporting/events")
@policy.page(signed_in)
@page()
def show_events(organization_id: UUID) -> ResponseReturnValue:
    """The newest first."""
    ctx = context()
    standing = require_console(ctx, organization_id, me().id, rules.may_read_events)
    events = reversed(events_of(ctx, organization_id))
    return render("reporting/events.html", organization=standing.organization, events=list(events))
