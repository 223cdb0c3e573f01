"""What accounts and organizations were charged, and what the web vault asks before something is bought."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.club import ok, refusal
from tests.support.harness import Person, Side
from tests.support.scenarios import PREMIUM, new_organization
from tests.support.statements import statements_of

ENTERPRISE_MONTHLY, FAMILIES_ANNUALLY = 19, 22
RESTART = {
    "paymentMethod": {"type": "card", "token": "pm_card_visa"},
    "billingAddress": {"country": "US", "postalCode": "12345"},
}


@pytest.fixture
def owner(cloud: Side) -> Person:
    return cloud.sign_up("olivia@acme.example")


def event(side: Side, organization_id: str, name: str) -> None:
    ok(side.client.post(f"/_sim/organizations/{organization_id}/subscription/{name}"))


def billing(person: Person, organization_id: str, what: str, **query: str) -> Any:
    return ok(person.api.get(f"/api/organizations/{organization_id}/billing/{what}", params=query)).json()


def test_each_period_is_invoiced_and_charged(cloud: Side, owner: Person) -> None:
    organization = new_organization(owner, plan_type=ENTERPRISE_MONTHLY)["id"]
    (first,) = billing(owner, organization, "invoices")
    total = ok(owner.api.get(f"/api/organizations/{organization}/subscription")).json()["upcomingInvoice"]["amount"]
    assert (first["amount"], first["paid"], first["url"]) == (total, True, None)
    cloud.clock.advance(timedelta(days=200))
    owner.log_in()
    newest = billing(owner, organization, "invoices")
    assert len(newest) == 5
    older = billing(owner, organization, "invoices", startAfter=newest[-1]["id"])
    assert [each["id"] for each in older][-1] == first["id"]
    assert len(newest + older) == 7
    dates = [each["date"] for each in newest + older]
    assert dates == sorted(dates, reverse=True)
    charged = billing(owner, organization, "transactions")
    assert [(each["createdDate"], each["amount"]) for each in charged] == [(date, total) for date in dates[:5]]
    assert (charged[0]["type"], charged[0]["paymentMethodType"]) == (0, 0)
    rest = billing(owner, organization, "transactions", startAfter=charged[-1]["createdDate"])
    assert [each["createdDate"] for each in rest] == dates[5:]
    history = billing(owner, organization, "history")
    assert [each["id"] for each in history["invoices"]] == [each["id"] for each in newest + older]
    assert "object" not in history


def test_what_is_owed_is_open_until_it_is_paid(cloud: Side, owner: Person) -> None:
    organization = new_organization(owner)["id"]
    event(cloud, organization, "past-due")
    (owed,) = billing(owner, organization, "invoices", status="open")
    assert (owed["paid"], billing(owner, organization, "invoices", status="paid")) == (False, [])
    assert billing(owner, organization, "transactions") == []
    event(cloud, organization, "pay")
    (paid,) = billing(owner, organization, "invoices", status="paid")
    assert paid["id"] == owed["id"]
    assert len(billing(owner, organization, "transactions")) == 1


def test_a_trial_costs_nothing_yet(owner: Person) -> None:
    organization = new_organization(owner, skipTrial=False)["id"]
    assert billing(owner, organization, "invoices") == []
    assert billing(owner, organization, "history") == {"invoices": [], "transactions": []}


def test_only_owners_see_what_was_charged(cloud: Side, owner: Person) -> None:
    organization = new_organization(owner)["id"]
    stranger = cloud.sign_up("stranger@acme.example")
    path = f"/api/organizations/{organization}/billing"
    assert owner.api.get(path).json() == {"balance": 0, "paymentSource": None, "object": "billing"}
    for whole in (path, f"{path}/history"):
        refused = stranger.api.get(whole)
        assert (refused.status_code, refused.json()["message"]) == (401, "Unauthorized.")
    for what in ("invoices", "transactions"):
        bare = stranger.api.get(f"{path}/{what}")
        assert (bare.status_code, bare.text) == (401, "")
        assert owner.api.get(f"{path}/transactions?startAfter=soon").status_code == 400


def test_a_person_without_premium_was_charged_nothing(owner: Person) -> None:
    path = "/api/accounts/billing"
    history = ok(owner.api.get(f"{path}/history")).json()
    assert history == {"invoices": [], "transactions": [], "object": "billingHistory"}
    assert ok(owner.api.get(f"{path}/invoices")).json() == []
    assert ok(owner.api.get(f"{path}/transactions")).json() == []
    ok(owner.api.post("/api/account/billing/vnext/subscription", json=PREMIUM | {"additionalStorageGb": 0}))
    history = ok(owner.api.get(f"{path}/history")).json()
    (invoice,) = history["invoices"]
    assert (invoice["paid"], "id" in invoice) == (True, False)
    assert [each["amount"] for each in history["transactions"]] == [invoice["amount"]]
    assert [each["number"] for each in owner.api.get(f"{path}/invoices").json()] == [invoice["number"]]


def amounts(person: Person, organization_id: str) -> list[float]:
    return [each["amount"] for each in billing(person, organization_id, "history")["invoices"]][::-1]


def test_what_was_invoiced_stays_as_it_was(cloud: Side, owner: Person) -> None:
    """More seats, another plan, an end and a new beginning cost what they cost then."""
    organization = new_organization(owner, plan_type=17, additionalSeats=10)["id"]
    path = f"/api/organizations/{organization}"
    ok(owner.api.post(f"{path}/subscription", json={"seatAdjustment": 10}))
    cloud.clock.advance(timedelta(days=32))
    owner.log_in()
    ok(owner.api.post(f"{path}/upgrade", json={"planType": 20, "additionalSeats": 20}))
    by_month, by_year = 5, 72
    charged = [10.0 * by_month, 20.0 * by_month, 20.0 * by_year]
    assert amounts(owner, organization) == charged
    event(cloud, organization, "cancel")
    assert amounts(owner, organization) == charged
    ok(owner.api.post(f"{path}/billing/vnext/subscription/restart", json=RESTART))
    charged.append(charged[-1])
    assert amounts(owner, organization) == charged
    numbers = [each["number"] for each in billing(owner, organization, "history")["invoices"]]
    assert [each.split("-")[1] for each in numbers] == ["0004", "0003", "0002", "0001"]
    assert len({each.split("-")[0] for each in numbers}) == 1
    ok(owner.api.post(f"{path}/subscription", json={"seatAdjustment": -5}))
    assert amounts(owner, organization) == charged


def test_invoices_read_before_time_is_saved_are_those_that_are_saved(cloud: Side, owner: Person) -> None:
    organization = new_organization(owner, plan_type=ENTERPRISE_MONTHLY)["id"]
    cloud.clock.advance(timedelta(days=100))
    owner.log_in()
    seen = billing(owner, organization, "history")
    ok(owner.api.post(f"/api/organizations/{organization}/subscription", json={"seatAdjustment": 1}))
    assert billing(owner, organization, "history") == seen
    assert len(seen["invoices"]) == 4


def test_an_invoice_that_nobody_paid_is_void_when_its_subscription_ends(cloud: Side, owner: Person) -> None:
    organization = new_organization(owner)["id"]
    event(cloud, organization, "unpaid")
    assert [each["paid"] for each in billing(owner, organization, "invoices", status="open")] == [False]
    event(cloud, organization, "cancel")
    assert billing(owner, organization, "invoices", status="open") == []
    (void,) = billing(owner, organization, "invoices", status="void")
    assert void["paid"] is False


def test_premium_that_is_bought_again_keeps_its_history(cloud: Side, owner: Person) -> None:
    path = "/api/account/billing/vnext/subscription"
    ok(owner.api.post(path, json=PREMIUM | {"additionalStorageGb": 0}))
    ok(cloud.client.post(f"/_sim/users/{owner.email}/premium/cancel"))
    ok(owner.api.post(path, json=PREMIUM | {"additionalStorageGb": 2}))
    invoices = owner.api.get("/api/accounts/billing/invoices").json()
    assert [(each["amount"], each["number"].split("-")[1]) for each in invoices] == [(18.0, "0002"), (10.0, "0001")]


def test_a_declined_payment_of_a_new_trial_leaves_what_was_paid(cloud: Side, owner: Person) -> None:
    organization = new_organization(owner)["id"]
    event(cloud, organization, "cancel")
    ok(cloud.client.post(f"/_sim/organizations/{organization}/subscription/start", json={"trialDays": 7}))
    event(cloud, organization, "past-due")
    assert [each["paid"] for each in billing(owner, organization, "invoices")] == [True]


def test_many_periods_cost_the_statements_of_one(cloud: Side, owner: Person) -> None:
    organization = new_organization(owner, plan_type=ENTERPRISE_MONTHLY)["id"]

    def cost() -> int:
        return statements_of(cloud, lambda: billing(owner, organization, "history"))

    one = cost()
    cloud.clock.advance(timedelta(days=300))
    owner.log_in()
    ok(owner.api.post(f"/api/organizations/{organization}/subscription", json={"seatAdjustment": 1}))
    assert cost() == one


ADDRESS = {"country": "US", "postalCode": "12345"}


def preview(person: Person, path: str, body: dict[str, Any], method: str = "POST") -> Any:
    return person.api.request(method, f"/api/billing/preview-invoice/{path}", json=body)


def purchase(tier: str = "enterprise", cadence: str = "annually", **more: Any) -> dict[str, Any]:
    bought = {"seats": 10, "additionalStorage": 0, "sponsored": False} | more
    return {"purchase": {"tier": tier, "cadence": cadence, "passwordManager": bought}, "billingAddress": ADDRESS}


def test_a_preview_says_what_the_subscription_then_costs(owner: Person) -> None:
    path = "organizations/subscriptions/purchase"
    told = ok(preview(owner, path, purchase())).json()
    organization = new_organization(owner)["id"]
    bill = f"/api/organizations/{organization}/subscription"

    def cost() -> Any:
        return owner.api.get(bill).json()["upcomingInvoice"]["amount"]

    assert told == {"tax": 0, "total": cost()}
    update = {"update": {"passwordManager": {"seats": 12, "additionalStorage": 2}}}
    told = ok(preview(owner, f"organizations/{organization}/subscription/update", update, "PUT")).json()
    ok(owner.api.post(f"/api/organizations/{organization}/storage", json={"storageGbAdjustment": 2}))
    ok(owner.api.post(bill, json={"seatAdjustment": 2}))
    assert told["total"] == cost()
    change = {"plan": {"tier": "Enterprise", "cadence": "monthly"}, "billingAddress": ADDRESS}
    monthly = ok(preview(owner, f"organizations/{organization}/subscription/plan-change", change)).json()
    assert 0 < monthly["total"] < told["total"]
    sponsored = ok(preview(owner, path, purchase("Families", seats=1, sponsored=True))).json()
    assert sponsored["total"] == 0


def test_a_preview_is_of_what_it_names_only(owner: Person) -> None:
    organization, free = new_organization(owner)["id"], new_organization(owner, plan_type=0, additionalSeats=0)["id"]

    def update(**wanted: Any) -> Any:
        path = f"organizations/{organization}/subscription/update"
        return ok(preview(owner, path, {"update": wanted}, "PUT")).json()["total"]

    def change(of: str, tier: str) -> Any:
        body = {"plan": {"tier": tier, "cadence": "annually"}, "billingAddress": ADDRESS}
        return ok(preview(owner, f"organizations/{of}/subscription/plan-change", body)).json()["total"]

    assert update() == 0
    assert update(passwordManager={"seats": 2}) == 2 * 72
    assert update(passwordManager={"additionalStorage": 3}) == 3 * 4
    assert update(secretsManager={"seats": 2, "additionalServiceAccounts": 4}) == 2 * 144 + 4 * 12
    assert update(secretsManager={"additionalServiceAccounts": 4}) == 0
    assert change(free, "teams") == 2 * 48
    assert change(organization, "families") == 10 * change(free, "families")
    ok(owner.api.post(f"/api/organizations/{organization}/subscribe-secrets-manager", json={"additionalSmSeats": 3}))
    assert change(organization, "teams") == 10 * 48 + 3 * 72
    two = ok(preview(owner, "organizations/subscriptions/purchase", purchase("families", seats=2))).json()["total"]
    assert two == 2 * change(free, "families")


def test_what_cannot_be_previewed(cloud: Side, owner: Person) -> None:
    organization = new_organization(owner)["id"]
    path = "organizations/subscriptions/purchase"

    def found(body: dict[str, Any]) -> Any:
        answer = preview(owner, path, body)
        assert answer.status_code == 400
        return answer.json()["validationErrors"]

    monthly = found(purchase("families", "monthly"))
    assert list(monthly.values()) == [["Monthly cadence is not available on the Families plan."]]
    assert list(found(purchase(seats=0)).values()) == [["Password Manager seats must be between 1 and 100,000"]]
    assert list(found(purchase() | {"billingAddress": ADDRESS | {"country": "USA"}}).values()) == [
        ["Country code must be 2 characters long."]
    ]
    assert preview(owner, path, purchase("galactic")).status_code == 400
    stranger = cloud.sign_up("stranger@acme.example")
    change = {"plan": {"tier": "teams", "cadence": "annually"}, "billingAddress": ADDRESS}
    of_organization = f"organizations/{organization}/subscription"
    assert preview(stranger, f"{of_organization}/plan-change", change).status_code in (403, 404)
    assert preview(stranger, f"{of_organization}/update", {"update": {}}, "PUT").status_code in (403, 404)


def test_premium_and_its_storage(owner: Person) -> None:
    body = {"additionalStorage": 3, "billingAddress": ADDRESS}
    told = ok(preview(owner, "premium/subscriptions/purchase", body)).json()
    path = "/api/account/billing/vnext/subscription"
    assert refusal(owner.api.put(f"{path}/storage", json={"additionalStorageGb": 3})) == (
        "User does not have a premium subscription."
    )
    ok(owner.api.post(path, json=PREMIUM | {"additionalStorageGb": 0}))
    ok(owner.api.put(f"{path}/storage", json={"additionalStorageGb": 3}))
    owner.side.clock.advance(timedelta(days=366))
    owner.log_in()
    newest, first = owner.api.get("/api/accounts/billing/invoices").json()
    assert (newest["amount"], first["amount"]) == (told["total"], told["total"] - 3 * 4)
    for wrong, text in ((-1, "Additional storage cannot be negative."), (100, "Maximum additional storage is 99 GB.")):
        answer = owner.api.put(f"{path}/storage", json={"additionalStorageGb": wrong})
        assert answer.json()["validationErrors"] == {"AdditionalStorageGb": [text]}


def test_storage_of_an_organization(cloud: Side, owner: Person) -> None:
    organization = new_organization(owner)["id"]
    path = f"/api/organizations/{organization}"
    included = owner.api.get(path).json()["maxStorageGb"]
    ok(owner.api.post(f"{path}/storage", json={"storageGbAdjustment": 5}))
    assert owner.api.get(path).json()["maxStorageGb"] == included + 5
    ok(owner.api.post(f"{path}/storage", json={"storageGbAdjustment": -50}))
    assert owner.api.get(path).json()["maxStorageGb"] == included
    assert refusal(owner.api.post(f"{path}/storage", json={"storageGbAdjustment": 200})) == "Maximum storage is 100 GB."
    nothing = owner.api.post(f"{path}/storage", json={"storageGbAdjustment": 0}).json()
    assert nothing["validationErrors"] == {"StorageGbAdjustment": ["Storage adjustment cannot be 0."]}
    stranger = cloud.sign_up("stranger@acme.example")
    assert stranger.api.post(f"{path}/storage", json={"storageGbAdjustment": 1}).status_code == 404


def test_nobody_has_a_payment_method_and_a_card_begins_with_a_secret(cloud: Side, owner: Person) -> None:
    for name in ("setup-intent/card", "setup-intent/bank-account", "setup-payment"):
        secret = ok(owner.api.post(f"/api/{name}")).json()
        assert secret.startswith("seti_")
        assert "_secret_" in secret
        assert cloud.client.post(f"/api/{name}").status_code == 401
    countries = [owner.api.get(f"/api/tax/is-country-supported?country={each}").json() for each in ("DE", "XX", "")]
    assert countries == [True, False, False]
    organization = new_organization(owner)["id"]
    paths = [f"/api/organizations/{organization}/billing/vnext/{name}" for name in ("payment-method", "address")]
    for path in [*paths, "/api/account/billing/vnext/payment-method"]:
        assert ok(owner.api.get(path)).content == b""
    stranger = cloud.sign_up("stranger@acme.example")
    assert {stranger.api.get(path).status_code for path in paths} <= {403, 404}
