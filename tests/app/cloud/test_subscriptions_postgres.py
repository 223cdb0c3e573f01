"""Organizations and subscriptions on the scale-out engine."""

from datetime import timedelta

import pytest

from tests.support.harness import ENC_STRING, START, Person, Workshop
from tests.support.scenarios import PREMIUM, new_organization


@pytest.fixture
def owner(workshop: Workshop, postgres_url: str) -> Person:
    cloud = workshop.cloud(database_url=postgres_url)
    return cloud.sign_up("olivia@acme.example")


def test_organization_lives_on_postgresql(owner: Person) -> None:
    path = f"/api/organizations/{new_organization(owner, skipTrial=False)['id']}"
    assert owner.api.post(f"{path}/users/invite", json={"emails": ["a@b.cc"], "type": 2}).status_code == 200
    assert owner.api.post(f"{path}/collections", json={"name": ENC_STRING}).status_code == 200
    assert owner.api.put(f"{path}/policies/3", json={"policy": {"enabled": True}}).status_code == 200
    assert len(owner.api.get(f"{path}/users").json()["data"]) == 2
    assert owner.api.post(f"{path}/upgrade", json={"planType": 20}).status_code == 400
    assert owner.api.post(f"{path}/cancel", json={}).status_code == 200
    owner.side.clock.set(START + timedelta(days=7))
    owner.log_in()
    assert owner.api.get(f"{path}/subscription").json()["subscription"]["status"] == "canceled"
    assert owner.api.get("/api/accounts/profile").json()["organizations"][0]["enabled"] is False
    secret = {"masterPasswordHash": owner.password_hash}
    assert owner.api.delete(path, json=secret).status_code == 200


def test_premium_lives_on_postgresql(owner: Person) -> None:
    assert owner.api.post("/api/account/billing/vnext/subscription", json=PREMIUM).status_code == 200
    owner.side.clock.set(START + timedelta(days=800))
    owner.log_in()
    assert owner.api.get("/api/account/billing/vnext/subscription").json()["status"] == "active"
    assert owner.api.get("/api/accounts/profile").json()["premium"] is True


def test_providers_and_invoices_live_on_postgresql(owner: Person) -> None:
    organization, control = new_organization(owner)["id"], owner.side.client
    kinds = ("reseller", "msp")
    made = {kind: control.post("/_sim/providers", json={"name": kind, "type": kind}).json()["id"] for kind in kinds}
    for provider in made.values():
        taken = control.post(f"/_sim/organizations/{organization}/provider", json={"providerId": provider})
        assert taken.json()["organizations"] == [organization]
        assert control.delete(f"/_sim/organizations/{organization}/provider").status_code == 200
    assert control.post(f"/_sim/organizations/{organization}/subscription/pay").status_code == 200
    told = owner.api.get(f"/api/organizations/{organization}/billing/invoices").json()
    assert [each["paid"] for each in told] == [True, True]
    control.post(f"/_sim/organizations/{organization}/provider", json={"providerId": made["msp"]})
    assert control.post(f"/_sim/providers/{made['msp']}/subscription/cancel").json()["enabled"] is False
    assert owner.api.get("/api/accounts/profile").json()["organizations"][0]["enabled"] is False
