"""HTTP of sponsorships that both sides serve, and what each side refuses because only the other one serves it.

Source: src/Api/Billing/Controllers/OrganizationSponsorshipsController.cs,
src/Api/Controllers/SelfHosted/SelfHostedOrganizationSponsorshipsController.cs;
fidelity.md: sponsorship.sync-status, sponsorship.routes.
"""

from uuid import UUID

from flask import Blueprint, Response

from common.domains.families import service
from common.domains.organizations.requirements import MANAGE_USERS
from common.domains.sponsorships.service import Offer
from common.errors import not_found
from common.server import policy
from common.server.app import context
from common.server.body import answer, read_json
from common.server.operation import operation
from common.server.wrong_side import Guarded
from common.wire.sponsorships import SponsorshipCreate, SponsorshipRedeem, SyncStatus

BASE = "/organization/sponsorship"
OFFERS = "/<guid('sponsoringOrgId'):organization_id>"
OWN = "/<guid('sponsoringOrganizationId'):organization_id>"
ADMINISTERED = "/<guid('organizationId'):organization_id>"
SPONSORED = "/<guid('sponsoredOrgId'):organization_id>"
NAMED = f"{ADMINISTERED}/<path:friendly_name>/revoke"

MANAGES_USERS = policy.organization(MANAGE_USERS)

bp = Blueprint("sponsorships", __name__, url_prefix=BASE)


@bp.get(f"{OFFERS}/sync-status")
@policy.anonymous
@operation(answer=SyncStatus)
def show_sync_status(organization_id: UUID) -> Response:
    """When sponsorships were synced last, for the owner; 404 for everybody else, also without a token."""
    guest = policy.guest()
    if guest is None or guest.user_id is None:
        raise not_found("sponsorship.sync-status")
    return answer(SyncStatus(last_sync_date=service.last_sync(context(), guest.user_id, organization_id)))


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


_SELF_HOSTED = f"{BASE}/self-hosted/<organization_id>"  # nobody looks at the id: the whole controller is an instance's

SELF_HOSTED_ROUTES = (
    Guarded(("POST",), f"{_SELF_HOSTED}/families-for-enterprise", json=True),
    Guarded(("DELETE",), _SELF_HOSTED),
    Guarded(("POST",), f"{_SELF_HOSTED}/delete"),
    Guarded(("DELETE",), f"{_SELF_HOSTED}/<path:friendly_name>/revoke", MANAGES_USERS),
    Guarded(("GET",), f"{_SELF_HOSTED}/sponsored"),
)
"""For the cloud's guard."""

CLOUD_ROUTES = (
    Guarded(("POST",), f"{BASE}{OFFERS}/families-for-enterprise", body=SponsorshipCreate),
    Guarded(("DELETE",), f"{BASE}{OWN}"),
    Guarded(("POST",), f"{BASE}{OWN}/delete"),
    Guarded(("DELETE",), f"{BASE}{NAMED}", MANAGES_USERS),
    Guarded(("GET",), f"{BASE}{OFFERS}/sponsored"),
    Guarded(("POST",), f"{BASE}{ADMINISTERED}/families-for-enterprise/resend", MANAGES_USERS),
    Guarded(("POST",), f"{BASE}/validate-token"),
    Guarded(("POST",), f"{BASE}/redeem", body=SponsorshipRedeem),
    Guarded(("DELETE",), f"{BASE}/sponsored{SPONSORED}"),
    Guarded(("POST",), f"{BASE}/sponsored{SPONSORED}/remove"),
    Guarded(("POST",), f"{BASE}/sync", policy.installation, json=True),
)
"""For an instance's guard. Upstream serves `sync` there too, to nobody: an instance gives no installation a token."""
