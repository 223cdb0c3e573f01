"""Taking an offer: the token, the refusals in their order, what the Families organization gets, giving it up."""

from datetime import timedelta

import pytest
import requests

from common.quirks import Quirk
from tests.support.answers import ok, said
from tests.support.harness import START, Person, Side, Workshop
from tests.support.offers import BASE, Family, Sponsor, make_sponsor
from tests.support.scenarios import new_organization

FRIEND = "friend@home.example"
NO_TOKEN = "Failed to parse sponsorship token."
NOT_OWNED = "Can only redeem sponsorship for an organization you own."
POLICY = "Free Bitwarden Families sponsorship has been disabled by your organization administrator."
TWICE = (
    "Cannot redeem a sponsorship offer for an organization that is already sponsored. "
    "Revoke existing sponsorship first."
)
STALE = "This sponsorship offer is more than 6 months old and has expired."
NOT_FAMILIES = "Can only redeem sponsorship offer on families organizations."


@pytest.fixture
def sponsor(cloud: Side) -> Sponsor:
    return make_sponsor(cloud)


@pytest.fixture
def family(sponsor: Sponsor) -> Family:
    """The friend, with an open offer."""
    family = sponsor.family()
    ok(sponsor.offer(FRIEND))
    return family


def test_redeeming_makes_the_families_organization_free(sponsor: Sponsor, family: Family) -> None:
    assert family.validate(sponsor.token(FRIEND)) == {"isTokenValid": True, "isFreeFamilyPolicyEnabled": False}
    answer = family.redeem()
    assert (answer.status_code, answer.content) == (200, b"")
    row = sponsor.row()
    period_end = sponsor.bill("seats", family.id, seats=6)["periodEnd"]
    assert row.valid_until is not None
    assert row.valid_until.isoformat().replace("+00:00", "Z") == period_end == "2027-08-20T12:00:00Z"
    assert (str(row.sponsored_organization_id), row.offered_to_email) == (family.id, None)
    items = ok(family.person.api.get(f"/api/organizations/{family.id}/subscription"))["subscription"]["items"]
    assert [(item["productId"], item["amount"], item["sponsoredSubscriptionItem"]) for item in items] == [
        ("2021-family-for-enterprise-annually", 0, True)
    ]
    assert sponsor.profile()["familySponsorshipValidUntil"] == period_end


def test_new_families_organization_in_its_trial_is_free_until_the_trial_ends(sponsor: Sponsor) -> None:
    family = sponsor.family(skipTrial=False)
    ok(sponsor.offer(FRIEND))
    ok(family.redeem())
    assert sponsor.row().valid_until == START + timedelta(days=7)
    sponsor.side.clock.set(START + timedelta(days=8))
    family.person.log_in()
    assert family.sponsored_item()
    assert sponsor.row().valid_until == (START + timedelta(days=7)).replace(year=2027)


def test_token_dies_with_redemption(family: Family) -> None:
    token = family.sponsor.token(FRIEND)
    ok(family.redeem(token))
    assert family.validate(token) == {"isTokenValid": False, "isFreeFamilyPolicyEnabled": False}
    assert said(family.redeem(token)) == (400, NO_TOKEN)


def test_token_dies_with_the_offer(sponsor: Sponsor, family: Family) -> None:
    token = sponsor.token(FRIEND)
    ok(sponsor.revoke())
    assert family.validate(token)["isTokenValid"] is False
    assert said(family.redeem(token)) == (400, NO_TOKEN)


def test_token_is_for_one_address_only(sponsor: Sponsor, family: Family) -> None:
    other = sponsor.family("other@home.example")
    token = sponsor.token(FRIEND)
    assert other.validate(token)["isTokenValid"] is False
    assert said(other.redeem(token)) == (400, NO_TOKEN)


def test_every_token_of_an_offer_is_as_good(sponsor: Sponsor, family: Family) -> None:
    first = sponsor.token(FRIEND)
    ok(sponsor.resend(FRIEND))
    assert sponsor.token(FRIEND) != first
    ok(family.redeem(first))


@pytest.mark.parametrize(
    "change", [lambda t: t[:-2] + "AA", lambda t: t.split("_")[1], lambda _: "", lambda _: "\x00é"]
)
def test_forged_token_is_no_token(family: Family, change: object) -> None:
    token = change(family.sponsor.token(FRIEND))  # type: ignore[operator]
    assert family.validate(token)["isTokenValid"] is False
    assert said(family.redeem(token)) == (400, NO_TOKEN)


def test_token_of_another_region_is_no_token(workshop: Workshop, family: Family) -> None:
    europe = make_sponsor(workshop.cloud("EU"))
    there = europe.family()
    ok(europe.offer(FRIEND))
    assert there.validate(europe.token(FRIEND))["isTokenValid"] is True
    assert family.validate(europe.token(FRIEND))["isTokenValid"] is False


def test_refusals_come_in_order(sponsor: Sponsor, family: Family) -> None:
    assert said(family.redeem("x", organization=sponsor.id)) == (400, NO_TOKEN)
    assert said(family.redeem(organization=sponsor.id)) == (400, NOT_OWNED)
    assert said(family.redeem(organization="00000000-0000-0000-0000-000000000000")) == (400, NOT_OWNED)
    own = _enterprise_of(family.person)
    sponsor.policy(True, own, by=family.person)
    assert said(family.redeem(organization=own)) == (400, POLICY)
    sponsor.policy(False, own, by=family.person)
    sponsor.change_row(last_sync_date=START - timedelta(days=182))
    assert said(family.redeem(organization=own)) == (400, NOT_FAMILIES)
    sponsor.change_row(last_sync_date=START - timedelta(days=182, hours=13))
    token = sponsor.token(FRIEND)
    assert said(family.redeem(token)) == (400, STALE)
    assert sponsor.rows() == []
    assert said(family.redeem(token)) == (400, NO_TOKEN)


def _enterprise_of(person: Person) -> str:
    return str(new_organization(person, "Mine")["id"])


def test_organization_is_sponsored_once(sponsor: Sponsor, family: Family) -> None:
    ok(family.redeem())
    ok(sponsor.offer(FRIEND, friendlyName="second", isAdminInitiated=True))
    sponsor.change_row(last_sync_date=START - timedelta(days=365))
    assert said(family.redeem()) == (400, TWICE)
    assert len(sponsor.rows()) == 2


@pytest.mark.parametrize("plan_type", [17, 18, 19, 20])
def test_only_families_are_sponsored(sponsor: Sponsor, family: Family, plan_type: int) -> None:
    sponsor.bill("plan", family.id, planType=plan_type)
    assert said(family.redeem()) == (400, NOT_FAMILIES)


@pytest.mark.parametrize("plan_type", [1, 7, 22])
def test_every_families_plan_is_sponsored(sponsor: Sponsor, family: Family, plan_type: int) -> None:
    sponsor.bill("plan", family.id, planType=plan_type)
    ok(family.redeem())
    assert family.sponsored_item()


def test_sponsors_policy_is_asked_too(sponsor: Sponsor, family: Family) -> None:
    sponsor.policy(True)
    assert family.validate(sponsor.token(FRIEND)) == {"isTokenValid": True, "isFreeFamilyPolicyEnabled": True}
    assert said(family.redeem()) == (400, POLICY)


def test_sponsors_policy_is_ignored_as_upstream_does(workshop: Workshop) -> None:
    sponsor = make_sponsor(workshop.cloud(quirks=frozenset({Quirk.REDEEM_IGNORES_SPONSOR_POLICY})))
    family = sponsor.family()
    ok(sponsor.offer(FRIEND))
    sponsor.policy(True)
    ok(family.redeem())


def test_organization_billed_outside_gets_a_year(sponsor: Sponsor, family: Family) -> None:
    sponsor.bill("remove-subscription", family.id)
    ok(family.redeem())
    assert sponsor.row().valid_until == START.replace(year=2027)


def test_ended_subscription_cannot_change_its_price(sponsor: Sponsor, family: Family) -> None:
    sponsor.bill("cancel", family.id)
    assert family.redeem().status_code == 400
    assert sponsor.row().sponsored_organization_id is None


def test_family_gives_the_sponsorship_up(sponsor: Sponsor, family: Family) -> None:
    owner_only = "Only the owner of an organization can remove sponsorship."
    assert said(family.remove(by=sponsor.owner)) == (400, owner_only)
    text = "The requested organization is not currently being sponsored."
    assert said(family.remove()) == (400, text)
    ok(family.redeem())
    assert ok(family.remove()) is None
    assert sponsor.row().to_delete is True
    assert family.sponsored_item(), "free until its period ends"
    ok(family.person.api.post(f"{BASE}/sponsored/{family.id}/remove"))


@pytest.mark.parametrize(
    "body", ["", "null", "[]", "{}", '{"sponsoredOrganizationId":"x"}', '{"planSponsorshipType":9}']
)
def test_odd_bodies_are_refused(family: Family, body: str) -> None:
    params = {"sponsorshipToken": family.sponsor.token(FRIEND)}
    answer: requests.Response = family.person.api.post(
        f"{BASE}/redeem", params=params, data=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 400


def test_somebody_without_an_account_registers_through_the_offer(sponsor: Sponsor) -> None:
    ok(sponsor.offer(FRIEND))
    person = Person(sponsor.side, FRIEND, "aGFzaA==")
    assert _register(person, "BWOrganizationSponsorship_x") == (400, "Invalid org sponsored free family plan token.")
    other = Person(sponsor.side, "other@home.example", "aGFzaA==")
    assert _register(other, sponsor.token(FRIEND))[0] == 400
    assert _register(person, sponsor.token(FRIEND)) == (200, "registerFinish")
    person.log_in()
    assert ok(person.api.get("/api/accounts/profile"))["emailVerified"] is True
    family = Family(sponsor, person, new_organization(person, "Home", 22, additionalSeats=0)["id"])
    ok(family.redeem())


def test_closed_registration_is_closed_for_offers_too(workshop: Workshop) -> None:
    sponsor = make_sponsor(workshop.cloud())
    ok(sponsor.offer(FRIEND))
    closed = workshop.cloud(disable_user_registration=True)
    answer = _register(Person(closed, FRIEND, "aGFzaA=="), sponsor.token(FRIEND))
    assert answer == (400, "Open registration has been disabled by the system administrator.")


def _register(person: Person, token: str) -> tuple[int, str]:
    """Status and text of a registration with an offer token."""
    kdf = {"kdfType": 0, "iterations": 600_000}
    wrapped = "2.AAAAAAAAAAAAAAAAAAAAAA==|AAAAAAAAAAAAAAAAAAAAAA==|AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    proof = {"masterPasswordAuthenticationHash": person.password_hash}
    body = {
        "email": person.email,
        "orgSponsoredFreeFamilyPlanToken": token,
        "masterPasswordAuthentication": {"salt": person.email, "kdf": kdf} | proof,
        "masterPasswordUnlock": {"salt": person.email, "kdf": kdf, "masterKeyWrappedUserKey": wrapped},
        "userAsymmetricKeys": {"publicKey": "cA==", "encryptedPrivateKey": wrapped},
    }
    answer = person.api.post("/identity/accounts/register/finish", json=body)
    told = answer.json()
    return answer.status_code, told["object"] if answer.status_code == 200 else told["message"]
