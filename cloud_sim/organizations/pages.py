"""The page on which somebody founds an organization of the cloud. Source: spec/screens.md C1."""

from flask import request
from flask.typing import ResponseReturnValue

from cloud_sim.context import context
from cloud_sim.organizations import service
from cloud_sim.organizations.routes import sign_up
from cloud_sim.subscriptions.pages import PLAN_FIELDS, chosen_plan, chosen_seats
from cloud_sim.subscriptions.prices import TIERS, plans_on_offer
from common.server import policy
from common.server.operation import OPTIONAL_TEXT, TEXT, page
from common.ui.answers import done
from common.ui.forms import FIELD
from common.ui.guards import me, signed_in
from common.ui.pages import page_blueprint, render
from common.wire.organizations import OrganizationCreate

bp = page_blueprint("cloud_organization_pages", __name__)

CREATE = "/create-organization"
DECLINED = "tok_chargeDeclined"
FORM = {
    FIELD: TEXT,
    "name": TEXT,
    "billingEmail": TEXT,
    "trial": OPTIONAL_TEXT,
    "card": OPTIONAL_TEXT,
    "key": TEXT,
    "collectionName": TEXT,
    "publicKey": TEXT,
    "encryptedPrivateKey": TEXT,
}


@bp.get(CREATE)
@policy.page(signed_in)
@page()
def show_form() -> ResponseReturnValue:
    """The form."""
    plans = plans_on_offer()
    return render(
        "cloud_organizations/create.html", tiers=list(TIERS), plans=plans, trial_days=plans["enterprise"].trial_days
    )


@bp.post(CREATE)
@policy.page(signed_in)
@page(form=FORM | PLAN_FIELDS)
def create() -> ResponseReturnValue:
    """Found the organization; its keys were made in the browser."""
    form, plan = request.form, chosen_plan()
    wanted = OrganizationCreate.read(
        {
            "name": form.get("name", "").strip(),
            "billingEmail": form.get("billingEmail", "").strip(),
            "planType": int(plan.type),
            "additionalSeats": chosen_seats(plan),
            "skipTrial": "trial" not in form,
            "paymentToken": DECLINED if form.get("card") == "declined" and plan.tier else None,
            "key": form.get("key", ""),
            "collectionName": form.get("collectionName") or None,
            "keys": {
                "publicKey": form.get("publicKey", ""),
                "encryptedPrivateKey": form.get("encryptedPrivateKey", ""),
            },
        }
    )
    organization = service.create_organization(context(), me().id, sign_up(wanted))
    return done(f"/organizations/{organization.id}", "organizationCreated", "organizationReadyToGo")
