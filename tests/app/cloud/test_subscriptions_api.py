"""Subscriptions as owners see and change them, and what the clock makes of them."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from common.wire.base import iso
from tests.support.harness import START, Person, Side
from tests.support.scenarios import PREMIUM, new_organization

YEAR = START.replace(year=START.year + 1)
ENTERPRISE_MONTHLY, FREE, FAMILIES = 19, 0, 22


@pytest.fixture
def owner(cloud: Side) -> Person:
    return cloud.sign_up("olivia@acme.example")


class Paid:
    """An organization under test."""

    def __init__(self, owner: Person, **more: Any) -> None:
        self.owner = owner
        self.id = str(new_organization(owner, **more)["id"])
        self.path = f"/api/organizations/{self.id}"

    def subscription(self) -> dict[str, Any]:
        answer = self.owner.api.get(f"{self.path}/subscription")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def profile(self) -> dict[str, Any]:
        rows = self.owner.api.get("/api/accounts/profile").json()["organizations"]
        return next(row for row in rows if row["id"] == self.id)

    def post(self, path: str, **body: Any) -> Any:
        return self.owner.api.post(f"{self.path}/{path}", json=body)


def travel(owner: Person, to: datetime) -> None:
    owner.side.clock.set(to)
    owner.log_in()


def refusal(answer: Any) -> str:
    assert answer.status_code == 400, answer.text
    return str(answer.json()["message"])


def test_paid_organization_shows_its_period_and_positions(owner: Person) -> None:
    shown = Paid(owner).subscription()
    assert shown["object"] == "organizationSubscription"
    details = shown["subscription"]
    assert (details["status"], details["cancelled"], details["cancelAtEndDate"]) == ("active", False, False)
    assert (details["periodStartDate"], details["periodEndDate"]) == (iso(START), iso(YEAR))
    assert (details["trialStartDate"], details["trialEndDate"]) == (None, None)
    assert (details["collectionMethod"], details["gracePeriod"]) == ("charge_automatically", 14)
    item = {
        "productId": "2023-enterprise-org-seat-annually",
        "name": "Enterprise (Annually) Seat",
        "amount": 72.0,
        "quantity": 10,
        "interval": "year",
        "sponsoredSubscriptionItem": False,
        "addonSubscriptionItem": False,
    }
    assert details["items"] == [item]
    assert shown["upcomingInvoice"] == {"amount": 720.0, "date": iso(YEAR)}
    assert shown["expiration"] == iso(YEAR)
    assert (shown["expirationWithoutGracePeriod"], shown["smServiceAccountsGrace"]) == (None, 0)


def test_trial_runs_seven_days_and_is_paid_afterwards(owner: Person) -> None:
    trial = Paid(owner, skipTrial=False)
    trial_end = START + timedelta(days=7)
    details = trial.subscription()["subscription"]
    assert (details["status"], details["trialEndDate"], details["periodEndDate"]) == (
        "trialing",
        iso(trial_end),
        iso(trial_end),
    )
    travel(owner, trial_end)
    details = trial.subscription()["subscription"]
    assert (details["status"], details["periodStartDate"]) == ("active", iso(trial_end))
    assert details["periodEndDate"] == iso(trial_end.replace(year=trial_end.year + 1))


def test_trial_length_can_be_chosen(owner: Person) -> None:
    trial = Paid(owner, skipTrial=False, trialLength=30)
    assert trial.subscription()["subscription"]["trialEndDate"] == iso(START + timedelta(days=30))
    none = Paid(owner, skipTrial=False, trialLength=0)
    assert none.subscription()["subscription"]["status"] == "active"


def test_period_renews_when_the_clock_passes_its_end(owner: Person) -> None:
    paid = Paid(owner)
    travel(owner, YEAR.replace(year=YEAR.year + 2) + timedelta(days=1))
    details = paid.subscription()["subscription"]
    assert details["periodStartDate"] == iso(YEAR.replace(year=YEAR.year + 2))
    assert (details["status"], paid.profile()["enabled"]) == ("active", True)


def test_monthly_plan_renews_every_month(owner: Person) -> None:
    paid = Paid(owner, plan_type=ENTERPRISE_MONTHLY)
    travel(owner, START + timedelta(days=32))
    details = paid.subscription()["subscription"]
    assert details["periodEndDate"] == iso(START.replace(month=10))
    assert (details["items"][0]["interval"], details["items"][0]["amount"]) == ("month", 7.0)


def test_cancelled_organization_works_until_the_period_ends(owner: Person) -> None:
    paid = Paid(owner)
    assert paid.post("cancel", reason="too_expensive", feedback=None).status_code == 200
    shown = paid.subscription()
    assert (shown["subscription"]["status"], shown["subscription"]["cancelAtEndDate"]) == ("active", True)
    assert (shown["subscription"]["cancelledDate"], shown["upcomingInvoice"]) == (iso(START), None)
    travel(owner, YEAR - timedelta(seconds=1))
    assert paid.profile()["enabled"] is True
    travel(owner, YEAR)
    assert paid.profile()["enabled"] is False
    details = paid.subscription()["subscription"]
    assert (details["status"], details["cancelled"]) == ("canceled", True)
    warnings = owner.api.get(f"{paid.path}/billing/vnext/warnings").json()
    assert warnings["inactiveSubscription"] == {"resolution": "resubscribe"}


def test_reinstated_subscription_goes_on(owner: Person) -> None:
    paid = Paid(owner)
    assert refusal(paid.post("reinstate")) == "Subscription is not pending cancellation."
    paid.post("cancel")
    assert paid.post("cancel").status_code == 500
    assert paid.post("reinstate").status_code == 200
    travel(owner, YEAR)
    assert (paid.subscription()["subscription"]["status"], paid.profile()["enabled"]) == ("active", True)


def test_seats_are_bought_and_given_back(owner: Person) -> None:
    paid = Paid(owner)
    more = paid.post("subscription", seatAdjustment=5, maxAutoscaleSeats=20)
    assert more.json().items() >= {"id": paid.id, "seats": 15, "object": "profileOrganization"}.items()
    less = paid.post("seat", seatAdjustment=-10)
    assert less.json().items() >= {"success": True, "object": "payment"}.items()
    shown = paid.subscription()
    assert (shown["seats"], shown["maxAutoscaleSeats"]) == (5, 20)
    assert shown["subscription"]["items"][0]["quantity"] == 5


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"seatAdjustment": -10}, "You must have at least 1 seat."),
        ({"seatAdjustment": 1, "maxAutoscaleSeats": 10}, "Cannot set max seat autoscaling below seat count."),
        ({"seatAdjustment": 2**31 - 1}, "Organization plan allows a maximum of"),
        ({"seatAdjustment": -(2**31)}, "Plan has a minimum of 0 seats."),
    ],
)
def test_impossible_seat_counts_are_refused(owner: Person, body: dict[str, Any], text: str) -> None:
    assert refusal(Paid(owner).post("subscription", **body)).startswith(text)


def test_occupied_seats_cannot_be_given_back(owner: Person) -> None:
    paid = Paid(owner)
    paid.post("users/invite", emails=["a@acme.example", "b@acme.example"], type=2)
    text = "Your organization currently has 3 seats filled. Your new plan only has (2) seats. Remove some users."
    assert refusal(paid.post("seat", seatAdjustment=-8)) == text


def test_nothing_is_not_an_adjustment(owner: Person) -> None:
    answer = Paid(owner).post("seat", seatAdjustment=0)
    assert answer.json()["validationErrors"] == {"SeatAdjustment": ["Seat adjustment cannot be 0."]}


def test_families_have_fixed_seats(owner: Person) -> None:
    families = Paid(owner, plan_type=FAMILIES, additionalSeats=0)
    assert refusal(families.post("seat", seatAdjustment=1)) == "Plan does not allow additional seats."


def test_free_organization_upgrades_and_pays(owner: Person) -> None:
    free = Paid(owner, plan_type=FREE, additionalSeats=0)
    answer = free.post("upgrade", planType=20, additionalSeats=4)
    assert answer.json()["success"] is True
    shown = free.subscription()
    assert (shown["plan"]["name"], shown["seats"], shown["useSso"]) == ("Enterprise (Annually)", 4, True)
    assert shown["subscription"]["status"] == "active"
    assert refusal(free.post("upgrade", planType=20)) == "Organization is already on this plan."
    assert refusal(free.post("upgrade", planType=18, additionalSeats=4)) == "You cannot upgrade to this plan."
    assert refusal(free.post("upgrade", planType=5)) == "Plan not found."


def test_stranger_and_plain_visitor_change_nothing(owner: Person, cloud: Side) -> None:
    paid = Paid(owner)
    stranger = cloud.sign_up("stranger@example.com")
    for path in ("subscription", "seat", "cancel", "reinstate", "upgrade"):
        body = {"seatAdjustment": 1}
        assert stranger.api.post(f"{paid.path}/{path}", json=body).status_code == 404, path
        assert cloud.client.post(f"{paid.path}/{path}", json=body).status_code == 401, path
    assert stranger.api.get(f"{paid.path}/billing/vnext/metadata").status_code == 403


@pytest.mark.parametrize("odd", [[], "x", {}, {"seatAdjustment": "one"}, {"seatAdjustment": 2**40}])
@pytest.mark.parametrize("path", ["subscription", "seat"])
def test_odd_body_is_never_our_fault(owner: Person, path: str, odd: Any) -> None:
    expected = 200 if (path, odd) == ("subscription", {}) else 400  # nothing is changed then
    assert owner.api.post(f"{Paid(owner).path}/{path}", json=odd).status_code == expected


def test_plans_are_open_to_everybody(cloud: Side) -> None:
    answer = cloud.client.get("/api/plans").json()
    assert (answer["object"], len(answer["data"])) == ("list", 22)
    enterprise = next(plan for plan in answer["data"] if plan["type"] == 20)
    assert enterprise["passwordManager"]["seatPrice"] == 72.0
    assert enterprise["secretsManager"]["baseServiceAccount"] == 50
    assert (enterprise["hasSelfHost"], enterprise["trialPeriodDays"], enterprise["isAnnual"]) == (True, 7, True)
    premium = cloud.sign_up("visitor@example.com").api.get("/api/plans/premium").json()
    assert premium["seat"] == {"stripePriceId": "premium-annually", "price": 10.0, "provided": 1}


def test_premium_is_bought_for_a_year(owner: Person) -> None:
    path = "/api/account/billing/vnext/subscription"
    assert owner.api.get(path).status_code == 404
    assert owner.api.post(path, json=PREMIUM | {"additionalStorageGb": 2}).json() == {}
    shown = owner.api.get(path).json()
    assert (shown["status"], shown["nextCharge"], shown["cancelAt"]) == ("active", iso(YEAR), None)
    seat = {"translationKey": "premiumMembership", "quantity": 1, "cost": 10.0, "discount": None}
    storage = {"translationKey": "additionalStorageGB", "quantity": 2, "cost": 4.0, "discount": None}
    assert shown["cart"]["passwordManager"] == {"seats": seat, "additionalStorage": storage}
    assert shown["storage"] == {"available": 3, "used": 0, "readableUsed": "0 Bytes"}
    assert owner.api.get("/api/accounts/profile").json()["premium"] is True
    assert refusal(owner.api.post(path, json=PREMIUM)) == "Already a premium user."


def test_cancelled_premium_ends_with_its_period(owner: Person) -> None:
    path = "/api/account/billing/vnext/subscription"
    owner.api.post(path, json=PREMIUM)
    assert owner.api.post("/api/accounts/cancel", json={}).status_code == 200
    assert owner.api.get(path).json()["cancelAt"] == iso(YEAR)
    travel(owner, YEAR)
    assert owner.api.get("/api/accounts/profile").json()["premium"] is False
    assert owner.api.get(path).json().items() >= {"status": "canceled", "canceled": iso(START)}.items()
    assert owner.api.post(path, json=PREMIUM).json() == {}
    assert owner.api.get("/api/accounts/profile").json()["premium"] is True


def test_premium_is_paid_in_one_way(owner: Person) -> None:
    path = "/api/account/billing/vnext/subscription"
    address = {"billingAddress": PREMIUM["billingAddress"]}
    credit = {"nonTokenizedPaymentMethod": {"type": "accountCredit"}}
    unread = owner.api.post(path, json={"tokenizedPaymentMethod": None})
    assert (unread.status_code, list(unread.json()["validationErrors"])) == (400, ["$", "request"])
    for sent, text in (
        (address, "Either {} or {} must be provided."),
        (PREMIUM | credit, "Only one of {} or {} can be provided."),
    ):
        both = ("TokenizedPaymentMethod", "NonTokenizedPaymentMethod")
        told = owner.api.post(path, json=sent).json()["validationErrors"]
        assert told == {name: [text.format(*both)] for name in both}
    assert owner.api.post(path, json=address | credit).json() == {}
    assert owner.api.get("/api/accounts/profile").json()["premium"] is False, "nobody has a credit"


def test_card_that_always_fails(owner: Person) -> None:
    method = PREMIUM | {"tokenizedPaymentMethod": {"type": "card", "token": "pm_card_chargeDeclined"}}
    answer = owner.api.post("/api/account/billing/vnext/subscription", json=method)
    told = answer.json()
    text = "Something went wrong with your request. Please contact support for assistance."
    assert (answer.status_code, told["message"], told["exceptionMessage"]) == (500, text, "Your card was declined.")
    assert owner.api.get("/api/accounts/profile").json()["premium"] is False
