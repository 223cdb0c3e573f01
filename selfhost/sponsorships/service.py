"""Sponsorships on an instance: given away and taken back here, told to the cloud by the next sync, purged at the end.

Source: src/Api/Controllers/SelfHosted/SelfHostedOrganizationSponsorshipsController.cs,
src/Admin/Jobs/DeleteExpiredSponsorshipsJob.cs; fidelity.md: sponsorship.routes, jobs.schedules.
"""

import logging
from collections.abc import Sequence
from uuid import UUID

from common.domains.families import service as shared
from common.domains.sponsorships import rules as shared_rules
from common.domains.sponsorships import service as book
from common.domains.sponsorships.service import Offer as Offer
from common.domains.sponsorships.service import OrganizationSponsorship
from selfhost.context import SelfHostContext
from selfhost.organizations.service import require_organization

log = logging.getLogger(__name__)

_TASK = "DeleteExpiredSponsorshipsAsync"


def create_sponsorship(
    ctx: SelfHostContext, caller_id: UUID, organization_id: UUID, offer: Offer
) -> OrganizationSponsorship:
    """Store an offer; nobody is mailed before a sync. Neither connection nor cloud communication is needed.

    Errors: those of fidelity.md: sponsorship.create in its order; an instance cannot buy a missing seat.
    """
    return shared.create_sponsorship(ctx, caller_id, organization_id, offer)


def list_sponsorships(ctx: SelfHostContext, organization_id: UUID) -> Sequence[OrganizationSponsorship]:
    """All sponsorships of an organization, oldest first. Errors: 404 unknown organization."""
    return book.sponsorships_of(ctx, require_organization(ctx, organization_id).id)


def forget_sponsorships(ctx: SelfHostContext, organization_id: UUID) -> None:
    """Delete all sponsorships of an organization that is about to be deleted here; the cloud is not told."""
    book.forget_all(ctx, organization_id)


def purge_expired(ctx: SelfHostContext) -> list[UUID | None]:
    """Forget sponsorships that ended more than 90 days ago; who gave each of them away.

    None without cloud communication, as upstream.
    """
    if not ctx.deployment.enable_cloud_communication:
        return []
    log.info("Execute job task: %s", _TASK)
    forgotten = book.delete_ended(ctx, ctx.clock.now() - shared_rules.PURGE_AFTER)
    log.info("Finished job task: %s", _TASK)
    return forgotten
