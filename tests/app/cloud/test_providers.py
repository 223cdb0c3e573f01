"""Organizations that a provider manages or resells: licences, seats, warnings, and who sees their billing."""

from datetime import timedelta
from typing import Any

import pytest

from common.wire.base import iso
from tests.support.club import ADMIN, Club, ok, refusal
from tests.support.harness import START, Person, Side
from tests.support.scenarios import billing_sync_token, download_license, new_organization

TEAMS_MONTHLY, TEAMS_ANNUALLY, ENTERPRISE_MONTHLY, ENTERPRISE_ANNUALLY = 17, 18, 19, 20
MSP, RESELLER, BUSINESS_UNIT = "msp", "reseller", "business-unit"
CARD = {"type": "card", "token": "pm_card_visa", "billingAddress": {"country": "US", "postalCode": "12345"}}


@pytest.fixture
def owner(cloud: Side) -> Person:
    return cloud.sign_up("olivia@acme.example")


class Client:
    """An organization with a provider."""

    def __init__(self, owner: Person, kind: str | None, **more: Any) -> None:
        self.side, self.owner = owner.side, owner
        self.id = str(new_organization(owner, **more)["id"])
        self.path = f"/api/organizations/{self.id}"
        self.provider = ""
        if kind:
            self.provider = self.join(kind)["id"]

    def join(self, kind: str) -> Any:
        wanted = {"name": "Managers Inc", "type": kind, "billingEmail": "billing@managers.example"}
        provider = ok(self.side.client.post("/_sim/providers", json=wanted)).json()
        taken = self.side.client.post(f"/_sim/organizations/{self.id}/provider", json={"providerId": provider["id"]})
        assert ok(taken).json()["organizations"] == [self.id]
        return provider

    def leave(self) -> Any:
        return self.side.client.delete(f"/_sim/organizations/{self.id}/provider")

    def event(self, name: str) -> Any:
        return ok(self.side.client.post(f"/_sim/organizations/{self.id}/subscription/{name}")).json()

    def of_provider(self, name: str) -> Any:
        return ok(self.side.client.post(f"/_sim/providers/{self.provider}/subscription/{name}")).json()

    def get(self, what: str = "") -> Any:
        return ok(self.owner.api.get(f"{self.path}{what}")).json()

    def enabled(self) -> bool:
        (own,) = self.owner.api.get("/api/accounts/profile").json()["organizations"]
        return bool(own["enabled"])

    def warnings(self) -> Any:
        return self.get("/billing/vnext/warnings")

    def license(self) -> Any:
        installation = ok(self.side.client.post("/api/installations", json={"email": self.owner.email})).json()["id"]
        return self.owner.api.get(f"{self.path}/license?installationId={installation}")

    def pass_time(self, **length: int) -> None:
        self.side.clock.advance(timedelta(**length))
        self.owner.log_in()


@pytest.mark.parametrize(
    ("kind", "plan", "managed", "months"),
    [
        (MSP, ENTERPRISE_ANNUALLY, ENTERPRISE_MONTHLY, 1),
        (MSP, TEAMS_ANNUALLY, TEAMS_MONTHLY, 1),
        (BUSINESS_UNIT, ENTERPRISE_MONTHLY, ENTERPRISE_ANNUALLY, 12),
    ],
)
def test_a_managed_organization_has_the_plan_of_its_provider(
    owner: Person, kind: str, plan: int, managed: int, months: int
) -> None:
    client = Client(owner, kind, plan_type=plan)
    shown = client.get()
    assert (shown["planType"], shown["billingEmail"]) == (managed, "billing@managers.example")
    assert (shown["seats"], shown["maxAutoscaleSeats"]) == (10, None)
    (own,) = owner.api.get("/api/accounts/profile").json()["organizations"]
    told = (own["providerId"], own["providerName"], own["providerType"])
    assert told == (client.provider, "Managers Inc", {MSP: 0, BUSINESS_UNIT: 2}[kind])
    (synced,) = owner.api.get("/api/sync").json()["profile"]["organizations"]
    assert synced["providerId"] == client.provider
    (provider,) = owner.side.client.get("/_sim/providers").json()["data"]
    assert provider["periodEnd"] == iso(
        START.replace(year=START.year + 1) if months == 12 else START.replace(month=START.month % 12 + 1)
    )


def test_its_licence_goes_by_the_subscription_of_its_provider(owner: Person) -> None:
    client = Client(owner, MSP)
    granted = ok(client.license()).json()
    # A month's period, and no expiration date: a year from now. Source: LicenseExtensions.cs.
    assert granted["expires"].startswith(f"{START.year + 1}-{START:%m-%d}")
    assert (granted["trial"], granted["expirationWithoutGracePeriod"]) == (False, None)
    client.of_provider("past-due")
    ok(client.license())
    client.of_provider("cancel")
    assert refusal(client.license()).startswith("Unable to generate license due to a payment issue.")
    yearly = Client(owner, BUSINESS_UNIT, name="Unit")
    granted = ok(yearly.license()).json()
    assert granted["expires"] == iso(START.replace(year=START.year + 1) + timedelta(days=60))


def test_only_its_provider_gets_it_more_seats(owner: Person) -> None:
    newcomers = [f"m{number}@acme.example" for number in range(10)]
    texts = {
        MSP: "Seat limit has been reached. Please contact your provider to add more seats.",
        BUSINESS_UNIT: "Seat limit has been reached. Please contact your provider to add more seats.",
        RESELLER: "Seat limit has been reached. Contact your provider to purchase additional seats.",
    }
    for kind, text in texts.items():
        client = Client(owner, kind, name=kind)
        club = Club(owner.side, owner, client.id)
        assert refusal(club.invite(*newcomers)) == text
        ok(owner.side.client.post(f"/_sim/organizations/{client.id}/subscription/seats", json={"seats": 11}))
        ok(club.invite(*newcomers))


def test_owners_of_a_managed_organization_have_no_billing(owner: Person) -> None:
    client = Client(owner, MSP)
    assert owner.api.get(f"{client.path}/subscription").status_code == 404
    refuse_changes(client)
    warned = client.warnings()
    assert set(warned.values()) == {None}
    assert client.get("/billing/vnext/metadata") == {
        "isOnSecretsManagerStandalone": False,
        "organizationOccupiedSeats": 1,
    }


def refuse_changes(client: Client) -> None:
    api = client.owner.api
    for what, body in {
        "subscription": {"seatAdjustment": 1},
        "seat": {"seatAdjustment": 1},
        "storage": {"storageGbAdjustment": 1},
        "upgrade": {"planType": ENTERPRISE_ANNUALLY},
        "cancel": {},
        "reinstate": None,
        "subscribe-secrets-manager": {"additionalSmSeats": 1},
        "sm-subscription": {"seatAdjustment": 1},
    }.items():
        assert api.post(f"{client.path}/{what}", json=body).status_code == 404, what
    for what in ("history", "invoices", "transactions"):
        assert api.get(f"{client.path}/billing/{what}").status_code == 401, what


def test_owners_of_a_resold_organization_see_no_prices(owner: Person) -> None:
    client = Client(owner, RESELLER)
    shown = client.get("/subscription")
    assert (shown["billingEmail"], shown["subscription"]["items"], shown["upcomingInvoice"]["amount"]) == (None,) * 3
    assert shown["subscription"]["collectionMethod"] == "send_invoice"
    refuse_changes(client)
    assert client.get()["billingEmail"] is not None
    granted = ok(client.license()).json()
    assert granted["expires"] == iso(START.replace(year=START.year + 1) + timedelta(days=60))


def test_a_resold_organization_is_warned_of_its_invoices(owner: Person) -> None:
    client = Client(owner, RESELLER)
    assert client.warnings()["resellerRenewal"] is None
    client.pass_time(days=355)
    renewal = START.replace(year=START.year + 1)
    assert client.warnings()["resellerRenewal"] == {
        "type": "upcoming",
        "upcoming": {"renewalDate": iso(renewal)},
        "issued": None,
        "pastDue": None,
    }
    client.pass_time(days=20)
    due = renewal + timedelta(days=30)
    issued = client.warnings()["resellerRenewal"]
    assert (issued["type"], issued["issued"]) == ("issued", {"issuedDate": iso(renewal), "dueDate": iso(due)})
    client.pass_time(days=25)
    overdue = client.warnings()["resellerRenewal"]
    assert (overdue["type"], overdue["pastDue"]) == ("past_due", {"suspensionDate": iso(due + timedelta(days=30))})
    shown = client.get("/subscription")["subscription"]
    assert (shown["status"], shown["gracePeriod"]) == ("past_due", 30)
    assert shown["suspensionDate"] == iso(due + timedelta(days=30))
    client.pass_time(days=30)
    warned = client.warnings()
    assert (warned["resellerRenewal"], warned["inactiveSubscription"]) == (None, {"resolution": "contact_provider"})
    assert client.event("pay").items() >= {"status": "active", "enabled": True}.items()
    assert client.warnings()["inactiveSubscription"] is None


def test_a_provider_that_pays_no_more_takes_its_organizations_along(owner: Person) -> None:
    client = Client(owner, MSP)
    assert client.of_provider("unpaid").items() >= {"status": "unpaid", "enabled": False}.items()
    assert client.enabled() is False
    assert client.of_provider("pay")["enabled"] is True
    assert client.enabled() is True
    client.of_provider("unpaid")
    client.pass_time(days=7)
    state = owner.side.client.get(f"/_sim/organizations/{client.id}/subscription").json()
    assert (state["enabled"], state["expirationDate"]) == (False, iso(START.replace(month=START.month % 12 + 1)))


def test_an_organization_that_is_let_go_pays_by_invoice(owner: Person) -> None:
    client = Client(owner, MSP)
    owner.side.mails.clear()
    ok(client.leave())
    shown = client.get("/subscription")
    assert (shown["billingEmail"], shown["planType"]) == (owner.email, ENTERPRISE_MONTHLY)
    assert (shown["subscription"]["status"], shown["subscription"]["collectionMethod"]) == ("active", "send_invoice")
    (newest, oldest) = client.get("/billing/invoices")
    assert (newest["paid"], oldest["paid"]) == (False, True)
    assert [(mail.to, mail.subject) for mail in owner.side.mails] == [(owner.email, "Update your billing information")]
    assert client.leave().status_code == 404
    assert owner.api.get("/api/accounts/profile").json()["organizations"][0]["providerId"] is None


def test_a_resold_organization_that_is_let_go_has_no_payment_method(owner: Person) -> None:
    client = Client(owner, None)
    ok(owner.api.put(f"{client.path}/billing/vnext/payment-method", json=CARD))
    client.join(RESELLER)
    assert client.get("/billing/vnext/payment-method") is not None
    ok(client.leave())
    assert client.owner.api.get(f"{client.path}/billing/vnext/payment-method").content == b""
    assert client.get("/subscription")["subscription"]["collectionMethod"] == "send_invoice"


def test_who_is_taken_on(owner: Person) -> None:
    client = Client(owner, MSP)
    again = owner.side.client.post(f"/_sim/organizations/{client.id}/provider", json={"providerId": client.provider})
    assert (again.status_code, again.json()["message"]) == (409, "Organization already belongs to a provider.")
    family = new_organization(owner, name="Family", plan_type=22, additionalSeats=0)["id"]
    refused = owner.side.client.post(f"/_sim/organizations/{family}/provider", json={"providerId": client.provider})
    assert refusal(refused) == "Only Teams and Enterprise organizations can be managed by a provider."
    unknown = owner.side.client.post(f"/_sim/organizations/{family}/provider", json={"providerId": family})
    assert unknown.status_code == 404


def test_a_managed_organization_syncs_like_any_other(cloud: Side, owner: Person) -> None:
    client = Client(owner, MSP)
    assert billing_sync_token(owner, client.id)
    installation = ok(cloud.client.post("/api/installations", json={"email": owner.email})).json()["id"]
    license_file = download_license(owner, client.id, installation)
    assert (license_file["planType"], license_file["seats"]) == (ENTERPRISE_MONTHLY, 10)


def test_members_of_a_managed_organization_are_sent_to_the_provider(cloud: Side, owner: Person) -> None:
    client = Client(owner, RESELLER)
    admin = cloud.sign_up("adam@acme.example")
    Club(cloud, owner, client.id).join(admin, type=ADMIN)
    client.event("unpaid")
    warned = ok(admin.api.get(f"{client.path}/billing/vnext/warnings")).json()
    assert warned["inactiveSubscription"] == {"resolution": "contact_provider"}
