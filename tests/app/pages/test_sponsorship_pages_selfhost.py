"""Pages of Families sponsorships on an instance: words, waiting for the sync, and what a second sponsorship does."""

import re

import pytest

from tests.support.answers import ok
from tests.support.harness import ENC_STRING, WRAPPED_KEY, Pair, Workshop, make_pair
from tests.support.sponsorships import Families, SponsorLoop, world
from tests.support.visitor import Visitor

OWN = "/settings/sponsored-families"
FRIEND, OTHER = "friend@home.example", "other@home.example"


@pytest.fixture
def loop(pair: Pair) -> SponsorLoop:
    """A connected pair with a fresh organization."""
    return world(pair)


def visit(loop: SponsorLoop, language: str = "en") -> Visitor:
    return Visitor(loop.pair.selfhost, language).log_in(loop.pair.owner)


def marks(text: str) -> set[str]:
    """The `data-testid` of a page."""
    return set(re.findall(r'data-testid="([^"]+)"', text))


def rows(text: str) -> list[tuple[str, str, bool]]:
    """State, recipient, and whether the row waits, of each row of the table."""
    table = text.partition("<tbody>")[2].partition("</tbody>")[0]
    found = []
    for row in table.split("<tr ")[1:]:
        state, recipient = re.search(r'data-state="(\w+)"', row), re.search(r'data-recipient="([^"]+)"', row)
        assert state and recipient
        found.append((state[1], recipient[1], 'data-testid="x.awaitingSync"' in row))
    return found


def test_a_row_tells_what_the_instance_knows_and_what_the_cloud_has_still_to_hear(loop: SponsorLoop) -> None:
    browser = visit(loop)
    browser.submit(OWN, {"organizationId": loop.id, "sponsoredEmail": FRIEND})
    page = browser.get(OWN).text
    assert rows(page) == [("requested", FRIEND, True)]
    assert "x.awaitingSyncHelp" in marks(page)
    assert not {"resendEmail", "redeem", "x.noSyncYet"} & marks(page)
    assert loop.offer_mails() == []

    loop.sync()
    page = browser.get(OWN).text
    assert rows(page) == [("sent", FRIEND, False)]
    assert "x.awaitingSyncHelp" not in marks(page)
    assert "resendEmail" not in marks(page)

    family = Families(loop, FRIEND)
    ok(family.redeem())
    assert rows(browser.get(OWN).text) == [("sent", FRIEND, False)]
    loop.sync()
    assert rows(browser.get(OWN).text) == [("active", FRIEND, False)]

    browser.submit(f"{OWN}/{loop.id}/remove", {})
    page = browser.get(OWN).text
    assert rows(page) == [("revoke_when_expired", FRIEND, True)]
    assert "options" not in marks(page)
    loop.sync()
    assert rows(browser.get(OWN).text) == [("revoke_when_expired", FRIEND, False)]


def test_taking_back_before_any_sync_leaves_nothing_and_after_one_waits(loop: SponsorLoop) -> None:
    browser, remove = visit(loop, "zh-CN"), f"{OWN}/{loop.id}/remove"
    fields = {"organizationId": loop.id, "sponsoredEmail": FRIEND}
    browser.submit(OWN, fields)
    assert browser.submit(remove, {}).location == OWN
    assert loop.rows() == []

    browser.submit(OWN, fields)
    loop.sync()
    assert f"{FRIEND} 将无法再兑换此邀请。" in browser.get(remove).text
    browser.submit(remove, {})
    page = browser.get(OWN).text
    assert rows(page) == [("request_removed", FRIEND, True)]
    assert "已移除（等待同步）" in page
    assert "重新申领了免费方案" in page
    loop.sync()
    assert rows(browser.get(OWN).text) == []


def test_who_revoked_an_offer_that_was_sent_waits_for_the_sync_to_make_another(loop: SponsorLoop) -> None:
    ok(loop.offer(FRIEND))
    loop.sync()
    browser = visit(loop)
    browser.submit(f"{OWN}/{loop.id}/remove", {})
    assert "redeem" not in marks(browser.get(OWN).text)
    loop.sync()
    assert "redeem" in marks(browser.get(OWN).text)


def test_without_automatic_sync_a_request_waits_and_the_page_says_so(loop: SponsorLoop) -> None:
    browser = visit(loop)
    assert "x.noSyncYet" not in marks(browser.get(OWN).text)
    [connection] = [ok(loop.pair.owner.api.get(f"/api/organizations/connections/{loop.id}/1"))]
    ok(loop.pair.owner.api.delete(f"/api/organizations/connections/{connection['id']}"))
    page = browser.get(OWN).text
    assert {"x.noSyncYet", "redeem"} <= marks(page)
    browser.submit(OWN, {"organizationId": loop.id, "sponsoredEmail": FRIEND})
    page = browser.get(OWN).text
    assert {"x.noSyncYet", "x.awaitingSync"} <= marks(page)


def test_without_cloud_communication_nothing_is_synced_by_itself(workshop: Workshop) -> None:
    loop = world(make_pair(workshop))
    off = workshop.selfhost(**{"globalSettings__enableCloudCommunication": "false"})
    browser = Visitor(off).log_in(loop.pair.owner)
    assert "x.noSyncYet" in marks(browser.get(OWN).text)


def test_an_administrator_sponsors_and_the_next_sync_tells_it(loop: SponsorLoop) -> None:
    browser, page = visit(loop), f"/organizations/{loop.id}/members/sponsored-families"
    answer = browser.submit(f"{page}/add", {"sponsoredEmail": FRIEND, "notes": ENC_STRING})
    assert answer.location == page
    shown = browser.get(page).text
    assert rows(shown) == [("requested", FRIEND, True)]
    assert f'data-organization-key="{WRAPPED_KEY}"' in shown
    assert "resendInvitation" not in marks(shown)
    loop.sync()
    assert rows(browser.get(page).text) == [("sent", FRIEND, False)]
    [row] = loop.rows()
    assert (row.is_admin_initiated, row.notes) == (True, ENC_STRING)
    assert [mail.to for mail in loop.offer_mails()] == [FRIEND]
    assert browser.submit(f"{page}/{row.id}/remove", {}).location == page
    assert rows(browser.get(page).text) == [("request_removed", FRIEND, True)]


@pytest.mark.parametrize(
    ("environment", "warning"),
    [
        ({}, None),
        ({"wardenloop__quirks": "sync-duplicate-member-raises"}, "x.oneAdminSponsorPerUser"),
        ({"wardenloop__dangerouslyContactRealBitwarden": "true"}, "x.oneSponsorshipSynced"),
    ],
)
def test_a_second_one_is_warned_of_where_it_is_trouble_and_never_forbidden(
    workshop: Workshop, environment: dict[str, str], warning: str | None
) -> None:
    loop = world(make_pair(workshop))
    again = workshop.selfhost(loop.pair.cloud, **environment)
    browser = Visitor(again).log_in(loop.pair.owner)
    page = f"/organizations/{loop.id}/members/sponsored-families/add"
    assert "callout" not in browser.get(page).text
    ok(loop.offer(FRIEND))
    shown = marks(browser.get(page).text)
    assert {"x.oneAdminSponsorPerUser", "x.oneSponsorshipSynced"} & shown == ({warning} if warning else set())
    assert browser.submit(page, {"sponsoredEmail": OTHER}).status_code == 303
    assert {row.friendly_name for row in loop.rows()} == {FRIEND, OTHER}


def test_an_instance_knows_no_redemption(loop: SponsorLoop) -> None:
    browser = visit(loop)
    for path in ("/accept-families-for-enterprise", "/setup/families-for-enterprise"):
        assert browser.get(path).status_code == 404
