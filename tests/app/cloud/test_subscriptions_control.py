"""`/_sim`: causing what a payment provider and upstream's staff would cause."""

from datetime import timedelta
from typing import Any

import pytest

from common.wire.base import iso
from tests.support.harness import START, Person, Side
from tests.support.scenarios import new_organization

YEAR = START.replace(year=START.year + 1)


@pytest.fixture
def owner(cloud: Side) -> Person:
    return cloud.sign_up("olivia@acme.example")


class Puppet:
    """An organization whose billing the test holds in its hand."""

    def __init__(self, owner: Person, **more: Any) -> None:
        self.side = owner.side
        self.id = str(new_organization(owner, **more)["id"])

    def cause(self, event: str, **details: Any) -> Any:
        return self.side.client.post(f"/_sim/organizations/{self.id}/subscription/{event}", json=details)

    def caused(self, event: str, **details: Any) -> dict[str, Any]:
        answer = self.cause(event, **details)
        assert answer.status_code == 200, answer.text
        state: dict[str, Any] = answer.json()
        assert state == self.side.client.get(f"/_sim/organizations/{self.id}/subscription").json()
        return state


def test_trial_ends_when_told(owner: Person) -> None:
    state = Puppet(owner, skipTrial=False).caused("trial-end")
    assert (state["status"], state["trialEnd"], state["periodEnd"]) == ("active", iso(START), iso(YEAR))
    assert state["expirationDate"] == iso(YEAR)


def test_unpaid_disables_and_paying_enables(owner: Person) -> None:
    puppet = Puppet(owner)
    assert puppet.caused("past-due").items() >= {"status": "past_due", "enabled": True}.items()
    unpaid = puppet.caused("unpaid")
    assert unpaid.items() >= {"status": "unpaid", "enabled": False, "expirationDate": iso(YEAR)}.items()
    assert unpaid["cancelAt"] == iso(START + timedelta(days=7))
    assert puppet.caused("pay").items() >= {"status": "active", "enabled": True, "cancelAt": None}.items()


def test_unpaid_ends_by_itself_after_seven_days(owner: Person) -> None:
    puppet = Puppet(owner)
    puppet.caused("unpaid")
    owner.side.clock.advance(timedelta(days=7))
    state = owner.side.client.get(f"/_sim/organizations/{puppet.id}/subscription").json()
    assert (state["status"], state["enabled"]) == ("canceled", False)


def test_cancelled_at_once_is_disabled_at_once(owner: Person) -> None:
    puppet = Puppet(owner)
    state = puppet.caused("cancel")
    assert (state["status"], state["enabled"], state["canceledAt"]) == ("canceled", False, iso(START))
    assert puppet.cause("renew").json()["message"] == "The subscription has ended."
    again = puppet.caused("start", trialDays=0)
    assert (again["status"], again["enabled"]) == ("active", True)


def test_planned_cancellation_is_taken_back(owner: Person) -> None:
    puppet = Puppet(owner)
    assert puppet.caused("cancel-at-period-end")["cancelAt"] == iso(YEAR)
    assert puppet.caused("reinstate")["cancelAt"] is None


def test_a_renewal_moves_the_end_by_one_period_and_the_licence_follows(owner: Person) -> None:
    puppet = Puppet(owner)
    owner.side.clock.advance(timedelta(days=100))
    state = puppet.caused("renew")
    later = YEAR.replace(year=YEAR.year + 1)
    assert (state["periodStart"], state["periodEnd"]) == (iso(YEAR), iso(later))
    assert state["expirationDate"] == iso(later)
    invoices = owner.side.client.get(f"/_sim/organizations/{puppet.id}/invoices").json()["data"]
    assert [(each["date"], each["status"]) for each in invoices] == [(iso(YEAR), "paid"), (iso(START), "paid")]


def test_seats_without_asking(owner: Person) -> None:
    puppet = Puppet(owner)
    assert puppet.caused("seats", seats=60)["seats"] == 60
    assert puppet.cause("seats").json()["message"] == "This event needs seats."


def test_an_organization_that_is_invoiced_outside_has_an_expiration_date_only(owner: Person) -> None:
    puppet = Puppet(owner)
    assert puppet.cause("set-expiration", expirationDate=iso(YEAR)).status_code == 400
    later = iso(YEAR + timedelta(days=30))
    state = puppet.caused("remove-subscription", expirationDate=later)
    assert (state["status"], state["expirationDate"], state["enabled"]) == (None, later, True)
    assert puppet.caused("set-expiration", expirationDate=None)["expirationDate"] is None
    shown = owner.api.get(f"/api/organizations/{puppet.id}/subscription").json()
    assert (shown["subscription"], shown["upcomingInvoice"], shown["expiration"]) == (None, None, None)
    invite = {"emails": [f"m{number}@acme.example" for number in range(10)], "type": 2}
    full = owner.api.post(f"/api/organizations/{puppet.id}/users/invite", json=invite)
    text = "No payment method found."
    assert (full.status_code, full.json()["message"]) == (400, text)
    assert puppet.cause("renew").json()["message"] == "No subscription found."


def test_any_plan_that_was_ever_sold(owner: Person) -> None:
    puppet = Puppet(owner)
    puppet.caused("plan", planType=3)
    shown = owner.api.get(f"/api/organizations/{puppet.id}").json()
    assert (shown["plan"]["name"], shown["useSso"], shown["selfHost"]) == ("Teams (Annually) 2019", False, False)
    assert puppet.cause("plan", planType=99).json()["message"] == "There is no plan 99."


def test_abilities_are_set_by_hand(owner: Person) -> None:
    puppet = Puppet(owner)
    path = f"/_sim/organizations/{puppet.id}"
    changed = owner.side.client.post(path, json={"useAdminSponsoredFamilies": True, "seats": None, "useSso": False})
    shown = owner.api.get(f"/api/organizations/{puppet.id}").json()
    assert changed.json() == shown
    assert (shown["useAdminSponsoredFamilies"], shown["useSso"], shown["seats"]) == (True, False, None)
    assert owner.side.client.post(path, json={"useSso": None}).status_code == 400
    owner.side.client.post(path, json={"enabled": False})
    assert owner.api.get("/api/accounts/profile").json()["organizations"][0]["enabled"] is False


def test_premium_by_address_or_id(owner: Person) -> None:
    control = owner.side.client
    path = f"/_sim/users/{owner.email}/premium"
    made = control.post(path).json()
    assert (made["status"], made["enabled"], made["expirationDate"]) == ("active", True, iso(YEAR))
    by_id = control.post(f"/_sim/users/{owner.user_id}/premium/cancel").json()
    assert (by_id["status"], by_id["enabled"]) == ("canceled", False)
    assert owner.api.get("/api/accounts/profile").json()["premium"] is False
    trial = control.post(f"{path}/create", json={"trialDays": 7}).json()
    assert (trial["status"], trial["trialEnd"]) == ("trialing", iso(START + timedelta(days=7)))


def test_unknown_events_and_subscribers_are_told(owner: Person) -> None:
    puppet = Puppet(owner)
    assert puppet.cause("explode").json()["message"].startswith("Unknown event; known are trial-end, renew,")
    control = owner.side.client
    assert control.post(f"/_sim/users/{owner.email}/premium/explode").status_code == 400
    assert control.post("/_sim/users/nobody@example.com/premium").status_code == 404
    assert (
        control.post("/_sim/organizations/00000000-0000-0000-0000-000000000000/subscription/renew").status_code == 404
    )


@pytest.mark.parametrize(
    "odd", [[], "x", {"seats": "one"}, {"seats": -1}, {"expirationDate": "soon"}, {"planType": 1.5}]
)
def test_odd_details_are_never_our_fault(owner: Person, odd: Any) -> None:
    puppet = Puppet(owner)
    for event in ("seats", "plan", "remove-subscription", "start"):
        answer = owner.side.client.post(f"/_sim/organizations/{puppet.id}/subscription/{event}", json=odd)
        assert answer.status_code == 400, event


def test_far_future_is_no_fault(owner: Person) -> None:
    puppet = Puppet(owner)
    owner.side.clock.set(START.replace(year=9999, month=12, day=31))
    state = owner.side.client.get(f"/_sim/organizations/{puppet.id}/subscription")
    assert (state.status_code, state.json()["status"]) == (200, "active")
