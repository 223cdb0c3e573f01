"""Sponsorships on an instance: `/organization/sponsorship/self-hosted`, and control of their sync under `/_sim`.

Source: src/Api/Controllers/SelfHosted/SelfHostedOrganizationSponsorshipsController.cs;
fidelity.md: sponsorship.routes.
"""

from uuid import UUID

from flask import Blueprint, Response, request

from common.domains.families import routes as shared_routes
from common.domains.families import service as shared
from common.domains.families.answers import sponsorship
from common.domains.families.routes import BASE, CLOUD_ROUTES, NAMED, OFFERS
from common.domains.organizations.requirements import MANAGE_USERS
from common.errors import only_when_not_self_hosted
from common.server import policy
from common.server.body import answer, answer_rows, nothing, path_uuid
from common.server.operation import Rows, operation
from common.server.wrong_side import guard
from common.wire.control import ConnectedOrganization, SponsorshipRun, SponsorshipState
from common.wire.sponsorships import SponsorshipCreate, SponsorshipResponse
from selfhost.context import context
from selfhost.sponsorships import answers, runs, service, sync

OWN_BASE = f"{BASE}/self-hosted"

bp = Blueprint("instance_sponsorships", __name__)
bp.register_blueprint(shared_routes.bp)
bp.register_blueprint(guard("cloud_sponsorships", CLOUD_ROUTES, only_when_not_self_hosted))


@bp.post(f"{OWN_BASE}{OFFERS}/families-for-enterprise")
@policy.application
@operation(body=SponsorshipCreate)
def create_sponsorship(organization_id: UUID) -> Response:
    """Give a Families organization away."""
    service.create_sponsorship(context(), policy.caller().user, organization_id, shared_routes.read_offer())
    return nothing()


@bp.delete(f"{OWN_BASE}{OFFERS}")
@bp.post(f"{OWN_BASE}{OFFERS}/delete")
@policy.application
@operation()
def revoke_own_sponsorship(organization_id: UUID) -> Response:
    """Take back what the caller gave away."""
    shared.revoke_own_sponsorship(context(), policy.caller().user, organization_id)
    return nothing()


@bp.delete(f"{OWN_BASE}{NAMED}")
@policy.organization(MANAGE_USERS)
@operation()
def revoke_named_sponsorship(organization_id: UUID, friendly_name: str) -> Response:
    """Take back a sponsorship of the organization."""
    shared.revoke_named_sponsorship(context(), organization_id, friendly_name)
    return nothing()


@bp.get(f"{OWN_BASE}/<guid('orgId'):organization_id>/sponsored")
@policy.application
@operation(answer=Rows(SponsorshipResponse))
def list_sponsored(organization_id: UUID) -> Response:
    """The sponsorships of people who are no members."""
    rows = shared.list_admin_initiated(context(), policy.caller().user, organization_id)
    return answer_rows(sponsorship(row) for row in rows)


# --- control


control_bp = Blueprint("sim_sponsorships", __name__, url_prefix="/_sim")


@control_bp.post("/organizations/<organization_id>/sponsorships/sync")
@policy.control
@operation(answer=SponsorshipRun)
def sync_now(organization_id: str) -> Response:
    """*Manual Sync* without the portal: waits for the end, answers the run; one that failed is no HTTP error."""
    return answer(answers.run(sync.sync_organization(context(), path_uuid(organization_id), sync.MANUAL)))


@control_bp.get("/organizations/<organization_id>/sponsorships")
@policy.control
@operation(answer=Rows(SponsorshipState, plain=True))
def list_states(organization_id: str) -> Response:
    """What people are told of each sponsorship, oldest first: upstream's status word and, beside it, Awaiting Sync."""
    rows = service.list_sponsorships(context(), path_uuid(organization_id))
    return answer_rows((answers.state(row) for row in rows), plain=True)


@control_bp.get("/sponsorships/organizations")
@policy.control
@operation(answer=Rows(ConnectedOrganization, plain=True))
def list_connected() -> Response:
    """The organizations that the daily job syncs, oldest first."""
    found = sync.connected_organizations(context())
    return answer_rows((answers.connected_organization(*each) for each in found), plain=True)


@control_bp.get("/sponsorships/runs")
@policy.control
@operation(query=["organizationId"], answer=Rows(SponsorshipRun, plain=True))
def list_runs() -> Response:
    """The newest runs, newest first; one under way shows how far it is. `?organizationId=` picks one organization."""
    organization = request.args.get("organizationId")
    found = runs.list_runs(context(), path_uuid(organization) if organization else None)
    return answer_rows((answers.run(each) for each in found), plain=True)
