"""Offer tokens: what the link in an offer mail proves. They have no end; they die with the offer they speak of.

Source: src/Core/Models/Business/Tokenables/OrganizationSponsorshipOfferTokenable.cs;
fidelity.md: sponsorship.offer-token.
"""

from uuid import UUID

from common.domains.sponsorships.models import OrganizationSponsorship
from common.server.context import Context

OFFER_TOKEN = "BWOrganizationSponsorship"
IDENTIFIER = "OrganizationSponsorshipOfferToken"


def offer_token(ctx: Context, sponsorship: OrganizationSponsorship) -> str:
    """A token for an open offer; every one made of the same offer is as good. Raises ValueError without an address."""
    if not sponsorship.offered_to_email:
        raise ValueError("only an open offer has a token")
    payload = {
        "Identifier": IDENTIFIER,
        "Id": str(sponsorship.id),
        "SponsorshipType": sponsorship.plan_sponsorship_type,
        "Email": sponsorship.offered_to_email,
    }
    return ctx.protector.protect(OFFER_TOKEN, payload)


def find_offer(ctx: Context, token: str, email: str, *, lock: bool = False) -> OrganizationSponsorship | None:
    """The open offer that the token proves for this address (any case), or None. lock: until the transaction ends."""
    payload = ctx.protector.unprotect(OFFER_TOKEN, token, ctx.clock.now())
    if payload is None or payload.get("Identifier") != IDENTIFIER:
        return None
    sponsorship = ctx.session.get(
        OrganizationSponsorship, UUID(payload["Id"]), with_for_update=lock or None, populate_existing=lock
    )
    if sponsorship is None or sponsorship.plan_sponsorship_type != payload["SponsorshipType"]:
        return None
    offered_to = (sponsorship.offered_to_email or "").strip().lower()
    same = offered_to and offered_to == payload["Email"].strip().lower() == email.strip().lower()
    return sponsorship if same else None
