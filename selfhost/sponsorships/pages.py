"""Pages of sponsorships as an instance serves them: nobody is mailed, the next sync tells the cloud.

Source: fidelity.md: pages.families.
"""

from uuid import UUID

from flask.typing import ResponseReturnValue

from common.domains.families import pages as shared
from common.server import policy
from common.server.operation import page
from common.ui.answers import done
from common.ui.guards import me, signed_in
from common.ui.pages import page_blueprint
from selfhost.context import context
from selfhost.sponsorships import service, sync
from selfhost.sponsorships.rules import SecondOffer

bp = page_blueprint("instance_sponsorship_pages", __name__)

SECOND_OFFERS = {
    SecondOffer.ENDS_SYNC: "x.oneAdminSponsorPerUser",
    SecondOffer.NOT_SYNCED: "x.oneSponsorshipSynced",
}


@bp.get(shared.OWN)
@policy.page(signed_in)
@page()
def show_own_offers() -> ResponseReturnValue:
    """What the member gave away, and whether anybody will tell the cloud."""
    return shared.show_own_offers(connected=sync.synced_organizations(context()))


@bp.post(shared.OWN)
@policy.page(signed_in)
@page(form=shared.OWN_FORM)
def offer_own() -> ResponseReturnValue:
    """Give the own Families organization away."""
    organization_id, offer = shared.read_own_offer()
    service.create_sponsorship(context(), me().id, organization_id, offer)
    return done(shared.OWN, "sponsorshipCreated")


@bp.get(f"{shared.OF_ORGANIZATION}/add")
@policy.page(signed_in)
@page()
def show_add_form(organization_id: UUID) -> ResponseReturnValue:
    """Where an administrator gives one away."""
    second = sync.second_offer(context())
    return shared.show_add_form(organization_id, warning=SECOND_OFFERS[second] if second else None)


@bp.post(f"{shared.OF_ORGANIZATION}/add")
@policy.page(signed_in)
@page(form=shared.ADMIN_FORM)
def offer_admin_initiated(organization_id: UUID) -> ResponseReturnValue:
    """Give one away to somebody who is no member."""
    offer = shared.read_admin_offer(organization_id)
    service.create_sponsorship(context(), me().id, organization_id, offer)
    return done(shared.list_path(organization_id), "sponsorshipCreated")
