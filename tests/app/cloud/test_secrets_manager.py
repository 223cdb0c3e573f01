"""Secrets Manager bought after the plan, and what the licence says then. fidelity.md: billing.secrets-manager."""

from typing import Any

import pytest

from tests.support.harness import Person, Side
from tests.support.scenarios import download_license, new_organization


@pytest.fixture
def owner(cloud: Side) -> Person:
    return cloud.sign_up("owner@acme.example")


class Bought:
    """An organization that may buy it."""

    def __init__(self, owner: Person, **more: Any) -> None:
        self.owner = owner
        self.id = new_organization(owner, **more)["id"]

    def post(self, what: str, **body: Any) -> Any:
        return self.owner.api.post(f"/api/organizations/{self.id}/{what}", json=body)

    def told(self, what: str, **body: Any) -> tuple[int, str]:
        answer = self.post(what, **body)
        return answer.status_code, answer.json()["message"]

    def take_up(self, seats: int, accounts: int = 0) -> Any:
        return self.post("subscribe-secrets-manager", additionalSmSeats=seats, additionalServiceAccounts=accounts)


def test_a_licence_of_what_was_bought_later(cloud: Side, owner: Person) -> None:
    acme = Bought(owner)
    mine = acme.take_up(5, 20).json()
    assert (mine["useSecretsManager"], mine["accessSecretsManager"], mine["object"]) == (
        True,
        True,
        "profileOrganization",
    )
    installation = cloud.client.post("/api/installations", json={"email": owner.email}).json()["id"]
    file = download_license(owner, acme.id, installation)
    assert (file["useSecretsManager"], file["smSeats"], file["smServiceAccounts"]) == (True, 5, 70)
    changed = acme.post("sm-subscription", seatAdjustment=-3, serviceAccountAdjustment=10, maxAutoscaleSeats=4)
    assert changed.status_code == 200
    file = download_license(owner, acme.id, installation)
    assert (file["smSeats"], file["smServiceAccounts"]) == (2, 80)
    told = owner.api.get(f"/api/organizations/{acme.id}/subscription").json()
    assert (told["smSeats"], told["maxAutoscaleSmSeats"], told["maxAutoscaleSmServiceAccounts"]) == (2, 4, None)
    sold = {item["productId"]: (item["quantity"], item["amount"]) for item in told["subscription"]["items"]}
    assert sold["secrets-manager-enterprise-seat-annually"] == (2, 144)
    assert sold["secrets-manager-service-account-2024-annually"] == (30, 12)
    assert told["upcomingInvoice"]["amount"] == 10 * 72 + 2 * 144 + 30 * 12


def test_what_cannot_be_taken_up(owner: Person, cloud: Side) -> None:
    acme = Bought(owner)
    assert acme.told("subscribe-secrets-manager") == (400, "At least one Secrets Manager seat is required.")
    more = "You cannot have more Secrets Manager seats than Password Manager seats."
    assert acme.told("subscribe-secrets-manager", additionalSmSeats=11) == (400, more)
    assert acme.post("subscribe-secrets-manager", additionalSmSeats=-1).json()["validationErrors"] == {
        "AdditionalSmSeats": ["The field AdditionalSmSeats must be between 0 and 2147483647."]
    }
    assert acme.told("sm-subscription", seatAdjustment=1) == (400, "Organization has no access to Secrets Manager.")
    assert acme.take_up(1).status_code == 200
    assert acme.told("subscribe-secrets-manager", additionalSmSeats=1) == (
        400,
        "Organization already uses Secrets Manager.",
    )
    families = Bought(owner, name="Family", plan_type=22, additionalSeats=0)
    text = "Organization's plan does not support Secrets Manager."
    assert families.told("subscribe-secrets-manager", additionalSmSeats=1) == (400, text)
    assert families.told("sm-subscription", seatAdjustment=1) == (404, "Resource not found.")
    free = Bought(owner, name="Small", plan_type=0, additionalSeats=0)
    assert free.told("subscribe-secrets-manager", additionalServiceAccounts=1) == (
        400,
        "Plan does not allow additional Machine Accounts.",
    )
    assert free.take_up(0).json()["useSecretsManager"] is True
    resold = Bought(owner, name="Resold")
    cloud.client.post(f"/_sim/organizations/{resold.id}/subscription/remove-subscription", json={})
    assert resold.told("subscribe-secrets-manager", additionalSmSeats=1) == (409, "No payment method found.")
    stranger = cloud.sign_up("stranger@acme.example")
    for what in ("subscribe-secrets-manager", "sm-subscription"):
        assert stranger.api.post(f"/api/organizations/{acme.id}/{what}", json={}).status_code == 404


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"seatAdjustment": -2}, "You must have at least 1 Secrets Manager seat."),
        ({"seatAdjustment": -3}, "Plan has a minimum of 0 Secrets Manager  seats."),
        ({"seatAdjustment": 9}, "You cannot have more Secrets Manager seats than Password Manager seats."),
        ({"seatAdjustment": 1, "maxAutoscaleSeats": 2}, "Cannot set max seat autoscaling below seat count."),
        (
            {"maxAutoscaleSeats": 1},
            "Cannot set max Secrets Manager seat autoscaling below current Secrets Manager seat count.",
        ),
        ({"serviceAccountAdjustment": -1}, "Plan has a minimum of 50 machine accounts."),
        (
            {"serviceAccountAdjustment": 5, "maxAutoscaleServiceAccounts": 54},
            "Cannot set max machine accounts autoscaling below machine account amount.",
        ),
        (
            {"maxAutoscaleServiceAccounts": 49},
            "Cannot set max machine accounts autoscaling below current machine accounts count.",
        ),
    ],
)
def test_what_cannot_be_changed(owner: Person, change: dict[str, int], text: str) -> None:
    acme = Bought(owner)
    acme.take_up(2)
    assert acme.told("sm-subscription", **change) == (400, text)
