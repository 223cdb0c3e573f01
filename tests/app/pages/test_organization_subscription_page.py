"""The cloud's page of an organization's subscription: what it shows in which state, what its forms change."""

import re
from datetime import timedelta
from typing import Any

import pytest

from common.quirks import Quirk
from tests.support.answers import ok
from tests.support.harness import Person, Side, Workshop
from tests.support.offers import make_instance, make_sponsor
from tests.support.scenarios import billing_sync_token, download_license, new_organization
from tests.support.statements import statements
from tests.support.visitor import Answer, Visitor

FAMILIES, TEAMS_MONTHLY, FREE = 22, 17, 0
EVIL = '<b>Acme</b> & "Sons"'
ESCAPED = "&lt;b&gt;Acme&lt;/b&gt; &amp; &#34;Sons&#34;"


@pytest.fixture
def owner(cloud: Side) -> Person:
    return cloud.sign_up("olivia@acme.example")


class Desk:
    """An organization of the owner's, and the owner's browser in front of its page."""

    def __init__(self, owner: Person, language: str = "en", **organization: Any) -> None:
        self.owner, self.side = owner, owner.side
        self.id = str(new_organization(owner, **organization)["id"])
        self.path = f"/organizations/{self.id}/billing/subscription"
        self.visitor = Visitor(self.side, language).log_in(owner)

    @property
    def page(self) -> str:
        answer = self.visitor.get(self.path)
        assert answer.status_code == 200, answer.text
        return answer.text

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = self.side.client.get(f"/_sim/organizations/{self.id}/subscription").json()
        return state

    @property
    def status(self) -> str:
        found = re.search(r'data-state="(\w+)"', self.page)
        return found[1] if found else ""

    def press(self, event: str) -> Answer:
        return self.visitor.submit(self.path, {"event": event}, f"{self.path}/events", script=True)

    def confirm(self, what: str) -> Answer:
        """Follow the link to a question and accept."""
        assert f'href="{self.path}/{what}"' in self.page
        return self.visitor.submit(f"{self.path}/{what}", {})

    def save_seats(self, **fields: Any) -> Answer:
        return self.visitor.submit(self.path, fields, script=True)


def has(page: str, *testids: str) -> list[str]:
    """Those of them that the page has."""
    return [each for each in testids if f'data-testid="{each}"' in page]


def test_an_active_organization_shows_plan_price_and_what_can_be_done(owner: Person) -> None:
    page = Desk(owner, name=EVIL).page
    assert "Enterprise · Annually" in page
    assert 'data-state="active"' in page
    assert "Aug 20, 2027 · $720.00" in page
    assert "$720.00 / year" in page
    assert "Total: 10 × $72.00 = $720.00 / year" in page
    offered = ("downloadLicense", "setUpBillingSync", "cancelSubscription", "x.eventRenew")
    assert has(page, *offered, "changeBillingPlan", "removeSponsorship", "x.handedOut") == list(offered)
    assert ESCAPED in page
    assert "<b>Acme" not in page


def test_chinese_page_is_chinese(owner: Person) -> None:
    page = Desk(owner, "zh-CN").page
    for text in ("企业版 · 每年", "下一次收费", "总计：10 × US$72.00 = US$720.00 / 年", "设置计费同步", "取消订阅"):
        assert text in page


def test_secrets_manager_has_positions_of_its_own(owner: Person) -> None:
    page = Desk(owner, useSecretsManager=True, additionalSmSeats=2, additionalServiceAccounts=5).page
    assert "Secrets Manager seats" in page and "Additional machine accounts" in page


def test_nobody_but_owners_sees_it(owner: Person) -> None:
    desk = Desk(owner)
    stranger = Visitor(desk.side).log_in(desk.side.sign_up("eve@example.com"))
    for path in ("", "/plan", "/cancel", "/reinstate", "/sponsorship"):
        answer = stranger.get(desk.path + path)
        assert (answer.status_code, "Resource not found." in answer.text) == (404, True)
    assert Visitor(desk.side).get(desk.path).location.startswith("/login?next=")


def test_a_trial_cannot_set_up_billing_sync_until_it_ends(owner: Person) -> None:
    desk = Desk(owner, skipTrial=False)
    page = desk.page
    assert has(page, "x.trialNoSync", "x.eventTrialEnd", "x.eventRenew") == ["x.trialNoSync", "x.eventTrialEnd"]
    assert f"/organizations/{desk.id}/billing/sync-token" not in page
    assert desk.status == "trialing"
    assert desk.press("trial-end").json == {"location": desk.path}
    assert desk.status == "active"
    assert f"/organizations/{desk.id}/billing/sync-token" in desk.page


def test_a_trial_may_set_up_billing_sync_with_the_quirk(workshop: Workshop) -> None:
    cloud = workshop.cloud(quirks=frozenset({Quirk.TRIAL_BILLING_SYNC}))
    desk = Desk(cloud.sign_up("olivia@acme.example"), skipTrial=False)
    assert has(desk.page, "x.trialNoSync") == []


def test_the_button_says_that_a_token_exists(owner: Person) -> None:
    desk = Desk(owner)
    billing_sync_token(owner, desk.id)
    assert has(desk.page, "setUpBillingSync", "viewBillingToken") == ["viewBillingToken"]


def test_billing_events_lead_through_every_status(owner: Person) -> None:
    desk = Desk(owner)
    for event, status, callout in (
        ("past-due", "past_due", "pastDue"),
        ("unpaid", "unpaid", "unpaidInvoice"),
        ("pay", "active", None),
        ("cancel", "canceled", "canceled"),
    ):
        assert desk.press(event).status_code == 200
        page = desk.page
        assert f'data-state="{status}"' in page
        assert has(page, "pastDue", "unpaidInvoice", "canceled") == ([callout] if callout else [])
        assert desk.state["enabled"] is (status not in ("unpaid", "canceled"))
    assert has(page, "subscriptionSeats", "cancelSubscription", "changeBillingPlan", "x.eventRenew") == []
    assert has(page, "subscriptionExpired", "x.eventStart") == ["subscriptionExpired", "x.eventStart"]
    desk.press("start")
    assert (desk.status, desk.state["enabled"], desk.state["seats"]) == ("active", True, 10)


def test_renewing_adds_a_year_to_the_present_end(owner: Person) -> None:
    desk = Desk(owner)
    desk.side.clock.advance(timedelta(days=30))
    desk.visitor.log_in(owner)
    desk.press("renew")
    assert desk.state["periodEnd"] == "2028-08-20T12:00:00Z"
    said = desk.page
    assert "Paid until Aug 20, 2027, now until Aug 20, 2028." in said
    assert 'data-flash="success"' in said


def test_what_goes_wrong_at_the_payment_is_not_told_as_a_success(owner: Person) -> None:
    desk = Desk(owner)
    desk.press("past-due")
    said = desk.page
    assert 'data-flash="warning"' in said
    assert "Payment fails" in said
    assert 'data-flash="success"' not in said


def test_an_event_that_is_none_is_refused(owner: Person) -> None:
    desk = Desk(owner)
    answer = desk.press("__class__")
    assert (answer.status_code, answer.json["message"]) == (400, "Unknown event.")
    assert desk.press("pay").json["message"] == "No invoice is open."


def test_cancelling_asks_first_and_can_be_taken_back(owner: Person) -> None:
    desk = Desk(owner)
    question = desk.visitor.get(f"{desk.path}/cancel").text
    assert "It can be used until Aug 20, 2027" in question
    assert re.search(r'data-testid="cancel" autofocus', question)
    assert desk.confirm("cancel").location == desk.path
    page = desk.page
    assert "Subscription updated" in page
    assert 'data-state="pending_cancellation"' in page
    assert has(page, "cancellationDate", "nextCharge", "cancelSubscription") == ["cancellationDate"]
    assert desk.state["cancelAt"] == desk.state["periodEnd"]
    assert desk.confirm("reinstate").location == desk.path
    assert desk.state["cancelAt"] is None
    again = desk.visitor.submit(f"{desk.path}/reinstate", {}, script=True)
    assert (again.status_code, again.json["message"]) == (400, "Subscription is not pending cancellation.")


def test_seats_and_their_limit(owner: Person) -> None:
    desk = Desk(owner)
    assert desk.save_seats(seats="12", limited="true", maxAutoscaleSeats="20").json == {"location": desk.path}
    page = desk.page
    assert "Total: 12 × $72.00 = $864.00 / year" in page
    assert ">Max potential seat cost: $1,440.00 / year<" in page
    assert desk.state["seats"] == 12
    desk.save_seats(seats="12", limited="", maxAutoscaleSeats="20")
    page = desk.page
    assert 'id="limited"' in page
    assert ">Max potential seat cost" not in page


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"seats": "many"}, "seats", "This value is not valid."),
        ({"seats": "-3"}, "seats", "This value is not valid."),
        ({"seats": "9" * 11}, "seats", "This value is not valid."),
        ({"seats": "5", "limited": "true"}, "maxAutoscaleSeats", "This value is not valid."),
        ({"seats": "0"}, None, "You must have at least 1 seat."),
        (
            {"seats": "8", "limited": "true", "maxAutoscaleSeats": "7"},
            None,
            "Cannot set max seat autoscaling below seat count.",
        ),
    ],
)
def test_seats_that_cannot_be(owner: Person, fields: dict[str, str], field: str | None, message: str) -> None:
    desk = Desk(owner)
    answer = desk.save_seats(**fields)
    assert (answer.status_code, answer.json["message"]) == (400, message)
    assert list(answer.json["fields"]) == ([field] if field else [])
    assert desk.state["seats"] == 10


def test_a_free_organization_has_a_plan_only_and_can_grow(owner: Person) -> None:
    desk = Desk(owner, plan_type=FREE, additionalSeats=0)
    page = desk.page
    assert has(page, "billingPlan", "changeBillingPlan", "status", "downloadLicense", "x.simulatedBilling") == [
        "billingPlan",
        "changeBillingPlan",
    ]
    dialog = desk.visitor.get(f"{desk.path}/plan").text
    assert re.findall(r'name="plan" value="(\w+)"', dialog) == ["families", "teams", "enterprise"]
    fields = {"plan": "enterprise", "period": "monthly", "additionalSeats": "4"}
    assert desk.visitor.submit(f"{desk.path}/plan", fields).location == desk.path
    page = desk.page
    assert "Enterprise · Monthly" in page
    assert "$28.00 / month" in page
    assert has(page, "changeBillingPlan") == []


def test_a_families_upgrade_needs_no_seats_and_wrong_plans_are_refused(owner: Person) -> None:
    desk = Desk(owner, plan_type=FREE, additionalSeats=0)
    wrong = desk.visitor.submit(f"{desk.path}/plan", {"plan": "gold"}, script=True)
    assert (wrong.status_code, list(wrong.json["fields"])) == (400, ["plan"])
    desk.visitor.submit(f"{desk.path}/plan", {"plan": "families", "additionalSeats": "99"})
    assert (desk.state["seats"], "$40.00 / year" in desk.page) == (6, True)
    smaller = desk.visitor.submit(f"{desk.path}/plan", {"plan": "free"}, script=True)
    assert smaller.json["message"] == "You cannot upgrade to this plan."


def test_teams_offer_no_self_hosting(owner: Person) -> None:
    page = Desk(owner, plan_type=TEAMS_MONTHLY).page
    assert has(page, "selfHostingTitleProper", "changeBillingPlan") == ["changeBillingPlan"]


def test_families_download_a_licence_but_have_no_billing_sync(owner: Person) -> None:
    page = Desk(owner, plan_type=FAMILIES, additionalSeats=0).page
    assert has(page, "downloadLicense", "setUpBillingSync", "subscriptionSeats") == ["downloadLicense"]


def installation(side: Side) -> str:
    return str(side.client.post("/api/installations", json={"email": "a@acme.example"}).json()["id"])


def test_what_was_handed_out_is_listed_at_constant_cost(owner: Person) -> None:
    desk = Desk(owner)
    costs = []
    for count in (1, 5):
        for _ in range(count):
            download_license(owner, desk.id, installation(desk.side))
        with statements(desk.side) as found:
            page = desk.page
        costs.append(len(found))
    assert len(re.findall(r'data-label="Installation ID"><code', page)) == 6
    assert "Aug 20, 2026, 12:00 UTC" in page
    assert "Never" in page
    assert costs[0] == costs[1]


def test_a_sponsorship_sync_is_listed_by_its_installation(cloud: Side) -> None:
    sponsor = make_sponsor(cloud)
    make_instance(sponsor).synced()
    page = Visitor(cloud).log_in(sponsor.owner).get(f"/organizations/{sponsor.id}/billing/subscription").text
    row = page.partition('data-testid="x.handedOut"')[2]
    assert "Aug 20, 2026, 12:00 UTC" in row


def test_a_sponsored_family_may_give_the_sponsorship_up(cloud: Side) -> None:
    sponsor = make_sponsor(cloud)
    family = sponsor.family()
    path = f"/organizations/{family.id}/billing/subscription"
    visitor = Visitor(cloud).log_in(family.person)
    early = visitor.submit(f"{path}/sponsorship", {}, script=True)
    assert early.json["message"] == "The requested organization is not currently being sponsored."
    ok(sponsor.offer(family.person.email))
    ok(family.redeem())
    page = visitor.get(path).text
    assert 'data-state="sponsored"' in page
    assert "$0.00 / year" in page
    assert f'href="{path}/sponsorship"' in page
    assert visitor.submit(f"{path}/sponsorship", {}).location == path
    assert "Sponsorship removed" in visitor.get(path).text
    assert sponsor.row().to_delete is True


def test_invoices_stay_on_the_page_when_the_subscription_begins_anew(owner: Person) -> None:
    desk = Desk(owner, plan_type=TEAMS_MONTHLY)
    desk.press("past-due")
    assert re.findall(r'data-label="Status">([^<]+)<', desk.page) == ["Unpaid"]
    desk.press("pay")
    desk.press("cancel")
    desk.press("start")
    assert re.findall(r'data-label="Status">([^<]+)<', desk.page) == ["Paid"] * 2


def test_invoices_have_a_page_where_the_web_vault_has_it(owner: Person) -> None:
    desk = Desk(owner)
    path = f"/organizations/{desk.id}/billing/history"
    assert f'href="{path}"' in desk.page
    page = desk.visitor.get(path)
    assert re.findall(r'data-label="Status">([^<]+)<', page.text) == ["Paid"]
    other = Visitor(owner.side).log_in(owner.side.sign_up("other@acme.example"))
    assert other.get(path).status_code == 404


def test_the_page_of_an_organization_with_a_provider(owner: Person) -> None:
    for kind, callout, shown in (("msp", "billingManagedByProvider", False), ("reseller", "x.resoldBy", True)):
        desk = Desk(owner, name=kind)
        provider = desk.side.client.post("/_sim/providers", json={"name": "Managers <b>", "type": kind}).json()["id"]
        ok(desk.side.client.post(f"/_sim/organizations/{desk.id}/provider", json={"providerId": provider}))
        page = desk.page
        assert (f'data-testid="{callout}"' in page, 'data-testid="nextCharge"' in page) == (True, shown)
        assert "Managers &lt;b&gt;" in page
        assert 'data-testid="downloadLicense"' in page
        for gone in ("details", "manageSubscription", "changeBillingPlan", "cancelSubscription", "billingHistory"):
            assert f'data-testid="{gone}"' not in page
        assert "$" not in page.split("</head>")[1].split("<main")[1].split("</main>")[0]
        for what in ("/plan", "/cancel", "/reinstate"):
            assert desk.visitor.get(desk.path + what).status_code == 404
