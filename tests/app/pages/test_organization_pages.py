"""The Admin Console on pages: entrance, who sees what in the navigation, organization info, policy, groups, events."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest

from tests.support.harness import Pair, Person, Side
from tests.support.offers import CUSTOM, USER, Sponsor, make_instance, make_sponsor, told
from tests.support.scenarios import create_from_license, download_license, new_organization
from tests.support.visitor import Visitor

TEAMS_ANNUALLY = 18


@pytest.fixture
def sponsor(cloud: Side) -> Sponsor:
    """Acme & Co on the cloud."""
    return make_sponsor(cloud)


def browser(person: Person, language: str = "en") -> Visitor:
    return Visitor(person.side, language).log_in(person)


def navigation(visitor: Visitor, page: str) -> list[str]:
    """The entries of the side navigation, by their keys."""
    side = visitor.get(page).text.split('class="side-nav"', 1)[1].split("</nav>")[0]
    return re.findall(r'<a href[^>]+data-testid="([\w.]+)"', side)


def test_the_console_opens_at_what_the_member_may_do(sponsor: Sponsor) -> None:
    entrance = f"/organizations/{sponsor.id}"
    owner = browser(sponsor.owner)
    assert owner.get(entrance).location == f"{entrance}/members"
    policies = sponsor.person("p@acme.example", CUSTOM, permissions={"managePolicies": True})
    assert browser(policies).get(entrance).location == f"{entrance}/settings/policies"
    assert browser(sponsor.person("c@acme.example", CUSTOM)).get(entrance).location == f"{entrance}/collections"
    assert browser(sponsor.person("u@acme.example", USER)).get(entrance).status_code == 404
    sponsor.settings(enabled=False)
    assert owner.get(entrance).location == f"{entrance}/billing/subscription"


def test_nobody_sees_an_entry_that_leads_nowhere(sponsor: Sponsor) -> None:
    entrance = f"/organizations/{sponsor.id}/collections"
    policies = browser(sponsor.person("p@acme.example", CUSTOM, permissions={"managePolicies": True}))
    assert navigation(policies, entrance) == ["collections", "policies"]
    users = browser(sponsor.person("m@acme.example", CUSTOM, permissions={"manageUsers": True}))
    assert navigation(users, entrance) == ["collections", "members", "sponsoredFamilies", "groups"]
    for page in ("settings/account", "settings/policies", "reporting/events"):
        assert users.get(f"/organizations/{sponsor.id}/{page}").status_code == 404
    owner = navigation(browser(sponsor.owner), entrance)
    assert {"eventLogs", "organizationInfo", "policies", "subscription"} <= set(owner)


def test_an_organization_is_renamed_on_the_cloud(sponsor: Sponsor) -> None:
    page = f"/organizations/{sponsor.id}/settings/account"
    visitor = browser(sponsor.owner)
    assert 'value="Acme &amp; Co"' in visitor.get(page).text
    assert visitor.submit(page, {"name": "Acme <2>", "billingEmail": "Bills@acme.example"}).location == page
    text = visitor.get(page).text
    assert ("Organization saved" in text, 'value="Acme &lt;2&gt;"' in text) == (True, True)
    stored = sponsor.owner.api.get(f"/api/organizations/{sponsor.id}").json()
    assert (stored["name"], stored["billingEmail"]) == ("Acme <2>", "bills@acme.example")


@pytest.mark.parametrize("wrong", [{"name": ""}, {"name": "a" * 51}, {"billingEmail": "nobody"}])
def test_what_an_organization_cannot_be_called_is_marked(sponsor: Sponsor, wrong: dict[str, str]) -> None:
    answer = browser(sponsor.owner).submit(f"/organizations/{sponsor.id}/settings/account", wrong, script=True)
    assert (answer.status_code, answer.json["fields"].keys()) == (400, wrong.keys())


def test_on_an_instance_the_licence_says_what_it_is_called(pair: Pair) -> None:
    twin = new_organization(pair.cloud_owner, "Acme")["id"]
    license_file = download_license(pair.cloud_owner, twin, pair.installation["id"])
    organization = create_from_license(pair.owner, license_file)["id"]
    page = f"/organizations/{organization}/settings/account"
    visitor = browser(pair.owner)
    text = visitor.get(page).text
    assert ("come with the license" in text, 'name="billingEmail"' in text) == (True, False)
    token = re.findall(r'name="__RequestVerificationToken" value="([^"]+)"', text)[0]
    forged = {"__RequestVerificationToken": token, "name": "Mine", "billingEmail": "a@b.example"}
    assert visitor.client.post(page, data=forged).status_code == 404
    assert "eventLogs" in navigation(visitor, page)
    pair.owner.api.post(f"/api/organizations/{organization}/groups", json={"name": "G", "collections": [], "users": []})
    assert "Created group" in visitor.get(f"/organizations/{organization}/reporting/events").text


def test_the_policy_is_switched_and_hides_what_it_forbids(sponsor: Sponsor) -> None:
    page = f"/organizations/{sponsor.id}/settings/policies"
    owner, member = browser(sponsor.owner), browser(sponsor.person("u@acme.example"))
    assert "sponsoredFamilies" in navigation(member, "/vault")
    assert 'data-state="off"' in owner.get(page).text
    assert "Existing unredeemed offers stop working when this is on." in owner.get(f"{page}/free-families").text
    assert owner.submit(f"{page}/free-families", {"enabled": "true"}).location == page
    text = owner.get(page).text
    assert "Edited policy Remove Free Bitwarden Families sponsorship." in text
    assert 'data-state="on"' in text
    assert "sponsoredFamilies" not in navigation(member, "/vault")
    assert member.get(f"{page}/free-families").status_code == 404
    owner.submit(f"{page}/free-families", {"enabled": ""})
    assert 'data-state="off"' in owner.get(page).text
    assert "sponsoredFamilies" in navigation(member, "/vault")


def test_a_second_sponsoring_organization_keeps_the_entry(sponsor: Sponsor) -> None:
    member = sponsor.person("u@acme.example")
    new_organization(member, "Other")
    sponsor.policy(enabled=True)
    assert "sponsoredFamilies" in navigation(browser(member), "/vault")


def test_who_cannot_sponsor_sees_no_entry(cloud: Side) -> None:
    person = cloud.sign_up("u@acme.example")
    visitor = browser(person)
    assert "sponsoredFamilies" not in navigation(visitor, "/vault")
    new_organization(person, "Team", TEAMS_ANNUALLY)
    assert "sponsoredFamilies" not in navigation(visitor, "/vault")


def test_a_plan_without_policies_offers_none(cloud: Side) -> None:
    owner = cloud.sign_up("olivia@acme.example")
    organization = new_organization(owner, "Team", TEAMS_ANNUALLY)["id"]
    text = browser(owner).get(f"/organizations/{organization}/settings/policies").text
    assert ("has no policies" in text, "Edit policy" in text) == (True, False)


def test_groups_and_collections_are_shown_as_they_are(sponsor: Sponsor) -> None:
    visitor = browser(sponsor.owner)
    groups = f"/organizations/{sponsor.id}/groups"
    assert "There are no groups." in visitor.get(groups).text
    sponsor.owner.api.post(f"/api{groups}", json={"name": "<b>Sales</b>", "collections": [], "users": []})
    assert "&lt;b&gt;Sales&lt;/b&gt;" in visitor.get(groups).text
    assert "1 collection(s)" in visitor.get(f"/organizations/{sponsor.id}/collections").text


def test_sponsorship_syncs_are_in_the_event_log(sponsor: Sponsor) -> None:
    page = f"/organizations/{sponsor.id}/reporting/events"
    owner = browser(sponsor.owner, "zh-CN")
    assert "自托管赞助已同步。" not in owner.get(page).text
    instance = make_instance(sponsor)
    member = sponsor.join(sponsor.side.sign_up("u@acme.example"))
    instance.synced(told(member=member))
    sponsor.side.clock.advance(timedelta(hours=1))
    instance.synced()
    text = owner.get(page).text
    assert text.count("自托管赞助已同步。") == 2
    times = re.findall(r'<time datetime="([^"]+)"', text)
    assert times == sorted(times, reverse=True)
    assert instance.id in text


def test_the_event_log_is_read_between_dates_page_by_page_and_as_a_file(sponsor: Sponsor) -> None:
    page = f"/organizations/{sponsor.id}/reporting/events"
    owner = browser(sponsor.owner)
    for number in range(51):
        sponsor.owner.api.post(f"/api/organizations/{sponsor.id}/groups", json={"name": f"{number}", "collections": []})
    first = owner.get(page).text
    assert (first.count('data-type="1400"'), "Web vault - Chrome" in first) == (50, True)
    more = html.unescape(re.findall(r'href="([^"]+)"[^>]*data-testid="loadMore"', first)[0])
    assert owner.get(more).text.count('data-type="1400"') == 1
    file = owner.get(f"{page}/export")
    assert (file.text.count(",1400\r\n"), file.text.split("\r\n")[0]) == (
        51,
        "message,appName,userId,userName,userEmail,date,ip,type",
    )
    earlier = owner.get(f"{page}?start=2020-01-01T00:00&end=2020-02-01T00:00").text
    assert "There are no events to list." in earlier
    for wrong in (
        "start=x&end=y",
        "start=2026-02-01T00:00&end=2026-01-01T00:00",
        "start=2020-01-01&end=2026-01-01",
        "start=9999-12-01&end=9999-12-31T23:59",
        "start=0001-01-01T00:00%2B14:00&end=0001-01-02",
    ):
        assert "Invalid date range." in owner.get(f"{page}?{wrong}").text
        assert owner.get(f"{page}/export?{wrong}").status_code == 200


def test_owners_are_told_of_a_suspension_wherever_they_are(sponsor: Sponsor) -> None:
    owner = browser(sponsor.owner)
    sponsor.settings(enabled=False)
    banner: Any = re.search(r'data-testid="banner">.*?</div>', owner.get("/vault").text, re.DOTALL)
    assert "Acme &amp; Co is suspended" in banner[0]
    assert f'href="/organizations/{sponsor.id}/billing/subscription"' in banner[0]
