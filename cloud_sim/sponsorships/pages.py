"""Pages of sponsorships as the cloud serves them: giving away with a mail at once, and taking what was offered.

Source: fidelity.md: pages.families.
"""

from urllib.parse import urlencode
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from cloud_sim.context import context
from cloud_sim.organizations import service as organizations
from cloud_sim.organizations.rules import SignUp
from cloud_sim.organizations.sign_up import sign_up
from cloud_sim.sponsorships import service
from cloud_sim.subscriptions.rules import DECLINED_CARD
from common.crypto.master_password import SecretProof
from common.domains.families import pages as shared
from common.domains.families import service as families
from common.domains.organizations.rules import display_name
from common.domains.organizations.service import require_owner
from common.enums import PlanType
from common.errors import Refusal
from common.server import policy
from common.server.failures import note, settle
from common.server.operation import OPTIONAL_TEXT, TEXT, page
from common.ui.answers import FieldProblem, done, go, is_enhanced, problem
from common.ui.forms import FIELD
from common.ui.guards import me, signed_in, visitor
from common.ui.pages import page_blueprint, render
from common.ui.visit import sign_out, visit
from common.wire.organizations import OrganizationCreate

bp = page_blueprint("cloud_sponsorship_pages", __name__)

LANDING = "/accept-families-for-enterprise"
REDEEM = "/setup/families-for-enterprise"
SIGN_UP_PROOF = "orgSponsoredFreeFamilyPlanToken"
"""How the page that finishes a registration calls the token of an offer."""

NEW = "new"
"""The choice of an organization that is yet to be made."""

REASON = "SponsorshipRescue"
"""Seals why an offer was refused, so that an address cannot put words into the page."""

NEW_FAMILY = dict.fromkeys(
    (FIELD, "token", "name", "billingEmail", "key", "collectionName", "publicKey", "encryptedPrivateKey"), TEXT
)


# --- D1 and D7, giving away


@bp.get(shared.OWN)
@policy.page(signed_in)
@page()
def show_own_offers() -> ResponseReturnValue:
    """What the member gave away."""
    return shared.show_own_offers()


@bp.post(shared.OWN)
@policy.page(signed_in)
@page(form=shared.OWN_FORM)
def offer_own() -> ResponseReturnValue:
    """Give the own Families organization away; the mail goes out at once."""
    organization_id, offer = shared.read_own_offer()
    service.create_sponsorship(context(), me().id, organization_id, offer)
    return done(shared.OWN, "sponsorshipCreated")


@bp.post(f"{shared.OWN}/<uuid:organization_id>/resend")
@policy.page(signed_in)
@page(form={FIELD: TEXT})
def resend_own(organization_id: UUID) -> ResponseReturnValue:
    """Mail the own offer again. Upstream's route wants the right to manage users for that; the page does not."""
    ctx = context()
    own = families.require_own_sponsorship(ctx, me().id, organization_id)
    service.mail_again(ctx, me().id, organization_id, own)
    return done(shared.OWN, "emailSent")


@bp.get(f"{shared.OF_ORGANIZATION}/add")
@policy.page(signed_in)
@page()
def show_add_form(organization_id: UUID) -> ResponseReturnValue:
    """Where an administrator gives one away."""
    return shared.show_add_form(organization_id)


@bp.post(f"{shared.OF_ORGANIZATION}/add")
@policy.page(signed_in)
@page(form=shared.ADMIN_FORM)
def offer_admin_initiated(organization_id: UUID) -> ResponseReturnValue:
    """Give one away to somebody who is no member."""
    offer = shared.read_admin_offer(organization_id)
    service.create_sponsorship(context(), me().id, organization_id, offer)
    return done(shared.list_path(organization_id), "sponsorshipCreated")


@bp.post(f"{shared.OF_ORGANIZATION}/<uuid:sponsorship_id>/resend")
@policy.page(signed_in)
@page(form={FIELD: TEXT})
def resend_admin_initiated(organization_id: UUID, sponsorship_id: UUID) -> ResponseReturnValue:
    """Mail it again."""
    shared.require_user_manager(organization_id)
    ctx = context()
    found = families.find_admin_initiated(ctx, me().id, organization_id, sponsorship_id)
    service.mail_again(ctx, me().id, organization_id, found)
    return done(shared.list_path(organization_id), "emailSent")


# --- D2, where the offer mail leads


@bp.get(LANDING)
@policy.page(visitor)
@page(query=["token", "email", "register"])
def show_landing() -> ResponseReturnValue:
    """Lead whoever was offered something to the page that takes it, by way of signing in or up."""
    token, email = request.args.get("token", ""), request.args.get("email", "").strip()
    if not token or not email:
        return _refused_offer("x.offerFailed")
    user = visit().user
    if user is None:
        return go(_way_in(token, email))
    if user.email.lower() != email.lower():
        return render("offers/other_account.html", email=email, token=token)
    return go(f"{REDEEM}?{urlencode({'token': token})}")


def _way_in(token: str, email: str) -> str:
    """Log in, or open an account, and come back. An account that was opened since the mail is not opened again."""
    back = f"{LANDING}?{urlencode({'token': token, 'email': email})}"
    registers = request.args.get("register") == "true"
    if registers and not service.recipient_has_account(context(), token, email):
        return f"/finish-signup?{urlencode({'email': email, SIGN_UP_PROOF: token, 'next': back})}"
    return f"/login?{urlencode({'email': email, 'next': back})}"


@bp.post(LANDING)
@policy.page(visitor)
@page(form={FIELD: TEXT, "token": TEXT, "email": TEXT})
def change_account() -> ResponseReturnValue:
    """Sign out, and come back as the one who was offered something."""
    sign_out()
    return go(f"{LANDING}?{urlencode({name: request.form.get(name, '') for name in ('token', 'email')})}")


def _refused_offer(key: str) -> ResponseReturnValue:
    return render("offers/refused.html", 400, problem=key)


# --- D3 to D5, taking it


@bp.get(REDEEM)
@policy.page(signed_in)
@page(query=["token"])
def show_redemption() -> ResponseReturnValue:
    """The Families organizations to choose from, or why the offer is none."""
    ctx, token = context(), request.args.get("token", "")
    if not token:
        return _refused_offer("x.offerFailed")
    verdict = service.judge_token(ctx, me().id, token)
    if not verdict.valid:
        return _refused_offer("badToken")
    if verdict.forbidden:
        return _refused_offer("x.offerPolicy")
    families = [(each.id, display_name(each.name)) for each in service.owned_families(ctx, me().id)]
    return render("offers/redeem.html", token=token, families=families, new=NEW)


@bp.post(REDEEM)
@policy.page(signed_in)
@page(form={FIELD: TEXT, "token": TEXT, "organizationId": TEXT})
def redeem() -> ResponseReturnValue:
    """Take the offer for an organization that is there."""
    try:
        families_id = UUID(request.form.get("organizationId", ""))
    except ValueError:
        raise FieldProblem("organizationId", "inputRequired") from None
    try:
        service.redeem_sponsorship(context(), me().id, request.form.get("token", ""), families_id)
    except Refusal as refusal:
        settle(slow=refusal.slow)
        note(refusal)
        return _not_redeemed(refusal)
    return done("/", "sponsoredFamiliesOfferRedeemed")


def _not_redeemed(refusal: Refusal) -> ResponseReturnValue:
    """Upstream says the same whatever the reason; we add the reason."""
    gloss = _what_upstream_says(refusal)
    if is_enhanced():
        return problem(refusal.status, refusal.message, gloss=gloss)
    return render("ui/message.html", refusal.status, message=refusal.message, gloss=gloss, own=False)


def _what_upstream_says(refusal: Refusal) -> str:
    texts = visit().texts
    reason = texts.gloss(refusal.message)
    return f"{texts('sponsorshipTokenHasExpired')} {reason or ''}".strip()


@bp.post(f"{REDEEM}/new")
@policy.page(signed_in)
@page(form=NEW_FAMILY | {"card": OPTIONAL_TEXT})
def redeem_for_new_organization() -> ResponseReturnValue:
    """Make a Families organization and take the offer for it; what to do with it if only the first worked."""
    token, ctx = request.form.get("token", ""), context()
    organization, refusal = service.redeem_for_new_organization(ctx, me().id, token, _new_family())
    if refusal is None:
        return done("/", "sponsoredFamiliesOfferRedeemed")
    reason = ctx.protector.protect(REASON, {"message": refusal.message})
    return go(f"{REDEEM}/rescue/{organization.id}?{urlencode({'reason': reason})}")


def _new_family() -> SignUp:
    """A Families organization without a trial: nothing is charged as long as the sponsorship lasts."""
    form = request.form
    keys = {"publicKey": form.get("publicKey"), "encryptedPrivateKey": form.get("encryptedPrivateKey")}
    texts = {name: form.get(name, "").strip() for name in ("name", "billingEmail", "key", "collectionName")}
    payment = DECLINED_CARD if form.get("card") == "declined" else None
    plan = {"planType": PlanType.FAMILIES_ANNUALLY, "skipTrial": True, "paymentToken": payment}
    return sign_up(OrganizationCreate.read(texts | {"keys": keys} | plan))


@bp.get(f"{REDEEM}/rescue/<uuid:organization_id>")
@policy.page(signed_in)
@page(query=["reason"])
def show_rescue(organization_id: UUID) -> ResponseReturnValue:
    """An organization was made for an offer that has ended: delete it, or keep it and pay."""
    ctx = context()
    made = require_owner(ctx, organization_id, me().id)
    sealed = ctx.protector.unprotect(REASON, request.args.get("reason", ""), ctx.clock.now())
    reason = str(sealed["message"]) if sealed else None
    gloss = visit().texts.gloss(reason) if reason else None
    return render("offers/rescue.html", made=made, name=display_name(made.name), reason=reason, gloss=gloss)


@bp.post(f"{REDEEM}/rescue/<uuid:organization_id>")
@policy.page(signed_in)
@page(form={FIELD: TEXT, "masterPasswordHash": TEXT})
def delete_new_organization(organization_id: UUID) -> ResponseReturnValue:
    """Delete it."""
    proof = SecretProof(request.form.get("masterPasswordHash", ""))
    organizations.delete_organization(context(), me().id, organization_id, proof)
    return done("/", "organizationDeleted")
