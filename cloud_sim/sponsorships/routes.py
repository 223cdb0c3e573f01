"""HTTP of sponsorships on the cloud: for members, for families, for instances that sync. `control` is the simulator's.

Source: src/Api/Billing/Controllers/OrganizationSponsorshipsController.cs; fidelity.md: sponsorship.sync,
sponsorship.routes.
"""

from uuid import UUID

from flask import Blueprint, Response

from cloud_sim.context import context
from cloud_sim.installations.service import token_number
from cloud_sim.sponsorships import answers, service, sync
from cloud_sim.sponsorships.sync import Conversation
from common.domains.families import routes as shared_routes
from common.domains.families import service as shared
from common.domains.families.answers import sponsorship
from common.domains.families.routes import ADMINISTERED, BASE, NAMED, OFFERS, OWN, SELF_HOSTED_ROUTES, SPONSORED
from common.domains.organizations.requirements import MANAGE_USERS
from common.errors import only_when_self_hosted
from common.server import policy
from common.server.body import answer, answer_at_length, answer_rows, nothing, query_text, read_json
from common.server.operation import Rows, operation
from common.server.wrong_side import guard
from common.wire.sponsorships import (
    OfferVerdict,
    SponsorshipCreate,
    SponsorshipRedeem,
    SponsorshipResponse,
    SyncAnswer,
    SyncRequest,
)

bp = Blueprint("cloud_sponsorships", __name__)
bp.register_blueprint(shared_routes.bp)
bp.register_blueprint(guard("self_hosted_sponsorships", SELF_HOSTED_ROUTES, only_when_self_hosted))

control = Blueprint("sponsorships_control", __name__, url_prefix="/_sim")


@bp.post(f"{BASE}{OFFERS}/families-for-enterprise")
@policy.application
@operation(body=SponsorshipCreate)
def create_sponsorship(organization_id: UUID) -> Response:
    """Give a Families organization away."""
    service.create_sponsorship(context(), policy.caller().user, organization_id, shared_routes.read_offer())
    return nothing()


@bp.post(f"{BASE}{ADMINISTERED}/families-for-enterprise/resend")
@policy.organization(MANAGE_USERS)
@operation(query=["sponsoredFriendlyName"])
def resend_offer(organization_id: UUID) -> Response:
    """Mail an offer once more."""
    friendly_name = query_text("sponsoredFriendlyName") or None
    service.resend_offer(context(), policy.caller().user, organization_id, friendly_name)
    return nothing()


@bp.post(f"{BASE}/validate-token")
@policy.application
@operation(query=["sponsorshipToken"], answer=OfferVerdict)
def judge_token() -> Response:
    """Whether the caller may redeem a token."""
    verdict = service.judge_token(context(), policy.caller().user, query_text("sponsorshipToken"))
    return answer(OfferVerdict(is_token_valid=verdict.valid, is_free_family_policy_enabled=verdict.forbidden))


@bp.post(f"{BASE}/redeem")
@policy.application
@operation(body=SponsorshipRedeem, query=["sponsorshipToken"])
def redeem_sponsorship() -> Response:
    """Take an offer for a Families organization."""
    wanted = read_json(SponsorshipRedeem)
    token = query_text("sponsorshipToken")
    service.redeem_sponsorship(context(), policy.caller().user, token, wanted.sponsored_organization_id)
    return nothing()


@bp.delete(f"{BASE}{OWN}")
@bp.post(f"{BASE}{OWN}/delete")
@policy.application
@operation()
def revoke_own_sponsorship(organization_id: UUID) -> Response:
    """End what the caller gave away."""
    shared.revoke_own_sponsorship(context(), policy.caller().user, organization_id)
    return nothing()


@bp.delete(f"{BASE}{NAMED}")
@policy.organization(MANAGE_USERS)
@operation()
def revoke_named_sponsorship(organization_id: UUID, friendly_name: str) -> Response:
    """End a sponsorship of the organization."""
    shared.revoke_named_sponsorship(context(), organization_id, friendly_name)
    return nothing()


@bp.delete(f"{BASE}/sponsored{SPONSORED}")
@bp.post(f"{BASE}/sponsored{SPONSORED}/remove")
@policy.application
@operation()
def remove_sponsorship(organization_id: UUID) -> Response:
    """The family gives its sponsorship up."""
    service.remove_sponsorship(context(), policy.caller().user, organization_id)
    return nothing()


@bp.get(f"{BASE}{OFFERS}/sponsored")
@policy.application
@operation(answer=Rows(SponsorshipResponse))
def list_admin_initiated(organization_id: UUID) -> Response:
    """Sponsorships of people who are no members."""
    found = shared.list_admin_initiated(context(), policy.caller().user, organization_id)
    return answer_rows(sponsorship(each) for each in found)


@bp.post(f"{BASE}/sync")
@policy.installation
@operation(body=SyncRequest, answer=SyncAnswer)
def sync_sponsorships() -> Response:
    """Take over what an instance tells of its sponsorships."""
    ctx = context()
    told = read_json(SyncRequest)
    caller = policy.caller()
    outcomes = sync.sync_sponsorships(
        ctx,
        Conversation(caller.installation_id, token_number(caller.token_id)),
        told.sponsoring_organization_cloud_id,
        told.billing_sync_key or "",
        told.sponsorships_batch,
    )
    return answer_at_length(answers.synced_batch(outcomes, ctx.clock.now()))
