"""Sponsorship sync as the cloud does it: the wire, what each row means, retries, upstream's defects by name, scale."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest

from common.quirks import Quirk
from tests.support.answers import ok, said
from tests.support.harness import START, Side, Workshop
from tests.support.offers import BASE, Instance, Sponsor, make_instance, make_sponsor, told
from tests.support.scenarios import new_organization
from tests.support.statements import statements

FRIEND = "friend@home.example"
NOW = "2026-08-20T12:00:00Z"


@pytest.fixture
def sponsor(cloud: Side) -> Sponsor:
    return make_sponsor(cloud)


@pytest.fixture
def instance(sponsor: Sponsor) -> Instance:
    return make_instance(sponsor)


def quirky(workshop: Workshop, *quirks: Quirk) -> Instance:
    """An instance that syncs with a cloud of these defects."""
    return make_instance(make_sponsor(workshop.cloud(quirks=frozenset(quirks))))


def events(instance: Instance) -> list[dict[str, Any]]:
    """The syncs that the cloud recorded of the organization."""
    sponsor = instance.sponsor
    found: list[dict[str, Any]] = ok(sponsor.side.client.get(f"/_sim/organizations/{sponsor.id}/events"))["data"]
    return [each for each in found if each["type"] == 1608]


def test_new_row_becomes_an_offer(instance: Instance) -> None:
    row = told()
    answer = instance.sync(row)
    assert json.loads(answer.text) == {
        "sponsorshipsBatch": [
            {
                "sponsoringOrganizationUserId": row["sponsoringOrganizationUserId"],
                "friendlyName": FRIEND,
                "offeredToEmail": FRIEND,
                "planSponsorshipType": 0,
                "lastSyncDate": NOW,
                "validUntil": None,
                "toDelete": False,
                "cloudSponsorshipRemoved": False,
                "isAdminInitiated": False,
            }
        ]
    }
    stored = instance.sponsor.row()
    assert str(stored.sponsoring_organization_user_id) == row["sponsoringOrganizationUserId"]
    assert (stored.friendly_name, stored.offered_to_email, stored.last_sync_date) == (FRIEND, FRIEND, START)
    [mail] = instance.sponsor.mails()
    assert mail.to == FRIEND
    assert "register=true" in mail.text


def test_members_may_be_spelled_in_any_case_and_left_out(instance: Instance) -> None:
    member = str(uuid.uuid4())
    body = {
        "BILLINGSYNCKEY": instance.key,
        "SponsoringOrganizationCloudId": instance.sponsor.id,
        "sponsorshipsbatch": [{"SponsoringOrganizationUserId": member.upper(), "OFFEREDTOEMAIL": FRIEND, "other": 1}],
    }
    [row] = ok(instance.api.post(f"{BASE}/sync", json=body))["sponsorshipsBatch"]
    assert (row["sponsoringOrganizationUserId"], row["friendlyName"], row["offeredToEmail"]) == (member, None, FRIEND)


def test_dates_have_up_to_seven_digits_and_any_zone(instance: Instance) -> None:
    row = told(lastSyncDate="2026-08-19T14:16:19.1234567Z", validUntil="2026-08-19T14:16:19+02:00")
    assert len(instance.synced(row, told("b@b.example", lastSyncDate="2026-08-19T14:16:19"))) == 2


def test_empty_batch_is_recorded(instance: Instance) -> None:
    assert ok(instance.sync()) == {"sponsorshipsBatch": []}
    [event] = events(instance)
    assert (event["installationId"], event["date"], event["actingUserId"]) == (instance.id, NOW, None)
    instance.synced(told())
    assert len(events(instance)) == 2


def test_sync_status_tells_the_last_sync(instance: Instance) -> None:
    path = f"{BASE}/{instance.sponsor.id}/sync-status"
    instance.synced()
    assert ok(instance.sponsor.owner.api.get(path))["lastSyncDate"] is None
    instance.synced(told())
    assert ok(instance.sponsor.owner.api.get(path)) == {"lastSyncDate": NOW, "object": "syncStatus"}


def test_repeated_batch_changes_only_the_date_and_mails_nobody(instance: Instance) -> None:
    rows = [told(f"{number}@home.example") for number in range(3)]
    first = instance.synced(*rows)
    before = [(row.id, row.friendly_name) for row in instance.sponsor.rows()]
    instance.sponsor.side.clock.advance(timedelta(hours=1))
    again = instance.synced(*rows)
    assert [row | {"lastSyncDate": None} for row in again] == [row | {"lastSyncDate": None} for row in first]
    assert {row["lastSyncDate"] for row in again} == {"2026-08-20T13:00:00Z"}
    assert [(row.id, row.friendly_name) for row in instance.sponsor.rows()] == before
    assert len(instance.sponsor.mails()) == 3


def test_one_known_and_one_new(instance: Instance) -> None:
    known = told("known@home.example")
    instance.synced(known)
    instance.synced(known, told("new@home.example"))
    assert [mail.to for mail in instance.sponsor.mails()] == ["known@home.example", "new@home.example"]
    assert len(instance.sponsor.rows()) == 2


def test_redemption_travels_back(instance: Instance) -> None:
    family = instance.sponsor.family()
    row = told()
    instance.synced(row)
    ok(family.redeem())
    [answer] = instance.synced(row | {"lastSyncDate": NOW})
    assert (answer["validUntil"], answer["offeredToEmail"]) == ("2027-08-20T12:00:00Z", FRIEND)


def test_only_what_nobody_took_can_be_deleted(instance: Instance) -> None:
    family = instance.sponsor.family("taken@home.example")
    taken, open_ = told("taken@home.example"), told("open@home.example")
    instance.synced(taken, open_)
    ok(family.redeem())
    gone = {"toDelete": True, "lastSyncDate": NOW}
    answers = instance.synced(taken | gone, open_ | gone)
    assert [(row["cloudSponsorshipRemoved"], row["toDelete"]) for row in answers] == [(False, True), (True, True)]
    row = instance.sponsor.row()
    assert (row.friendly_name, row.to_delete) == ("taken@home.example", True)
    [answer] = instance.synced(taken | {"lastSyncDate": NOW})
    assert (answer["toDelete"], instance.sponsor.row().to_delete) == (False, True)


def test_removal_of_what_was_never_synced_is_skipped(instance: Instance) -> None:
    assert instance.synced(told(toDelete=True)) == []
    assert instance.sponsor.rows() == []


def test_lost_answer_to_a_removal_stores_and_mails_nothing(instance: Instance) -> None:
    row = told()
    instance.synced(row)
    gone = row | {"toDelete": True, "lastSyncDate": NOW}
    for _ in range(2):
        [answer] = instance.synced(gone)
        assert answer["cloudSponsorshipRemoved"] is True
    assert instance.sponsor.rows() == []
    assert len(instance.sponsor.mails()) == 1


def test_lost_answer_to_a_removal_as_upstream_does(workshop: Workshop) -> None:
    instance = quirky(workshop, Quirk.ORPHAN_OFFER)
    [answer] = instance.synced(told(toDelete=True, lastSyncDate=NOW))
    assert answer["cloudSponsorshipRemoved"] is True
    assert len(instance.sponsor.rows()) == len(instance.sponsor.mails()) == 1


def test_several_rows_of_one_member_are_told_apart_by_their_names(instance: Instance) -> None:
    member = str(uuid.uuid4())
    first, second, third = (told(f"{name}@home.example", member) for name in "abc")
    instance.synced(first, second)
    instance.synced(first, second | {"toDelete": True, "lastSyncDate": NOW}, third)
    assert [row.friendly_name for row in instance.sponsor.rows()] == ["a@home.example", "c@home.example"]
    assert [mail.to for mail in instance.sponsor.mails()].count("a@home.example") == 1
    instance.synced(first)
    assert len(instance.sponsor.rows()) == 2


def test_several_rows_of_one_member_as_upstream_does(workshop: Workshop) -> None:
    instance = quirky(workshop, Quirk.DUPLICATE_MEMBER_BREAKS_SYNC)
    member = str(uuid.uuid4())
    first, second = told("a@home.example", member), told("b@home.example", member)
    ok(instance.sync(first, second))
    answer = instance.sync(first, second)
    assert said(answer) == (500, "An unhandled server error has occurred.")


def test_row_that_the_batch_repeats_is_stored_once(instance: Instance) -> None:
    row = told()
    assert len(instance.synced(row, row)) == 2
    assert len(instance.sponsor.rows()) == len(instance.sponsor.mails()) == 1


def test_replaced_offer_goes_to_the_new_address(instance: Instance) -> None:
    member = str(uuid.uuid4())
    instance.synced(told("old@home.example", member))
    instance.synced(told("new@home.example", member))
    assert instance.sponsor.row().offered_to_email == "new@home.example"
    assert [mail.to for mail in instance.sponsor.mails()] == ["old@home.example", "new@home.example"]
    instance.synced(told("new@home.example", member))
    assert len(instance.sponsor.mails()) == 2


def test_replaced_offer_as_upstream_does(workshop: Workshop) -> None:
    instance = quirky(workshop, Quirk.STALE_OFFER_AFTER_REPLACEMENT)
    member = str(uuid.uuid4())
    instance.synced(told("old@home.example", member))
    instance.synced(told("new@home.example", member))
    assert instance.sponsor.row().offered_to_email == "old@home.example"


def test_synced_row_is_never_renamed(instance: Instance) -> None:
    member = str(uuid.uuid4())
    instance.synced(told("old@home.example", member))
    instance.synced(told("new@home.example", member, lastSyncDate=NOW))
    assert instance.sponsor.row().offered_to_email == "old@home.example"


def test_row_that_the_cloud_lost_is_offered_again(instance: Instance) -> None:
    row = told()
    instance.synced(row)
    instance.synced(row | {"toDelete": True, "lastSyncDate": NOW})
    instance.synced(row | {"lastSyncDate": NOW})
    assert len(instance.sponsor.rows()) == 1
    assert len(instance.sponsor.mails()) == 2


@pytest.mark.parametrize(("plan_type", "recorded"), [(0, 0), (7, 0), (22, 0), (18, 1), (12, 1), (21, 1)])
def test_organization_of_another_tier_is_skipped(instance: Instance, plan_type: int, recorded: int) -> None:
    instance.sponsor.bill("plan", planType=plan_type)
    assert instance.synced(told()) == []
    assert instance.sponsor.rows() == []
    assert len(events(instance)) == recorded  # Free and Families keep no events


@pytest.mark.parametrize(("days", "offered"), [(120, 0), (94, 0), (92, 1)])
def test_organization_that_is_gone_offers_nothing_new(instance: Instance, days: int, offered: int) -> None:
    sponsor = instance.sponsor
    known = told("known@home.example")
    instance.synced(known)
    end = (START - timedelta(days=days)).isoformat()
    sponsor.bill("remove-subscription", expirationDate=end)
    sponsor.settings(enabled=False)
    assert len(instance.synced(known, told())) == 1 + offered
    assert len(sponsor.rows()) == 1 + offered


def test_disabled_organization_without_an_end_is_gone(instance: Instance) -> None:
    instance.sponsor.bill("remove-subscription")
    instance.sponsor.settings(enabled=False)
    assert instance.synced(told()) == []


def test_policy_and_ability_are_not_looked_at(instance: Instance) -> None:
    instance.sponsor.policy(True)
    instance.sponsor.settings(useAdminSponsoredFamilies=False)
    assert len(instance.synced(told())) == 1


def test_row_without_address_is_stored_without_a_mail(instance: Instance) -> None:
    instance.synced(told(offeredToEmail=None), told("b@home.example", offeredToEmail=" "))
    assert len(instance.sponsor.rows()) == 2
    assert instance.sponsor.mails() == []


@pytest.mark.parametrize("key", ["", "  ", None, "x" * 30])
def test_wrong_key_is_refused(instance: Instance, key: str | None) -> None:
    assert said(instance.sync(told(), billingSyncKey=key)) == (400, "Invalid Billing Sync Key")
    assert instance.sponsor.rows() == []


def test_organization_that_never_had_a_key_is_refused(instance: Instance) -> None:
    other = new_organization(instance.sponsor.owner, "Other")["id"]
    answer = instance.sync(told(), sponsoringOrganizationCloudId=other)
    assert said(answer) == (400, "Invalid Billing Sync Key")


def test_rotated_key_is_refused(instance: Instance) -> None:
    owner = instance.sponsor.owner
    body = {"type": 1, "masterPasswordHash": owner.password_hash}
    ok(owner.api.post(f"/api/organizations/{instance.sponsor.id}/rotate-api-key", json=body))
    assert said(instance.sync(told())) == (400, "Invalid Billing Sync Key")


def test_unknown_organization_is_told_before_the_key(instance: Instance) -> None:
    unknown = "00000000-0000-4000-8000-000000000001"
    answer = instance.sync(told(), sponsoringOrganizationCloudId=unknown, billingSyncKey="")
    assert said(answer) == (400, "Invalid organization")


def test_policy_installation_is_needed(instance: Instance) -> None:
    side = instance.sponsor.side
    assert side.client.post(f"{BASE}/sync", json={}).status_code == 401
    answer = instance.sponsor.owner.api.post(f"{BASE}/sync", json={})
    assert (answer.status_code, answer.content) == (403, b"")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        "{",
        '{"sponsorshipsBatch":null}',
        '{"sponsorshipsBatch":{}}',
        '{"sponsorshipsBatch":[1]}',
        '{"sponsorshipsBatch":[null]}',
        '{"sponsorshipsBatch":[{}]}',
        '{"sponsorshipsBatch":[],"sponsoringOrganizationCloudId":"x"}',
    ],
)
def test_odd_bodies_are_refused(instance: Instance, body: str) -> None:
    answer = instance.api.post(f"{BASE}/sync", data=body, headers={"Content-Type": "application/json"})
    assert said(answer) == (400, "The model state is invalid.")


def test_a_sync_of_nothing_names_no_organization(instance: Instance) -> None:
    """Source: ValidateBillingSyncKeyCommand.cs; fidelity.md: sponsorship.sync."""
    assert said(instance.api.post(f"{BASE}/sync", json={})) == (400, "Invalid organization")


@pytest.mark.parametrize(
    "odd",
    [
        {"planSponsorshipType": 7},
        {"planSponsorshipType": None},
        {"toDelete": None},
        {"friendlyName": "n" * 257},
        {"offeredToEmail": 5},
        {"lastSyncDate": "yesterday"},
        {"sponsoringOrganizationUserId": "me"},
        {"friendlyName": "a\x00b"},
        {"friendlyName": "\ud800"},
    ],
)
def test_odd_row_refuses_the_whole_batch(instance: Instance, odd: dict[str, Any]) -> None:
    answer = instance.sync(told("good@home.example"), told() | odd)
    assert said(answer) == (400, "The model state is invalid.")
    assert instance.sponsor.rows() == []


OF_THE_OUTBOX = ("DELETE FROM outbox_mails", "UPDATE outbox_mails")
"""As many as there are mails."""


def test_number_of_statements_does_not_depend_on_the_batch(workshop: Workshop) -> None:
    counts: list[Any] = []
    for region, size in (("US", 2), ("EU", 600)):
        side = workshop.cloud(region)
        side.app.extensions["wardenloop"].mailer.configured = False
        instance = make_instance(make_sponsor(side))
        rows = [told(f"{number}@home.example") for number in range(size)]
        counts.append([])
        for batch in (rows, rows, [row | {"toDelete": True} for row in rows]):
            with statements(side) as found:
                ok(instance.sync(*batch))
            counts[-1].append(sum(not each.text.startswith(OF_THE_OUTBOX) for each in found))
    assert counts[0] == counts[1]


def test_answer_costs_no_more_the_more_the_organization_has(instance: Instance) -> None:
    """A chunk reads the rows of its own members only, so that many chunks grow linearly."""
    instance.synced(*[told(f"{number}@home.example") for number in range(300)])
    row = told("one@home.example")
    instance.synced(row)
    with statements(instance.sponsor.side) as found:
        instance.synced(row)
    read = [each for each in found if each.text.startswith("SELECT") and "FROM organization_sponsorships" in each.text]
    assert [len(each.parameters) for each in read] == [2]  # the organization and one member
