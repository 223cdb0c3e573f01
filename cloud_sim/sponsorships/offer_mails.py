"""The mails that bring offers: queued with the offer, written when they are sent, not sent for what is gone by then.

So an offer that is revoked while the mail server is down reaches nobody, its token is kept nowhere, and the mail knows
whether its reader has an account by now.
"""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa

from cloud_sim.context import CloudContext
from cloud_sim.sponsorships import mails
from common.domains.accounts.service import User
from common.domains.organizations.models import Organization
from common.domains.organizations.rules import display_name
from common.domains.sponsorships.models import OrganizationSponsorship
from common.domains.sponsorships.offers import offer_token
from common.server.mail.messages import Mail
from common.server.mail.waiting import WaitingMail
from common.server.outbox import service as outbox

OFFER = "offer"


def queue_offers(ctx: CloudContext, offers: Iterable[tuple[UUID, str]]) -> None:
    """Queue the offer mails of these sponsorships and addresses (one statement)."""
    outbox.queue_unwritten(ctx, OFFER, offers)


def write_offers(ctx: CloudContext, waiting: Sequence[WaitingMail]) -> Mapping[UUID, Mail]:
    """The mails of those offers that are still open, to the address that they were made to (two statements)."""
    by_offer = {each.about: each for each in waiting if each.about}
    row = OrganizationSponsorship
    query = (
        sa.select(row, Organization.name)
        .outerjoin(Organization, Organization.id == row.sponsoring_organization_id)
        .where(row.id.in_(by_offer), row.offered_to_email.is_not(None), sa.not_(row.to_delete))
    )
    addresses = [each.recipient.strip().lower() for each in by_offer.values()]
    registered = set(ctx.session.scalars(sa.select(User.email).where(User.email.in_(addresses))))
    written = {}
    for sponsorship, name in ctx.session.execute(query):
        each = by_offer[sponsorship.id]
        if sponsorship.offered_to_email == each.recipient:
            written[each.id] = offer_mail(ctx, sponsorship, name, each.recipient.strip().lower() in registered)
    return written


def offer_mail(
    ctx: CloudContext, sponsorship: OrganizationSponsorship, organization_name: str | None, account_exists: bool
) -> Mail:
    """The mail of an open offer. organization_name: as it is stored."""
    return mails.sponsorship_offer(
        ctx.settings.base_url,
        sponsorship.offered_to_email or "",
        offer_token(ctx, sponsorship),
        display_name(organization_name),
        account_exists=account_exists,
    )
