"""What only the cloud does with sponsorships: mailing offers, redeeming them, removing them, policy 13.

Source: src/Api/Billing/Controllers/OrganizationSponsorshipsController.cs,
src/Core/OrganizationFeatures/OrganizationSponsorships/FamiliesForEnterprise/Cloud/**;
fidelity.md: sponsorship.routes.
"""

from datetime import datetime, timedelta
from typing import NamedTuple, cast
from uuid import UUID

from dateutil.relativedelta import relativedelta

from cloud_sim.context import CloudContext
from cloud_sim.organizations import service as sign_ups
from cloud_sim.organizations.rules import SignUp
from cloud_sim.sponsorships import mails, offer_mails, rules
from cloud_sim.subscriptions import service as subscriptions
from cloud_sim.subscriptions.rules import ENDED
from common.domains.accounts import service as accounts
from common.domains.families import rules as family_rules
from common.domains.families import service as shared
from common.domains.organizations import service as organizations
from common.domains.organizations.memberships import memberships_of
from common.domains.organizations.models import Organization
from common.domains.organizations.policies.service import is_enabled
from common.domains.organizations.rules import display_name, is_owner, may_manage_users
from common.domains.sponsorships import rules as shared_rules
from common.domains.sponsorships import service as book
from common.domains.sponsorships.offers import find_offer
from common.domains.sponsorships.rules import Flaw
from common.domains.sponsorships.service import Offer, OrganizationSponsorship
from common.enums import MemberStatus, PolicyType, ProductTier
from common.errors import Refusal
from common.quirks import Quirk
from common.server.foresight import SAVING, Hand
from common.server.outbox.service import queue, require_mail, send_now
from common.server.transaction import own_transaction

CHARGED_BEFORE_END = timedelta(days=7)
"""How long before the end of a sponsorship the removal mail says that the family is charged."""


def create_sponsorship(ctx: CloudContext, caller_id: UUID, organization_id: UUID, offer: Offer) -> None:
    """Store an offer and mail it; one of the same friendly name is mailed again while it is open.

    Errors: 400 policy 13; those of common/domains/families; 400 no mail can be sent. Source: fidelity.md:
    sponsorship.create.
    """
    _check_policy(ctx, organization_id)
    sponsorship = shared.create_sponsorship(ctx, caller_id, organization_id, offer)
    if sponsorship.offered_to_email and _may_mail(ctx, caller_id, organization_id, sponsorship):
        require_mail(ctx)
        offer_mails.queue_offers(ctx, [(sponsorship.id.hex, sponsorship.offered_to_email)])


def _may_mail(ctx: CloudContext, caller_id: UUID, organization_id: UUID, sponsorship: OrganizationSponsorship) -> bool:
    """Whether the caller has a say in a sponsorship: an offer of the same name may be a colleague's."""
    if ctx.settings.quirk(Quirk.NAME_FINDS_ANYBODYS_SPONSORSHIP):
        return True
    member = organizations.membership(ctx, organization_id, caller_id)
    if member is None:
        return False
    own = member.id == sponsorship.sponsoring_organization_user_id
    return own or (sponsorship.is_admin_initiated and may_manage_users(member))


def _check_policy(ctx: CloudContext, organization_id: UUID) -> None:
    if _policy_forbids(ctx, organization_id):
        raise family_rules.policy_forbids()


def _policy_forbids(ctx: CloudContext, organization_id: UUID | None) -> bool:
    return organization_id is not None and is_enabled(ctx, organization_id, PolicyType.FREE_FAMILIES_SPONSORSHIP)


def resend_offer(ctx: CloudContext, caller_id: UUID, organization_id: UUID, friendly_name: str | None) -> None:
    """Mail an open offer of the organization or of the caller once more; silent when there is none of this name.

    Errors: 400 policy 13, membership, redeemed, mail. Source: fidelity.md: sponsorship.resend.
    """
    member = organizations.membership(ctx, organization_id, caller_id)
    own = member.id if member else None
    sponsorship = book.find_by_friendly_name(ctx, organization_id, friendly_name, own=own) if friendly_name else None
    if sponsorship is None:
        _check_policy(ctx, organization_id)
    else:
        mail_again(ctx, caller_id, organization_id, sponsorship)


def mail_again(ctx: CloudContext, caller_id: UUID, organization_id: UUID, sponsorship: OrganizationSponsorship) -> None:
    """Mail this offer of the organization once more. Errors: as `resend_offer`."""
    _check_policy(ctx, organization_id)
    member = organizations.membership(ctx, organization_id, caller_id)
    if member is None or member.status != MemberStatus.CONFIRMED:
        raise family_rules.only_confirmed()
    if not sponsorship.offered_to_email:
        raise rules.no_outstanding_offer()
    organization = organizations.known_organization(ctx, organization_id)
    registered = accounts.find_user_by_email(ctx, sponsorship.offered_to_email) is not None
    send_now(ctx, [offer_mails.offer_mail(ctx, sponsorship, organization.name, registered)])


class Verdict(NamedTuple):
    """What a page learns of a token before it is redeemed. forbidden: by policy 13 of the sponsoring organization."""

    valid: bool
    forbidden: bool = False


def judge_token(ctx: CloudContext, caller_id: UUID, token: str) -> Verdict:
    """Whether this user may redeem this token. Source: fidelity.md: sponsorship.redeem."""
    sponsorship = _offer_to(ctx, caller_id, token)
    if sponsorship is None:
        return Verdict(valid=False)
    return Verdict(valid=True, forbidden=_policy_forbids(ctx, sponsorship.sponsoring_organization_id))


def _offer_to(ctx: CloudContext, caller_id: UUID, token: str, *, lock: bool = False) -> OrganizationSponsorship | None:
    user = accounts.require_user(ctx, caller_id)
    return find_offer(ctx, token, user.email, lock=lock)


def redeem_sponsorship(ctx: CloudContext, caller_id: UUID, token: str, families_id: UUID) -> None:
    """Take an offer for a Families organization: free until its paid period ends, and then again while it lasts.

    Errors: 400 of fidelity.md: sponsorship.redeem in its order; a stale offer is deleted for good.
    """
    sponsorship = _offer_to(ctx, caller_id, token)
    if sponsorship is None:
        raise rules.bad_token()
    families = organizations.lock_organization(ctx, families_id)
    _require_family(ctx, caller_id, families_id, rules.not_owned())
    if families is None:
        raise rules.not_owned()
    _check_policies(ctx, families_id, sponsorship.sponsoring_organization_id)
    offer = _offer_to(ctx, caller_id, token, lock=True)
    if offer is None:  # taken or revoked by another request in this very moment
        raise rules.bad_token()
    stale = shared_rules.is_stale(offer.last_sync_date, ctx.clock.now())
    try:
        rules.check_redeemable(
            already_sponsored=book.sponsorship_of_family(ctx, families_id) is not None, stale=stale, tier=families.tier
        )
    except Refusal as refusal:
        if refusal.rule == rules.OFFER_EXPIRED:
            with own_transaction(ctx.session):
                book.delete_offer(ctx, offer.id)
        raise
    offer.valid_until = _put_on_sponsored_price(ctx, families)
    offer.sponsored_organization_id = families_id
    offer.offered_to_email = None


def redeem_for_new_organization(
    ctx: CloudContext, caller_id: UUID, token: str, wanted: SignUp
) -> tuple[Organization, Refusal | None]:
    """Make a Families organization and take an offer for it; why the offer was refused when it exists already.

    It stays then: its owner decides whether to pay for it. Errors: 400 of an offer that is no good from the start,
    those of making an organization. Source: fidelity.md: pages.families.
    """
    verdict = judge_token(ctx, caller_id, token)
    if not verdict.valid:
        raise rules.bad_token()
    if verdict.forbidden:
        raise family_rules.policy_forbids()
    with own_transaction(ctx.session):
        organization = sign_ups.create_organization(ctx, caller_id, wanted)
    try:
        with own_transaction(ctx.session):
            redeem_sponsorship(ctx, caller_id, token, organization.id)
    except Refusal as refusal:
        return organization, refusal
    return organization, None


def owned_families(ctx: CloudContext, user_id: UUID) -> list[Organization]:
    """The Families organizations that the user owns, oldest first."""
    return [
        each.organization
        for each in memberships_of(ctx, user_id)
        if is_owner(each.member) and each.organization.tier == ProductTier.FAMILIES
    ]


def recipient_has_account(ctx: CloudContext, token: str, email: str) -> bool:
    """Whether the address that the token proves has an account; also false for a token that proves nothing."""
    return find_offer(ctx, token, email) is not None and accounts.find_user_by_email(ctx, email) is not None


def _check_policies(ctx: CloudContext, families_id: UUID, sponsor_id: UUID | None) -> None:
    _check_policy(ctx, families_id)
    if sponsor_id is not None and not ctx.settings.quirk(Quirk.REDEEM_IGNORES_SPONSOR_POLICY):
        _check_policy(ctx, sponsor_id)


def _require_family(ctx: CloudContext, caller_id: UUID, families_id: UUID, refusal: Refusal) -> None:
    member = organizations.membership(ctx, families_id, caller_id)
    if member is None or not is_owner(member):
        raise refusal


def _put_on_sponsored_price(ctx: CloudContext, families: Organization) -> datetime:
    """Swap the price; until when it is paid for. Without a subscription (billed outside) a year is given."""
    subscription = subscriptions.subscription_of_organization(ctx, families)
    if subscription is None:
        end = ctx.clock.now() + relativedelta(years=1)
    elif subscription.status in ENDED:
        raise rules.subscription_ended()
    else:
        end = subscriptions.set_sponsored(ctx, families, sponsored=True).period_end
    families.expiration_date = end
    families.revision_date = ctx.clock.now()
    return end


def remove_sponsorship(ctx: CloudContext, caller_id: UUID, families_id: UUID) -> None:
    """The owner of a sponsored organization gives the sponsorship up; it ends with the paid period.

    Errors: 400 no owner, not sponsored. Source: fidelity.md: sponsorship.revoke.
    """
    _require_family(ctx, caller_id, families_id, rules.only_owner_removes())
    sponsorship = book.sponsorship_of_family(ctx, families_id, lock=True)
    if sponsorship is None:
        raise rules.not_sponsored()
    sponsorship.to_delete = True


def renew_sponsorship(
    ctx: CloudContext, families: Organization, began: datetime, ends: datetime, hand: Hand = SAVING
) -> None:
    """A period of a subscription on the sponsored price is over: it goes on for nothing, or on the regular price.

    began, ends: the new period. Upstream only moves the end date, whatever became of the sponsorship: quirk
    `sponsorship-renewal-ignored`. Source: ValidateSponsorshipCommand.cs, OrganizationSponsorshipRenewCommand.cs;
    fidelity.md: sponsorship.renewal.
    """
    sponsorship = book.sponsorship_of_family(ctx, families.id, lock=hand.saves)
    if _flaw_of(ctx, sponsorship, began) is None:
        if sponsorship is not None:
            hand.put(sponsorship, valid_until=ends)
        return
    subscriptions.set_sponsored(ctx, families, sponsored=False, hand=hand)
    if sponsorship is None:
        return
    if hand.saves:
        charged_on = sponsorship.valid_until or ctx.clock.now() + timedelta(days=15)
        name = display_name(families.name) or ""
        queue(ctx, mails.sponsorship_reverting(families.billing_email, name, charged_on))
    hand.remove(sponsorship)


def _flaw_of(ctx: CloudContext, sponsorship: OrganizationSponsorship | None, moment: datetime) -> Flaw | None:
    if ctx.settings.quirk(Quirk.SPONSORSHIP_RENEWAL_IGNORED):
        return None
    sponsor_id = sponsorship.sponsoring_organization_id if sponsorship else None
    sponsor = organizations.find_organization(ctx, sponsor_id) if sponsor_id else None
    return shared_rules.flaw_of(sponsorship, sponsor, moment)


def policy_switched_on(ctx: CloudContext, organization_id: UUID, policy_type: int) -> None:
    """Policy 13 was switched on: mail every family that uses a sponsorship. The sponsorships stay as they are.

    The address is the friendly name, because clients put it there and the other one is gone by then.
    Source: src/Core/AdminConsole (FreeFamiliesForEnterprisePolicyEventHandler); fidelity.md: sponsorship.mails.
    """
    if policy_type != PolicyType.FREE_FAMILIES_SPONSORSHIP:
        return
    organization = organizations.known_organization(ctx, organization_id)
    for sponsorship in book.redeemed_of(ctx, organization_id):
        if "@" not in (sponsorship.friendly_name or ""):
            continue
        ends = sponsorship.valid_until or ctx.clock.now()
        mail = mails.policy_removal(
            ctx.settings.base_url,
            sponsorship.friendly_name or "",
            display_name(organization.name) or "",
            cast(UUID, sponsorship.sponsored_organization_id),
            ends - CHARGED_BEFORE_END,
        )
        queue(ctx, mail)


def purge_expired(ctx: CloudContext) -> list[UUID | None]:
    """Delete sponsorships that ended more than 90 days ago; who gave each of them away.

    Source: fidelity.md: jobs.schedules.
    """
    return book.delete_ended(ctx, ctx.clock.now() - shared_rules.PURGE_AFTER)
