"""The mails of sponsorships: upstream's subjects and links, our own words. Pure: facts in, a Mail out.

Source: src/Core/Platform/Mail/HandlebarsMailService.cs, src/Core/Models/Mail/FamiliesForEnterprise;
fidelity.md: sponsorship.mails.
"""

from datetime import datetime
from uuid import UUID

from common.server.mail.messages import Link, Mail, compose, defused, url_encode


def sponsorship_offer(
    vault: str, to: str, token: str, sponsoring_organization: str | None, *, account_exists: bool
) -> Mail:
    """Offers a Families organization. account_exists: an account of this address, in this region."""
    url = f"{vault.rstrip('/')}/#/accept-families-for-enterprise?token={token}&email={url_encode(to)}"
    sponsor = defused(sponsoring_organization or "An organization")
    if account_exists:
        advice, label = "Log in to your Bitwarden account to accept it.", "Accept offer"
    else:
        advice, label, url = "Create a Bitwarden account to accept it.", "Create account", f"{url}&register=true"
    return compose(
        to,
        "Accept Your Free Families Subscription",
        "FamiliesForEnterpriseOffer",
        [f"{sponsor} offers you a free Bitwarden Families organization for up to six people.", advice],
        Link(label, url),
    )


def policy_removal(
    vault: str, to: str, sponsoring_organization: str, families_organization_id: UUID, charged_on: datetime
) -> Mail:
    """Tells a sponsored family that the sponsor's policy ends what they use. charged_on: first charge of their own."""
    return compose(
        to,
        "Removal of Free Bitwarden Families plan",
        "FamiliesForEnterpriseRemovedFromFamilyUser",
        [
            f"{defused(sponsoring_organization)} no longer sponsors Families organizations.",
            f"Your organization stays; from {charged_on:%m/%d/%Y} on it is charged to its own payment method.",
        ],
        Link(
            "Review your subscription",
            f"{vault.rstrip('/')}/#/organizations/{families_organization_id}/billing/subscription",
        ),
    )


def sponsorship_reverting(to: str, families_organization: str, charged_on: datetime) -> Mail:
    """Tells the owner of a Families organization that it returns to the regular price."""
    return compose(
        to,
        "Your Families Sponsorship was Removed",
        "FamiliesForEnterpriseSponsorshipReverting",
        [
            f"The sponsorship of {defused(families_organization)} has ended.",
            f"The organization stays; from {charged_on:%m/%d/%Y} on it is charged to its own payment method.",
        ],
    )
