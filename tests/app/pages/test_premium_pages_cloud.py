"""Premium on the cloud: buying it, its page, its licence file, its end."""

import json
import re

import pytest

from tests.support.harness import Person, Side
from tests.support.scenarios import new_organization
from tests.support.visitor import Visitor

PREMIUM, OWN = "/settings/subscription/premium", "/settings/subscription/user-subscription"


@pytest.fixture
def owner(cloud: Side) -> Person:
    return cloud.sign_up("olivia@acme.example")


@pytest.fixture
def visitor(cloud: Side, owner: Person) -> Visitor:
    return Visitor(cloud).log_in(owner)


def test_without_premium_one_is_led_to_the_offer(visitor: Visitor) -> None:
    assert visitor.get(OWN).location == PREMIUM
    assert visitor.get("/settings/subscription").location == PREMIUM
    page = visitor.get(PREMIUM).text
    assert "Premium costs $10.00 a year." in page
    assert 'data-testid="youHavePremiumAccess"' not in page


def test_who_has_premium_by_an_organization_is_told(owner: Person, visitor: Visitor) -> None:
    new_organization(owner)
    assert 'data-testid="youHavePremiumAccess"' in visitor.get(PREMIUM).text


def test_buying_premium(visitor: Visitor) -> None:
    assert visitor.submit(PREMIUM, {}).location == OWN
    page = visitor.get(OWN).text
    assert "You&#39;ve upgraded to Premium." in page
    assert 'data-state="active"' in page
    assert "Aug 20, 2027 · $10.00" in page
    assert visitor.get(PREMIUM).location == OWN
    assert visitor.get("/settings/subscription").location == OWN


def test_the_licence_file_is_the_clouds_answer_with_two_spaces(owner: Person, visitor: Visitor) -> None:
    visitor.submit(PREMIUM, {})
    answer = visitor.submit(OWN, {}, f"{OWN}/license", script=True)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="bitwarden_premium_license.json"'
    assert re.match(r'{\n  "licenseKey": "\w+",\n', answer.text)
    wire = owner.api.get("/api/account/billing/vnext/license").json()
    assert json.loads(answer.text).keys() == wire.keys()
    assert json.loads(answer.text)["licenseKey"] == wire["licenseKey"]


def test_cancelling_and_reinstating(visitor: Visitor) -> None:
    visitor.submit(PREMIUM, {})
    assert visitor.submit(f"{OWN}/cancel", {}).location == OWN
    page = visitor.get(OWN).text
    assert 'data-state="pending_cancellation"' in page
    assert "The subscription ends on Aug 20, 2027." in page
    assert 'data-testid="cancelSubscription"' not in page
    assert visitor.submit(f"{OWN}/reinstate", {}).location == OWN
    page = visitor.get(OWN).text
    assert "The subscription has been reinstated." in page
    assert 'data-state="active"' in page


def test_an_ended_subscription_gives_no_file_and_can_be_bought_again(visitor: Visitor) -> None:
    visitor.submit(PREMIUM, {})
    active = visitor.get(OWN).text
    assert 'data-testid="x.eventStart"' not in active
    visitor.submit(OWN, {"event": "cancel"}, f"{OWN}/events")
    page = visitor.get(OWN).text
    assert 'data-state="canceled"' in page
    assert 'data-testid="downloadLicense"' not in page
    assert 'data-testid="goPremium"' in page
    assert 'data-testid="canceled"' in visitor.get(PREMIUM).text
    assert visitor.submit(PREMIUM, {}).location == OWN
    assert 'data-state="active"' in visitor.get(OWN).text


def test_an_unpaid_subscription_can_be_paid(owner: Person, visitor: Visitor) -> None:
    visitor.submit(PREMIUM, {})
    visitor.submit(OWN, {"event": "unpaid"}, f"{OWN}/events")
    assert owner.api.get("/api/accounts/profile").json()["premium"] is False
    assert visitor.get(PREMIUM).location == OWN
    assert 'data-testid="unpaidInvoice"' in visitor.get(OWN).text
    visitor.submit(OWN, {"event": "pay"}, f"{OWN}/events")
    assert owner.api.get("/api/accounts/profile").json()["premium"] is True


def test_cancelling_nothing_is_refused(visitor: Visitor) -> None:
    answer = visitor.get(f"{OWN}/cancel")
    assert (answer.status_code, "No subscription found." in answer.text) == (400, True)
