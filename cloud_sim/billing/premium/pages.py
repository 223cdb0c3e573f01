"""Pages of a person's Premium: the offer, the subscription, its licence file. Nothing is ever charged.

Source: fidelity.md: pages.premium.
"""

from flask import request
from flask.typing import ResponseReturnValue

from cloud_sim.billing.pages import question_of_end, question_of_reinstatement, tell_event
from cloud_sim.billing.service import billing_of, invoices_of_subscriber
from cloud_sim.context import context
from cloud_sim.licensing import service as licensing
from cloud_sim.releases.service import unknown_fields
from cloud_sim.subscriptions import notices, rules, service
from common.domains.accounts.service import User, lock_user, require_user
from common.domains.organizations.memberships import gives_premium, memberships_of
from common.license.files import to_download_text
from common.plans import PREMIUM
from common.server import policy
from common.server.operation import TEXT, page
from common.ui.answers import done, download, go
from common.ui.forms import FIELD
from common.ui.guards import me, signed_in
from common.ui.pages import page_blueprint, render

bp = page_blueprint("premium_pages", __name__)

PREMIUM_PAGE = "/settings/subscription/premium"
OWN = "/settings/subscription/user-subscription"
LICENSE_FILE = "bitwarden_premium_license.json"


def _account() -> User:
    return require_user(context(), me().id)


def _account_to_change() -> User:
    return lock_user(context(), me().id)


@bp.get("/settings/subscription")
@policy.page(signed_in)
@page()
def show_own() -> ResponseReturnValue:
    """Where the navigation of a client leads: the subscription, or the offer of one."""
    subscription = service.subscription_of_user(context(), _account())
    return go(OWN if subscription is not None else PREMIUM_PAGE)


@bp.get(PREMIUM_PAGE)
@policy.page(signed_in)
@page()
def show_premium() -> ResponseReturnValue:
    """What Premium is and costs; who pays for it already sees the subscription."""
    ctx, user = context(), _account()
    subscription = service.subscription_of_user(ctx, user)
    if subscription is not None and subscription.status not in rules.ENDED:
        return go(OWN)
    return render(
        "billing/premium.html",
        price=PREMIUM.price,
        ended=subscription is not None,
        by_organization=gives_premium(memberships_of(ctx, user.id)),
    )


@bp.post(PREMIUM_PAGE)
@policy.page(signed_in)
@page(form={FIELD: TEXT})
def start_premium() -> ResponseReturnValue:
    """Become a premium user at once; nothing is charged."""
    service.start_premium(context(), _account_to_change())
    return done(OWN, "premiumUpdated")


@bp.get(OWN)
@policy.page(signed_in)
@page()
def show_user_subscription() -> ResponseReturnValue:
    """The subscription, also one that has ended; without one the offer."""
    ctx, user = context(), _account()
    subscription = service.subscription_of_user(ctx, user)
    billing = billing_of(subscription)
    if billing is None:
        return go(PREMIUM_PAGE)
    invoices = invoices_of_subscriber(ctx, user, subscription)
    return render("billing/user_subscription.html", billing=billing, invoices=invoices)


@bp.post(f"{OWN}/license")
@policy.page(signed_in)
@page(form={FIELD: TEXT})
def download_own_license() -> ResponseReturnValue:
    """The premium licence file."""
    ctx = context()
    text = to_download_text(licensing.download_own_license(ctx, me().id), without=unknown_fields(ctx))
    return download(LICENSE_FILE, text)


@bp.get(f"{OWN}/cancel")
@policy.page(signed_in)
@page()
def ask_to_cancel_own() -> ResponseReturnValue:
    """Whether Premium shall end."""
    return question_of_end(_account(), OWN)


@bp.post(f"{OWN}/cancel")
@policy.page(signed_in)
@page(form={FIELD: TEXT})
def cancel_own() -> ResponseReturnValue:
    """End Premium with the period."""
    service.cancel(context(), _account_to_change())
    return done(OWN, "subscriptionUpdated")


@bp.get(f"{OWN}/reinstate")
@policy.page(signed_in)
@page()
def ask_to_reinstate_own() -> ResponseReturnValue:
    """Whether Premium shall go on."""
    return question_of_reinstatement(OWN)


@bp.post(f"{OWN}/reinstate")
@policy.page(signed_in)
@page(form={FIELD: TEXT})
def reinstate_own() -> ResponseReturnValue:
    """Take the cancellation back."""
    service.cause(context(), _account_to_change(), "reinstate")
    return done(OWN, "reinstated")


@bp.post(f"{OWN}/events")
@policy.page(signed_in)
@page(form={FIELD: TEXT, "event": TEXT})
def cause_own_event() -> ResponseReturnValue:
    """Have something happen at the payment provider."""
    ctx, account, event = context(), _account_to_change(), rules.known_event(request.form.get("event", ""))
    before = service.require_subscription(ctx, account).period_end
    notices.cause(ctx, account, event)
    return tell_event(OWN, event, before, service.require_subscription(ctx, account).period_end)
