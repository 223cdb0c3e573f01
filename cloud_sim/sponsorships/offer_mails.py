"""The mails that bring offers: queued with the offer, written when they are sent, not sent for what is gone by then.

So an offer that is revoked while the mail server is down reaches nobody, its token is kept nowhere, and the mail knows
whether its reader has an account by now.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa

from cloud_sim.context import CloudContext
from cloud_sim.sponsorships import mails
from common.domains.accounts.service import registered_among
from common.domains.organizations.rules import display_name
from common.domains.organizations.service import find_organizations
from common.domains.sponsorships.models import OrganizationSponsorship
from common.domains.sponsorships.offers import offer_token
from common.server.mail.messages import Mail
from common.server.mail.waiting import WaitingMail
from common.server.outbox import service as outbox

OFFER = "offer"


def queue_offers(ctx: CloudContext, offers: Sequence[tuple[str, str]]) -> None:
    """Queue the offer mails of these sponsorships (ids in hexadecimal digits) and addresses (one statement)."""
    outbox.queue_unwritten(ctx, OFFER, offers)


def write_offers(ctx: CloudContext, waiting: Sequence[WaitingMail]) -> Mapping[UUID, Mail]:
    """The mails of those offers that are still open, to the address that they were made to (three statements)."""
    by_offer = {each.about: each for each in waiting if each.about}
    row = OrganizationSponsorship
    query = sa.select(row).where(row.id.in_(by_offer), row.offered_to_email.is_not(None), sa.not_(row.to_delete))
    offers = ctx.session.scalars(query).all()
    sponsors = find_organizations(ctx, filter(None, {each.sponsoring_organization_id for each in offers}))
    registered = registered_among(ctx, [each.recipient.strip().lower() for each in by_offer.values()])
    written = {}
    for sponsorship in offers:
        each = by_offer[sponsorship.id]
        if sponsorship.offered_to_email == each.recipient:
            sponsor_id = sponsorship.sponsoring_organization_id
            name = sponsors[sponsor_id].name if sponsor_id in sponsors else None
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
