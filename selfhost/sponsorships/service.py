"""Sponsorships on an instance: given away and taken back here, told to the cloud by the next sync, purged at the end.

Source: src/Api/Controllers/SelfHosted/SelfHostedOrganizationSponsorshipsController.cs,
src/Admin/Jobs/DeleteExpiredSponsorshipsJob.cs; spec/billing-sync-and-sponsorships.md 6, 8.
"""

import logging
from uuid import UUID

import sqlalchemy as sa

from common.organizations.members.service import refuse_to_grow
from common.sponsorships import rules as shared_rules
from common.sponsorships import service as shared
from common.sponsorships.models import OrganizationSponsorship
from common.sponsorships.service import Offer as Offer
from selfhost.context import SelfHostContext

log = logging.getLogger(__name__)

_TASK = "DeleteExpiredSponsorshipsAsync"


def create_sponsorship(
    ctx: SelfHostContext, caller_id: UUID, organization_id: UUID, offer: Offer
) -> OrganizationSponsorship:
    """Store an offer; nobody is mailed before a sync. Neither connection nor cloud communication is needed.

    Errors: those of spec 6.2 in its order; an instance cannot buy a missing seat.
    """
    return shared.create_sponsorship(ctx, caller_id, organization_id, offer, refuse_to_grow)


def purge_expired(ctx: SelfHostContext) -> None:
    """Forget sponsorships that ended more than 90 days ago; does nothing without cloud communication, as upstream."""
    if not ctx.deployment.enable_cloud_communication:
        return
    log.info("Execute job task: %s", _TASK)
    horizon = ctx.clock.now() - shared_rules.PURGE_AFTER
    ctx.session.execute(sa.delete(OrganizationSponsorship).where(OrganizationSponsorship.valid_until < horizon))
    ctx.session.commit()
    log.info("Finished job task: %s", _TASK)
