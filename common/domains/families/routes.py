"""HTTP of sponsorships that both sides serve, and what each side refuses because only the other one serves it.

Source: src/Api/Billing/Controllers/OrganizationSponsorshipsController.cs,
src/Api/Controllers/SelfHosted/SelfHostedOrganizationSponsorshipsController.cs;
fidelity.md: sponsorship.sync-status, sponsorship.routes.
"""

from uuid import UUID

from flask import Blueprint, Response, abort

from common.domains.families import service
from common.domains.sponsorships.service import Offer
from common.server import policy
from common.server.app import context
from common.server.body import answer, read_json
from common.server.operation import operation
from common.server.wrong_side import Guarded
from common.wire.sponsorships import SponsorshipCreate, SyncStatus

BASE = "/organization/sponsorship"
OF_ORGANIZATION = "/<uuid:organization_id>"
NAMED = f"{OF_ORGANIZATION}/<path:friendly_name>/revoke"

bp = Blueprint("sponsorships", __name__, url_prefix=BASE)


@bp.get(f"{OF_ORGANIZATION}/sync-status")
@policy.application
@operation(answer=SyncStatus)
def show_sync_status(organization_id: UUID) -> Response:
    """When sponsorships were synced last, for the owner."""
    return answer(SyncStatus(last_sync_date=service.last_sync(context(), policy.caller().user, organization_id)))


def read_offer() -> Offer:
    """The offer in the body."""
    body = read_json(SponsorshipCreate)
    return Offer(
        sponsored_email=body.sponsored_email,
        friendly_name=body.friendly_name,
        admin_initiated=body.is_admin_initiated is True,
        notes=body.notes,
        plan_sponsorship_type=body.plan_sponsorship_type,
    )


def require_user_manager(organization_id: UUID) -> None:
    """Answer 403 without a body to whoever does not manage the users of the organization."""
    if not service.manages_users(context(), policy.caller().user, organization_id):
        abort(403)


def _served(base: str) -> tuple[Guarded, ...]:
    """What both sides have, each under its own base."""
    return (
        Guarded(("POST",), f"{base}{OF_ORGANIZATION}/families-for-enterprise"),
        Guarded(("DELETE",), f"{base}{OF_ORGANIZATION}"),
        Guarded(("POST",), f"{base}{OF_ORGANIZATION}/delete"),
        Guarded(("DELETE",), f"{base}{NAMED}"),
        Guarded(("GET",), f"{base}{OF_ORGANIZATION}/sponsored"),
    )


SELF_HOSTED_ROUTES = _served(f"{BASE}/self-hosted")
"""For the cloud's guard."""

CLOUD_ROUTES = (
    *_served(BASE),
    Guarded(("POST",), f"{BASE}{OF_ORGANIZATION}/families-for-enterprise/resend"),
    Guarded(("POST",), f"{BASE}/validate-token"),
    Guarded(("POST",), f"{BASE}/redeem"),
    Guarded(("DELETE",), f"{BASE}/sponsored{OF_ORGANIZATION}"),
    Guarded(("POST",), f"{BASE}/sponsored{OF_ORGANIZATION}/remove"),
)
"""For an instance's guard."""
