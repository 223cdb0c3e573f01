"""HTTP of sponsorships that both sides serve, and what each side refuses because only the other one serves it.

Source: src/Api/Billing/Controllers/OrganizationSponsorshipsController.cs,
src/Api/Controllers/SelfHosted/SelfHostedOrganizationSponsorshipsController.cs;
fidelity.md: sponsorship.sync-status, sponsorship.routes.
"""

from typing import Any
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
OF_ORGANIZATION = "/<uuid:organization_id>"
NAMED = f"{OF_ORGANIZATION}/<path:friendly_name>/revoke"

MANAGES_USERS = policy.organization(MANAGE_USERS)

bp = Blueprint("sponsorships", __name__, url_prefix=BASE)


@bp.get(f"{OF_ORGANIZATION}/sync-status")
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


def _served(base: str, **offer: Any) -> tuple[Guarded, ...]:
    """What both sides have, each under its own base. offer: how the input of a new offer is looked at."""
    return (
        Guarded(("POST",), f"{base}{OF_ORGANIZATION}/families-for-enterprise", **offer),
        Guarded(("DELETE",), f"{base}{OF_ORGANIZATION}"),
        Guarded(("POST",), f"{base}{OF_ORGANIZATION}/delete"),
        Guarded(("DELETE",), f"{base}{NAMED}", MANAGES_USERS),
        Guarded(("GET",), f"{base}{OF_ORGANIZATION}/sponsored"),
    )


SELF_HOSTED_ROUTES = _served(f"{BASE}/self-hosted", json=True)
"""For the cloud's guard."""

CLOUD_ROUTES = (
    *_served(BASE, body=SponsorshipCreate),
    Guarded(("POST",), f"{BASE}{OF_ORGANIZATION}/families-for-enterprise/resend", MANAGES_USERS),
    Guarded(("POST",), f"{BASE}/validate-token"),
    Guarded(("POST",), f"{BASE}/redeem", body=SponsorshipRedeem),
    Guarded(("DELETE",), f"{BASE}/sponsored{OF_ORGANIZATION}"),
    Guarded(("POST",), f"{BASE}/sponsored{OF_ORGANIZATION}/remove"),
    Guarded(("POST",), f"{BASE}/sync", policy.installation, json=True),
)
"""For an instance's guard. Upstream serves `sync` there too, to nobody: an instance gives no installation a token."""
