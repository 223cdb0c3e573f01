"""What becomes of a sponsorship: renewal, its designed end, members and organizations that go, policy, seats, purge."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from common.quirks import Quirk
from tests.support.answers import ok
from tests.support.harness import START, Side, Workshop
from tests.support.jobs import look_for_jobs
from tests.support.offers import (
    ADMIN,
    POLICY_REMOVAL,
    REVERTED,
    Family,
    Instance,
    Sponsor,
    make_instance,
    make_sponsor,
    rows_of,
    told,
)

FRIEND = "friend@home.example"
NEXT_YEAR = START.replace(year=2027)
ENTERPRISE = 20


@pytest.fixture
def sponsor(cloud: Side) -> Sponsor:
    return make_sponsor(cloud)


@pytest.fixture
def family(sponsor: Sponsor) -> Family:
    """The friend, sponsored by the owner of Acme."""
    return redeemed(sponsor)


def redeemed(sponsor: Sponsor, **offer: Any) -> Family:
    """A friend who has taken an offer."""
    family = sponsor.family()
    ok(sponsor.offer(FRIEND, **offer))
    ok(family.redeem())
    return family


def move_to(sponsor: Sponsor, moment: datetime) -> None:
    """Let time pass; everybody signs in again."""
    sponsor.side.clock.set(moment)
    for person in (sponsor.owner, *(family.person for family in sponsor.families)):
        person.log_in()


def test_renewal_moves_the_end(sponsor: Sponsor, family: Family) -> None:
    move_to(sponsor, NEXT_YEAR - timedelta(seconds=1))
    assert sponsor.row().valid_until == NEXT_YEAR
    move_to(sponsor, NEXT_YEAR)
    assert sponsor.row().valid_until == START.replace(year=2028)
    assert family.sponsored_item()
    assert sponsor.mails(REVERTED) == []


def test_several_renewals_at_once(sponsor: Sponsor, family: Family) -> None:
    move_to(sponsor, START.replace(year=2030) + timedelta(days=1))
    assert sponsor.row().valid_until == START.replace(year=2031)
    assert family.sponsored_item()


def test_renewal_travels_back_with_the_next_sync(sponsor: Sponsor) -> None:
    instance = make_instance(sponsor)
    family = sponsor.family()
    row = told()
    instance.synced(row)
    ok(family.redeem())
    _sync_again_at(instance, row, NEXT_YEAR - timedelta(days=30))
    [answer] = _sync_again_at(instance, row, NEXT_YEAR + timedelta(days=1))
    assert answer["validUntil"] == "2028-08-20T12:00:00Z"


def _sync_again_at(instance: Instance, row: dict[str, Any], moment: datetime) -> list[dict[str, Any]]:
    """The instance gets a new token and syncs at that moment."""
    move_to(instance.sponsor, moment)
    fresh = make_instance(instance.sponsor)
    return fresh.synced(row | {"lastSyncDate": "2026-08-20T12:00:00Z"})


END_OF_SPONSOR: dict[str, Callable[[Sponsor, Family], object]] = {
    "revoked by the member": lambda sponsor, family: ok(sponsor.revoke()),
    "removed by the family": lambda sponsor, family: ok(family.remove()),
    "moved to Teams": lambda sponsor, family: sponsor.bill("plan", planType=18),
    "switched off long ago": lambda sponsor, family: _switch_off(sponsor, NEXT_YEAR - timedelta(days=100)),
    "switched off without an end": lambda sponsor, family: _switch_off(sponsor, None),
    "not synced for half a year": lambda sponsor, family: sponsor.change_row(
        last_sync_date=NEXT_YEAR - timedelta(days=183)
    ),
    "member unknown": lambda sponsor, family: sponsor.change_row(sponsoring_organization_user_id=_nobody()),
}


def _nobody() -> Any:
    from uuid import UUID

    return UUID(int=0)


def _switch_off(sponsor: Sponsor, end: datetime | None) -> None:
    sponsor.bill("remove-subscription", **({"expirationDate": end.isoformat()} if end else {}))
    sponsor.settings(enabled=False)


@pytest.mark.parametrize("cause", list(END_OF_SPONSOR))
def test_sponsorship_ends_at_renewal(sponsor: Sponsor, family: Family, cause: str) -> None:
    END_OF_SPONSOR[cause](sponsor, family)
    move_to(sponsor, NEXT_YEAR - timedelta(seconds=1))
    assert family.sponsored_item(), "free to the end of its period"
    move_to(sponsor, NEXT_YEAR + timedelta(days=1))
    assert family.sponsored_item() is False
    assert sponsor.rows() == []
    [mail] = sponsor.mails(REVERTED)
    assert mail.to == FRIEND
    assert "08/20/2027" in mail.text
    assert "The <Friends>" in mail.text
    ok(sponsor.owner.api.get("/api/accounts/profile"))
    assert len(sponsor.mails(REVERTED)) == 1


STILL_GOOD: dict[str, Callable[[Sponsor], object]] = {
    "nothing happened": lambda sponsor: None,
    "switched off lately": lambda sponsor: _switch_off(sponsor, NEXT_YEAR - timedelta(days=92)),
    "expired but enabled": lambda sponsor: sponsor.bill(
        "remove-subscription", expirationDate=(START - timedelta(days=1)).isoformat()
    ),
    "synced 182 days ago": lambda sponsor: sponsor.change_row(last_sync_date=NEXT_YEAR - timedelta(days=182)),
}


@pytest.mark.parametrize("cause", list(STILL_GOOD))
def test_sponsorship_survives_renewal(sponsor: Sponsor, family: Family, cause: str) -> None:
    STILL_GOOD[cause](sponsor)
    move_to(sponsor, NEXT_YEAR)
    assert family.sponsored_item()
    assert sponsor.row().valid_until == START.replace(year=2028)


@pytest.mark.parametrize(("ability", "survives"), [(True, True), (False, False)])
def test_admin_initiated_needs_the_ability_at_renewal(sponsor: Sponsor, ability: bool, survives: bool) -> None:
    family = redeemed(sponsor, isAdminInitiated=True)
    sponsor.settings(useAdminSponsoredFamilies=ability)
    move_to(sponsor, NEXT_YEAR)
    assert family.sponsored_item() is survives


def test_sponsor_that_was_deleted_is_gone_at_renewal(sponsor: Sponsor, family: Family) -> None:
    secret = {"masterPasswordHash": sponsor.owner.password_hash}
    ok(sponsor.owner.api.delete(f"/api/organizations/{sponsor.id}", json=secret))
    assert family.sponsored_item()
    move_to(sponsor, NEXT_YEAR)
    assert family.sponsored_item() is False
    assert len(sponsor.mails(REVERTED)) == 1


def test_renewal_as_upstream_does(workshop: Workshop) -> None:
    sponsor = make_sponsor(workshop.cloud(quirks=frozenset({Quirk.SPONSORSHIP_RENEWAL_IGNORED})))
    family = redeemed(sponsor)
    ok(sponsor.revoke())
    move_to(sponsor, NEXT_YEAR)
    assert family.sponsored_item()
    assert sponsor.row().valid_until == START.replace(year=2028)
    assert sponsor.mails(REVERTED) == []


def test_renewal_caused_by_control(sponsor: Sponsor, family: Family) -> None:
    sponsor.side.clock.advance(timedelta(days=10))
    sponsor.bill("renew", family.id)
    assert sponsor.row().valid_until == NEXT_YEAR.replace(year=NEXT_YEAR.year + 1)


def test_family_that_is_deleted_leaves_the_sponsorship_behind(sponsor: Sponsor, family: Family) -> None:
    secret = {"masterPasswordHash": family.person.password_hash}
    ok(family.person.api.delete(f"/api/organizations/{family.id}", json=secret))
    assert sponsor.row().sponsored_organization_id is None


def test_member_who_is_removed_sponsors_to_the_end_of_the_period(sponsor: Sponsor) -> None:
    member = sponsor.person("member@acme.example")
    leaver = sponsor.person("leaver@acme.example")
    family = sponsor.family()
    ok(sponsor.offer(FRIEND, by=member))
    ok(sponsor.offer("second@home.example", by=leaver))
    ok(family.redeem())
    path = f"/api/organizations/{sponsor.id}"
    member_id = sponsor.profile(member)["organizationUserId"]
    ok(sponsor.owner.api.delete(f"{path}/users", json={"ids": [member_id]}))
    ok(leaver.api.post(f"{path}/leave"))
    assert [row.to_delete for row in sponsor.rows()] == [True, True]
    move_to(sponsor, NEXT_YEAR)
    assert family.sponsored_item() is False


def test_revoked_member_goes_on_sponsoring(sponsor: Sponsor) -> None:
    member = sponsor.person("member@acme.example")
    ok(sponsor.offer(FRIEND, by=member))
    member_id = sponsor.profile(member)["organizationUserId"]
    ok(sponsor.owner.api.put(f"/api/organizations/{sponsor.id}/users/{member_id}/revoke"))
    assert sponsor.row().to_delete is False


def test_removed_member_as_upstream_does_on_other_databases(workshop: Workshop) -> None:
    sponsor = make_sponsor(workshop.cloud(quirks=frozenset({Quirk.MEMBER_REMOVAL_DELETES_SPONSORSHIPS})))
    leaver = sponsor.person("leaver@acme.example")
    ok(sponsor.offer(FRIEND, by=leaver))
    ok(leaver.api.post(f"/api/organizations/{sponsor.id}/leave"))
    assert sponsor.rows() == []


def test_policy_mails_the_families_when_it_is_switched_on(sponsor: Sponsor, family: Family) -> None:
    ok(sponsor.offer("open@home.example", isAdminInitiated=True))
    sponsor.policy(True)
    sponsor.policy(True)
    [mail] = sponsor.mails(POLICY_REMOVAL)
    assert mail.to == FRIEND
    assert "Acme & Co" in mail.text
    assert "08/13/2027" in mail.text
    assert f"{sponsor.side.base_url}/#/organizations/{family.id}/billing/subscription" in mail.text
    sponsor.policy(False)
    assert len(sponsor.mails(POLICY_REMOVAL)) == 1
    assert sponsor.row_of(FRIEND).to_delete is False


def test_other_policies_mail_nobody(sponsor: Sponsor, family: Family) -> None:
    path = f"/api/organizations/{sponsor.id}/policies/3"
    ok(sponsor.owner.api.put(path, json={"policy": {"enabled": True}}))
    assert sponsor.mails(POLICY_REMOVAL) == []


def test_profile_tells_of_the_members_own_sponsorship_in_one_row(sponsor: Sponsor) -> None:
    manager = sponsor.person("manager@acme.example", ADMIN)
    empty = {
        "familySponsorshipFriendlyName": None,
        "familySponsorshipAvailable": True,
        "familySponsorshipLastSyncDate": None,
        "familySponsorshipValidUntil": None,
        "familySponsorshipToDelete": None,
        "isAdminInitiated": False,
    }
    assert _told(sponsor.profile(manager), empty) == empty
    ok(sponsor.offer("stranger@home.example", by=manager, isAdminInitiated=True))
    given = empty | {"familySponsorshipFriendlyName": "stranger@home.example", "familySponsorshipToDelete": False}
    assert _told(sponsor.profile(manager), empty) == given | {"isAdminInitiated": True}
    sponsor.side.clock.advance(timedelta(minutes=1))
    ok(sponsor.offer(FRIEND, by=manager))
    ok(sponsor.family().redeem())
    own = given | {
        "familySponsorshipFriendlyName": FRIEND,
        "familySponsorshipAvailable": False,
        "familySponsorshipValidUntil": "2027-08-20T12:01:00Z",
    }
    assert _told(sponsor.profile(manager), empty) == own
    assert _told(ok(manager.api.get("/api/sync"))["profile"]["organizations"][0], empty) == own
    assert _told(sponsor.profile(), empty) == empty


def _told(row: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in names}


def test_profile_of_an_organization_that_cannot_sponsor(sponsor: Sponsor) -> None:
    sponsor.bill("plan", planType=18)
    assert sponsor.profile()["familySponsorshipAvailable"] is False


def test_seats_are_taken_by_sponsorships_of_strangers(sponsor: Sponsor) -> None:
    def taken() -> int:
        return int(ok(sponsor.owner.api.get(f"/api/organizations/{sponsor.id}/billing/vnext/metadata"))[SEATS])

    assert taken() == 1
    ok(sponsor.offer("own@home.example"))
    assert taken() == 1
    ok(sponsor.offer("open@home.example", isAdminInitiated=True))
    family = redeemed(sponsor, isAdminInitiated=True)
    assert taken() == 3
    ok(sponsor.revoke_named("open@home.example"))
    ok(sponsor.revoke_named(FRIEND))
    assert taken() == 2, "the redeemed one keeps its seat to the end"
    sponsor.bill("cancel", family.id)
    move_to(sponsor, NEXT_YEAR)
    assert taken() == 1


SEATS = "organizationOccupiedSeats"


def test_purge_deletes_what_ended_90_days_ago(sponsor: Sponsor, family: Family) -> None:
    sponsor.bill("cancel", family.id)
    for days, left in ((89, 1), (91, 0)):
        move_to(sponsor, NEXT_YEAR + timedelta(days=days))
        ok(sponsor.side.client.post("/_sim/jobs/DatabaseExpiredSponsorshipsJob/run"))
        assert len(rows_of(sponsor.side, sponsor.id)) == left


def test_purge_runs_by_itself_on_the_monday_after(sponsor: Sponsor) -> None:
    sponsor.bill("cancel", redeemed(sponsor).id)
    monday = datetime(2027, 11, 22, 5, tzinfo=START.tzinfo)
    for moment, left in ((monday - timedelta(days=5), 1), (monday - timedelta(hours=1), 1), (monday, 0)):
        move_to(sponsor, moment)
        look_for_jobs(sponsor.side)
        assert len(sponsor.rows()) == left


def test_jobs_are_listed(sponsor: Sponsor) -> None:
    jobs = ok(sponsor.side.client.get("/_sim/jobs"))["data"]
    assert [(job["name"], job["nextRun"]) for job in jobs] == [
        ("SettleSubscriptionsJob", "2026-08-20T12:01:00Z"),
        ("DatabaseExpiredSponsorshipsJob", "2026-08-24T05:00:00Z"),
        ("SendPendingMailsJob", "2026-08-20T12:01:00Z"),
    ]
    assert sponsor.side.client.post("/_sim/jobs/nothing/run").status_code == 404
