"""The portal's pages: dashboard, organizations, and the connection with its manual sync."""

from html import unescape

import pytest

from tests.support.harness import Workshop
from tests.support.portal import LIST, Portal, form_token, plain, row_of
from tests.support.sponsorships import line_of


@pytest.fixture
def portal(workshop: Workshop) -> Portal:
    return Portal(workshop)


def test_manual_sync_is_pressed_and_its_result_shown(portal: Portal) -> None:
    portal.loop.offer("friend@home.example")
    before = row_of(portal.text(), "Billing Sync")
    assert (before["Status"], before[""], before["Last error"]) == ("Enabled", "Manually Sync", "-")
    assert before["Last sync (Families)"] == before["Last license sync"] == "Never"

    answer = portal.press_sync()
    assert (answer.status_code, answer.headers["Location"]) == (303, portal.path)
    after = portal.text()
    assert row_of(after, "Billing Sync")[""] == "Billing Synced! Manually Sync"
    assert row_of(after, "Billing Sync")["Last sync (Families)"] == "Aug 20, 2026, 12:00 UTC"
    assert "1 sent, 0 removed, 0 active" in after

    reloaded = portal.text()
    assert "Billing Synced!" not in reloaded and "Manually Sync" in reloaded
    assert "1 sent, 0 removed, 0 active" in reloaded
    assert [mail.to for mail in portal.loop.offer_mails()] == ["friend@home.example"]


def test_nothing_to_sync_says_so_and_the_it_was_a_sync(portal: Portal) -> None:
    portal.press_sync()
    text = portal.text()
    assert "Billing Synced!" in text
    assert "Nothing to sync: this organization has no sponsorships." in text
    row = row_of(text, "Billing Sync")
    assert row["Last sync (Families)"] == "Aug 20, 2026, 12:00 UTC"
    assert row[""] == "Billing Synced! Manually Sync"  # nobody has to load the page anew for the next one


def test_failed_sync_shows_upstreams_text_and_what_to_do(portal: Portal) -> None:
    portal.loop.offer("friend@home.example")
    line_of(portal.pair).down = True
    portal.press_sync()
    text = portal.text()
    row = row_of(text, "Billing Sync")
    assert (row["Status"], row[""]) == ("Organization sync failed", "Manually Sync")
    assert "identity.bitwarden.com:443 cannot be reached: down unreachable" in plain(text)
    reloaded = row_of(portal.text(), "Billing Sync")
    assert (reloaded["Status"], reloaded["Last error"]) == ("Enabled", "Organization sync failed")
    assert "Organization sync failed" in portal.text("/admin")


def test_licence_sync_is_shown_beside_and_not_touched(portal: Portal) -> None:
    portal.pair.owner.api.post(f"/api/organizations/licenses/self-hosted/{portal.loop.id}/sync")
    row = row_of(portal.text(), "Billing Sync")
    assert (row["Last license sync"], row["Last sync (Families)"]) == ("Aug 20, 2026, 12:00 UTC", "Never")


def test_sync_without_the_forms_token_does_nothing(portal: Portal) -> None:
    portal.loop.offer("friend@home.example")
    assert portal.client.post(portal.sync_path, allow_redirects=False).status_code == 400
    assert portal.pair.selfhost.client.post(portal.sync_path, allow_redirects=False).status_code == 303
    assert portal.runs() == []


def test_plain_link_starts_a_sync_only_as_a_quirk(portal: Portal, workshop: Workshop) -> None:
    answer = portal.client.get(portal.sync_path)
    assert answer.status_code == 405
    assert "started with the button" in unescape(answer.text)
    assert portal.runs() == []


def test_plain_link_of_upstream(workshop: Workshop) -> None:
    portal = Portal(workshop, wardenloop__quirks="portal-get-sync")
    portal.loop.offer("friend@home.example")
    assert portal.client.get(portal.sync_path, allow_redirects=False).headers["Location"] == portal.path
    assert [run["sent"] for run in portal.runs()] == [1]


def test_disabled_connection_has_no_button(portal: Portal) -> None:
    portal.change_connection(enabled=False)
    row = row_of(portal.text(), "Billing Sync")
    assert (row["Status"], row[""]) == ("Disabled", "")
    token = form_token(portal.client.get(LIST))
    answer = portal.client.post(portal.sync_path, data={"__RequestVerificationToken": token}, allow_redirects=False)
    assert answer.headers["Location"] == LIST
    assert portal.runs() == []


def test_connections_are_not_loaded_while_communication_is_off(workshop: Workshop) -> None:
    portal = Portal(workshop, globalSettings__enableCloudCommunication="false")
    text = portal.text()
    assert "Cloud communication is off, so connections are not loaded." in text
    assert "Manually Sync" not in text


@pytest.mark.parametrize("path", ["not-a-guid", "11111111-2222-3333-4444-555555555555"])
def test_unknown_organization_leads_to_the_list(portal: Portal, path: str) -> None:
    answer = portal.client.get(f"{LIST}/view/{path}", allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, LIST)


def test_information_and_administrators(portal: Portal) -> None:
    text = portal.text()
    assert "Organization Acme" in text
    assert "Users 1 / 10 ( 0 / 0 / 1 )" in plain(text)
    assert "owner@acme.example Owner Confirmed" in plain(text)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", True),
        ("?name=acm", True),
        ("?name=%25", False),
        ("?name=other", False),
        ("?userEmail=OWNER@acme", True),
        ("?userEmail=nobody@acme.example", False),
        ("?page=2", False),
        ("?page=x&count=0", True),
    ],
)
def test_list_is_filtered(portal: Portal, query: str, found: bool) -> None:
    text = portal.text(LIST + query)
    assert (f"{LIST}/view/{portal.loop.id}" in text) is found
    assert ("No results to list." in text) is not found


def test_names_cannot_break_out_of_the_page(workshop: Workshop) -> None:
    portal = Portal(workshop)
    text = portal.client.get(f"{LIST}?name=%3Cscript%3E").text
    assert "<script>" not in text


def test_dashboard_shows_the_settings_in_effect(portal: Portal) -> None:
    text = portal.text("/admin")
    assert portal.pair.installation["id"] in text
    assert "globalSettings__enableCloudCommunication true Enabled" in plain(text)
    assert "https://identity.bitwarden.com" in text
    assert "Region mismatch" not in text
    assert "2026.8.0" in text


def test_dashboard_points_at_addresses_of_another_region(workshop: Workshop) -> None:
    portal = Portal(workshop, globalSettings__baseServiceUri__cloudRegion="EU")
    text = plain(portal.text("/admin"))
    assert "globalSettings__baseServiceUri__cloudRegion EU Region mismatch" in text
    assert text.count("Belongs to the other region") == 2


def test_unfinished_run_reloads_the_page(portal: Portal) -> None:
    portal.loop.offer("friend@home.example")
    line, seen = line_of(portal.pair), []
    line.before = lambda request: seen.append(portal.text()) if request.url.endswith("/sponsorship/sync") else None
    portal.press_sync()
    (while_running,) = seen
    assert 'http-equiv="refresh"' in while_running and "0 of 1 requests answered" in while_running
    assert 'http-equiv="refresh"' not in portal.text()
