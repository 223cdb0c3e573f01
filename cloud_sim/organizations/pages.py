"""The page that founds an organization of the cloud, and the choice of a plan on a form.

Source: fidelity.md: pages.organization-billing.
"""

from flask import request
from flask.typing import ResponseReturnValue

from cloud_sim.context import context
from cloud_sim.organizations import service
from cloud_sim.organizations.sign_up import sign_up
from cloud_sim.subscriptions.prices import TIERS, plan_on_offer, plans_on_offer
from cloud_sim.subscriptions.rules import DECLINED_CARD
from common.plans import Plan
from common.server import policy
from common.server.operation import OPTIONAL_TEXT, TEXT, page
from common.ui.answers import FieldProblem, done
from common.ui.forms import FIELD
from common.ui.guards import me, signed_in
from common.ui.pages import page_blueprint, render
from common.wire.organizations import OrganizationCreate

bp = page_blueprint("cloud_organization_pages", __name__)

CREATE = "/create-organization"
PLAN_FIELDS = {"plan": TEXT, "period": OPTIONAL_TEXT, "additionalSeats": OPTIONAL_TEXT}
LARGEST_NUMBER = 2**31 - 1
"""What the column of a number of seats holds."""

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
            "paymentToken": DECLINED_CARD if form.get("card") == "declined" and plan.tier else None,
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


# --- the choice of a plan, for a new organization and for an upgrade


def chosen_plan() -> Plan:
    """The plan of the form."""
    plan = plan_on_offer(request.form.get("plan", ""), annual=request.form.get("period") != "monthly")
    if plan is None:
        raise FieldProblem("plan", "x.inputInvalid")
    return plan


def chosen_seats(plan: Plan) -> int:
    """The seats of the form beyond those that come with the plan; of a plan that sells none, none."""
    if not plan.password_manager.sells_seats:
        return 0
    return whole_number("additionalSeats") - plan.password_manager.base_seats


def whole_number(name: str) -> int:
    """A field that holds a number of things."""
    text = request.form.get(name, "").strip()
    if not (text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= LARGEST_NUMBER):
        raise FieldProblem(name, "x.inputInvalid")
    return int(text)
