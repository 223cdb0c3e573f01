"""The event log of an organization: the sponsorship syncs of its self-hosted instances, all that is recorded here.

Source: fidelity.md: pages.organization-billing; src/Core/Enums/EventType.cs (1608).
"""

from uuid import UUID

from flask.typing import ResponseReturnValue

from cloud_sim.context import context
from cloud_sim.sponsorships.service import events_of
from common.domains.organizations import rules
from common.domains.organizations.service import require_console
from common.server import policy
from common.server.operation import page
from common.ui.guards import me, signed_in
from common.ui.pages import page_blueprint, render

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
