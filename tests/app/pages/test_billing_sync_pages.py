"""The billing sync connection on an instance's pages: token, licence sync, its end, and why a sync failed."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from common.clock import ManualClock
from common.domains.organizations.models import Member, Organization
from common.enums import MemberStatus, MemberType
from common.server.locale.texts import Texts
from common.server.transaction import db
from selfhost.billing_sync.models import OrganizationConnection
from selfhost.billing_sync.pages import CAUSES
from selfhost.cloud.trouble import CloudTrouble
from selfhost.sponsorships import runs
from tests.support.harness import Pair, Side, Workshop, make_pair
from tests.support.scenarios import billing_sync_token, create_from_license, download_license, new_organization
from tests.support.screen import shown, tag
from tests.support.sponsorships import line_of, world
from tests.support.visitor import Visitor

CHECK_INTERNET_AND_TOKEN = (
    "An error has occurred. Check your internet connection and ensure the billing token is correct."
)
TOKEN = "0123456789abcdefghijABCDEFGHIJ"


class Acme:
    """An organization on both sides, not connected, and its owner at a browser on the instance."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.cloud_id = str(new_organization(pair.cloud_owner)["id"])
        file = download_license(pair.cloud_owner, self.cloud_id, pair.installation["id"])
        self.id = str(create_from_license(pair.owner, file)["id"])
        self.page = f"/organizations/{self.id}/billing/subscription"
        self.dialog = f"/organizations/{self.id}/billing/sync"
        self.visitor = Visitor(pair.selfhost).log_in(pair.owner)

    def token(self) -> str:
        return billing_sync_token(self.pair.cloud_owner, self.cloud_id)

    def saves(self, key: str) -> Any:
        return self.visitor.submit(self.dialog, {"billingSyncKey": key})

    def syncs(self, *, script: bool = True) -> Any:
        return self.visitor.submit(self.page, {}, f"{self.page}/sync", script=script)

    def change(self, side: Side, statement: sa.Executable) -> None:
        with side.app.app_context():
            db.session.execute(statement)
            db.session.commit()


@pytest.fixture
def acme(pair: Pair) -> Acme:
    return Acme(pair)


def test_a_sync_needs_a_token_first(acme: Acme) -> None:
    page = acme.visitor.get(acme.page)
    assert " checked" in tag(page, "manualUpload")
    assert " disabled" not in tag(page, "automaticSync")
    assert " disabled" in tag(page, "syncLicense")
    assert shown(page, "x.syncNeedsToken") == "Save a billing sync token first."
    assert shown(page, "lastLicenseSync") is None


def test_saving_a_token_makes_the_sync_possible(acme: Acme) -> None:
    answer = acme.saves(f" {TOKEN}\n")
    assert (answer.status_code, answer.location) == (303, acme.page)
    page = acme.visitor.get(acme.page)
    assert "Billing sync token saved" in page.text
    assert " checked" in tag(page, "automaticSync")
    assert " disabled" not in tag(page, "syncLicense")
    assert shown(page, "lastLicenseSync") == "Never"
    assert f'value="{TOKEN}"' in tag(acme.visitor.get(acme.dialog), "billingSyncKey")


def test_another_token_takes_the_place_of_the_first(acme: Acme) -> None:
    acme.saves(TOKEN)
    assert acme.saves('"><script>').status_code == 303
    assert 'value="&#34;&gt;&lt;script&gt;"' in tag(acme.visitor.get(acme.dialog), "billingSyncKey")


def test_a_token_is_required(acme: Acme) -> None:
    answer = acme.visitor.submit(acme.dialog, {"billingSyncKey": " "}, script=True)
    assert (answer.status_code, answer.json["fields"]) == (400, {"billingSyncKey": ["Input is required."]})
    assert " disabled" in tag(acme.visitor.get(acme.page), "syncLicense")


def test_a_token_is_not_saved_without_a_genuine_license(acme: Acme) -> None:
    folder = acme.pair.selfhost.app.extensions["wardenloop"].deployment.license_directory
    (folder / "organization" / f"{acme.id}.json").write_text("{}")
    answer = acme.visitor.submit(acme.dialog, {"billingSyncKey": TOKEN}, script=True)
    assert (answer.status_code, answer.json["message"]) == (400, "Cannot verify license file.")


def test_a_sync_brings_the_seats_of_the_cloud_and_says_so(acme: Acme, clock: ManualClock) -> None:
    acme.saves(acme.token())
    acme.change(acme.pair.cloud, sa.update(Organization).values(seats=60))
    clock.advance(timedelta(minutes=1))
    answer = acme.syncs(script=False)
    assert (answer.status_code, answer.location) == (303, acme.page)
    page = acme.visitor.get(acme.page)
    assert "Successfully synced license" in page.text
    assert 'data-state="Seats">10 → <strong>60</strong>' in page.text
    assert shown(page, "lastLicenseSync") == "Aug 20, 2026, 12:01 UTC"


def test_a_failed_sync_leads_to_its_cause(acme: Acme) -> None:
    acme.saves(TOKEN)
    acme.token()
    answer = acme.syncs()
    assert (answer.status_code, answer.json["message"]) == (400, CHECK_INTERNET_AND_TOKEN)
    details = answer.json["details"]
    assert details == {"href": f"{acme.dialog}/last-error", "label": "Show details"}
    page = acme.visitor.get(details["href"])
    assert shown(page, "cause") == "The billing sync token is not the current one. It may have been rotated."
    assert shown(page, "x.causeWord") == "invalid-billing-sync-key"
    assert shown(page, "x.failedAt") == "Aug 20, 2026, 12:00 UTC"
    assert "http://cloud-us.test/api/" in page.text
    assert shown(acme.visitor.get(acme.page), "x.lastErrorAt") == "Last error: Aug 20, 2026, 12:00 UTC"


def test_the_cause_is_told_in_chinese_and_the_log_as_it_is(acme: Acme) -> None:
    acme.saves(TOKEN)
    acme.token()
    acme.syncs()
    page = Visitor(acme.pair.selfhost, "zh-CN").log_in(acme.pair.owner).get(f"{acme.dialog}/last-error")
    assert shown(page, "cause") == "计费同步令牌不是当前令牌，可能已被轮换。"
    assert 'lang="en"' in tag(page, "x.logSays")
    assert (shown(page, "x.logSays") or "").startswith("The billing sync token is not the current one:")


def test_without_scripts_the_page_of_the_failure_leads_there_too(acme: Acme) -> None:
    acme.saves(TOKEN)
    page = acme.syncs(script=False)
    assert (page.status_code, CHECK_INTERNET_AND_TOKEN in page.text) == (400, True)
    assert f'href="{acme.dialog}/last-error"' in tag(page, "x.showDetails")


def test_a_refusal_that_says_enough_has_no_details(acme: Acme) -> None:
    acme.saves(TOKEN)
    disabled = sa.update(OrganizationConnection).values(enabled=False)
    page = acme.visitor.get(acme.page)
    token = re.findall(r'action="[^"]*/sync"[^>]*><input type="hidden" name="(\w+)" value="([^"]+)"', page.text)
    acme.change(acme.pair.selfhost, disabled)
    answer = acme.visitor.client.post(f"{acme.page}/sync", data=dict(token), headers={"X-Wardenloop-Form": "1"})
    assert answer.json["message"] == f"Connection disabled for organization {acme.id}"
    assert answer.json["details"] is None


def test_a_sync_that_works_clears_the_failure(acme: Acme) -> None:
    acme.saves(TOKEN)
    acme.syncs()
    acme.saves(acme.token())
    assert acme.syncs().json["location"] == acme.page
    assert shown(acme.visitor.get(acme.page), "x.lastErrorAt") is None
    assert shown(acme.visitor.get(f"{acme.dialog}/last-error"), "x.noSyncError") is not None


def test_every_reason_the_instance_knows_has_a_text() -> None:
    """The reasons are those of the docstring of CloudTrouble."""
    known = re.findall(r"`([a-z-]+)`", CloudTrouble.__doc__ or "")
    assert len(known) > 10
    assert sorted(CAUSES) == sorted(known)


def test_turning_billing_sync_off_asks_first(acme: Acme) -> None:
    acme.saves(TOKEN)
    acme.syncs()
    assert f'href="{acme.dialog}/delete"' in tag(acme.visitor.get(acme.dialog), "delete")
    question = acme.visitor.get(f"{acme.dialog}/delete")
    assert "Turn off billing sync?" in question.text
    assert " autofocus" in tag(question, "cancel")
    answer = acme.visitor.submit(f"{acme.dialog}/delete", {})
    assert (answer.status_code, answer.location) == (303, acme.page)
    page = acme.visitor.get(acme.page)
    assert "Billing sync turned off" in page.text
    assert (shown(page, "lastLicenseSync"), shown(page, "x.lastErrorAt")) == (None, None)
    assert 'data-testid="delete"' not in acme.visitor.get(acme.dialog).text


def test_the_last_sync_of_sponsorships_outlives_the_last_row(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "KEPT_RUNS", 2)
    loop = world(pair)

    def last() -> str | None:
        visitor = Visitor(pair.selfhost).log_in(pair.owner)
        return shown(visitor.get(f"/organizations/{loop.id}/billing/subscription"), "x.lastSponsorshipSync")

    assert last() == "Never"
    loop.offer("friend@home.example")
    loop.sync()
    loop.revoke()
    pair.selfhost.clock.advance(timedelta(minutes=1))
    loop.sync()
    assert loop.rows() == []
    assert last() == "Aug 20, 2026, 12:01 UTC"
    pair.selfhost.clock.advance(timedelta(minutes=1))
    line_of(pair).down = True
    loop.offer("other@home.example")
    for _ in range(4):
        loop.sync()
    assert last() == "Aug 20, 2026, 12:01 UTC"  # none of these went well


def test_the_sync_names_the_host_it_waits_for(acme: Acme) -> None:
    acme.saves(TOKEN)
    assert 'data-wait-host="cloud-us.test"' in acme.visitor.get(acme.page).text


def test_billing_sync_is_for_owners(acme: Acme) -> None:
    acme.saves(TOKEN)
    selfhost = acme.pair.selfhost
    admin, now = selfhost.sign_up("admin@acme.example"), selfhost.clock.now()
    row = Member(
        id=uuid4(),
        organization_id=UUID(acme.id),
        user_id=UUID(admin.user_id),
        type=MemberType.ADMIN,
        status=MemberStatus.CONFIRMED,
        creation_date=now,
        revision_date=now,
    )
    with selfhost.app.app_context():
        db.session.add(row)
        db.session.commit()
    visitor = Visitor(selfhost).log_in(admin)
    for path in (acme.dialog, f"{acme.dialog}/delete", f"{acme.dialog}/last-error"):
        assert visitor.get(path).status_code == 404
    own_form = re.search(r'name="(__\w+)" value="([^"]+)"', visitor.get("/vault").text)
    assert own_form
    form = {own_form[1]: own_form[2], "billingSyncKey": "stolen"}
    for path in (acme.dialog, f"{acme.dialog}/delete"):
        assert visitor.client.post(path, data=form).status_code == 400
    assert f'value="{TOKEN}"' in tag(acme.visitor.get(acme.dialog), "billingSyncKey")


def test_without_cloud_communication_the_dialog_says_so(workshop: Workshop) -> None:
    acme = Acme(make_pair(workshop, globalSettings__enableCloudCommunication="false"))
    assert "globalSettings__enableCloudCommunication" in (
        shown(acme.visitor.get(acme.dialog), "x.cloudCommOffHint") or ""
    )
    acme.saves(TOKEN)
    page = acme.visitor.get(acme.page)
    assert " checked" in tag(page, "manualUpload")
    assert "syncLicense" not in page.text


def test_families_have_no_billing_sync(acme: Acme) -> None:
    acme.change(acme.pair.selfhost, sa.update(Organization).values(plan_type=22))
    page = acme.visitor.get(acme.dialog)
    assert shown(page, "x.familiesManualOnly") == "Families organizations can only be updated by uploading a file."
    assert "<form" not in page.text[page.text.index("<main") :]


def test_the_cloud_tells_when_it_gave_a_licence_to_a_sync(acme: Acme, clock: ManualClock) -> None:
    acme.saves(acme.token())
    clock.advance(timedelta(minutes=20))
    assert acme.syncs().json["location"] == acme.page
    there = Visitor(acme.pair.cloud).log_in(acme.pair.cloud_owner)
    page = there.get(f"/organizations/{acme.cloud_id}/billing/subscription").text
    assert Texts("en").moment(clock.now()) in page.partition('data-testid="x.handedOut"')[2]
