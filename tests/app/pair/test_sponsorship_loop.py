"""A Families organization given away on an instance, from the offer to its end, between both apps in process."""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from common.clock import ManualClock
from common.domains.organizations.models import Member, Organization
from common.domains.sponsorships.models import OrganizationSponsorship
from common.enums import MemberStatus, MemberType
from common.quirks import Quirk
from common.server.http.wsgi import WsgiAdapter
from common.server.transaction import db
from tests.support.harness import Pair, Workshop, make_pair
from tests.support.plugins.licensing import Vaults
from tests.support.scenarios import billing_sync_token
from tests.support.sponsorships import Families, line_of, world
from tests.support.waiting import PATIENCE

FRIEND = "friend@home.example"
OTHER = "other@home.example"
OVERTAKEN = "A newer sync of this organization has been taken over already."


@pytest.fixture
def loop(pair: Pair) -> Any:
    return world(pair)


def test_offer_travels_and_comes_back_active_and_ends(loop: Any) -> None:
    assert loop.offer(FRIEND).status_code == 200
    assert loop.status(FRIEND) == ("requested", True)
    assert loop.offer_mails() == []

    run = loop.sync()
    assert (run["error"], run["sent"], run["removed"], run["active"]) == (None, 1, 0, 0)
    assert loop.status(FRIEND) == ("sent", False)
    assert [mail.to for mail in loop.offer_mails()] == [FRIEND]

    assert Families(loop, FRIEND).redeem().status_code == 200
    assert loop.status(FRIEND) == ("sent", False)
    assert loop.sync()["active"] == 1
    assert loop.status(FRIEND) == ("active", False)

    loop.revoke()
    assert loop.status(FRIEND) == ("revokeWhenExpired", True)
    assert loop.sync()["active"] == 0
    assert loop.status(FRIEND) == ("revokeWhenExpired", False)
    assert loop.agrees()
    assert len(loop.offer_mails()) == 1


def test_profile_tells_the_same_story(loop: Any) -> None:
    loop.offer(FRIEND)

    def row() -> Any:
        profile = loop.pair.owner.api.get("/api/accounts/profile").json()
        return next(each for each in profile["organizations"] if each["id"] == loop.id)

    assert (row()["familySponsorshipFriendlyName"], row()["familySponsorshipLastSyncDate"]) == (FRIEND, None)
    loop.sync()
    assert row()["familySponsorshipLastSyncDate"] is not None
    assert row()["familySponsorshipAvailable"] is False


def test_offer_taken_back_before_it_was_redeemed_disappears_on_both_sides(loop: Any) -> None:
    loop.offer(FRIEND)
    loop.sync()
    loop.revoke()
    assert loop.status(FRIEND) == ("requestRemoved", True)
    assert loop.sync()["removed"] == 1
    assert loop.rows() == loop.cloud_rows() == []


def test_renewal_reaches_the_instance_with_the_next_sync(loop: Any, clock: ManualClock) -> None:
    loop.offer(FRIEND)
    loop.sync()
    family = Families(loop, FRIEND)
    family.redeem()
    loop.sync()
    (before,) = loop.rows()
    for _ in range(5):
        clock.advance(timedelta(days=80))
        loop.sync()
    (after,) = loop.rows()
    assert after.valid_until > before.valid_until
    assert loop.agrees()


def test_member_who_leaves_takes_the_offer_along_at_the_next_sync(loop: Any) -> None:
    vaults = Vaults(loop.pair.selfhost)
    leaver = vaults.account("leaver@acme.example")
    member, now = uuid4(), loop.pair.selfhost.clock.now()
    vaults.add(
        Member(
            id=member,
            organization_id=UUID(loop.id),
            user_id=leaver.id,
            type=MemberType.USER,
            status=MemberStatus.CONFIRMED,
            creation_date=now,
            revision_date=now,
        )
    )
    assert loop.offer(FRIEND, by=leaver).status_code == 200
    loop.sync()
    gone = loop.pair.owner.api.delete(f"/api/organizations/{loop.id}/users/{member}")
    assert gone.status_code == 200, gone.text
    assert loop.status(FRIEND) == ("requestRemoved", True)
    loop.sync()
    assert loop.rows() == loop.cloud_rows() == []


# --- lost answers


def test_lost_answer_and_retry_lose_nothing_and_mail_nobody_twice(loop: Any) -> None:
    line = line_of(loop.pair)
    loop.offer(FRIEND)
    line.lost = 1
    run = loop.sync()
    assert run["error"] == "Organization sync failed"
    assert loop.status(FRIEND) == ("requested", True)
    assert len(loop.cloud_rows()) == len(loop.offer_mails()) == 1
    assert loop.sync()["error"] is None
    assert loop.status(FRIEND) == ("sent", False)
    assert loop.agrees()
    assert len(loop.offer_mails()) == 1


def test_offer_taken_back_after_a_lost_answer_is_ended_on_the_cloud(loop: Any) -> None:
    line = line_of(loop.pair)
    loop.offer(FRIEND)
    line.lost = 1
    loop.sync()
    loop.revoke()
    assert loop.status(FRIEND) == ("requestRemoved", True)
    assert loop.sync()["removed"] == 1
    assert loop.rows() == loop.cloud_rows() == []


def test_lost_answer_to_a_removal_brings_nothing_back(loop: Any) -> None:
    line = line_of(loop.pair)
    loop.offer(FRIEND)
    loop.sync()
    loop.revoke()
    line.lost = 1
    loop.sync()
    assert loop.cloud_rows() == []
    assert loop.status(FRIEND) == ("requestRemoved", True)
    assert loop.sync()["removed"] == 1
    assert loop.rows() == loop.cloud_rows() == []
    assert len(loop.offer_mails()) == 1


def test_offer_that_never_got_through_and_was_taken_back_leaves_no_trace(loop: Any) -> None:
    line = line_of(loop.pair)
    loop.offer(FRIEND)
    line.down = True
    loop.sync()
    loop.revoke()
    line.down = False
    assert loop.sync()["removed"] == 1
    assert loop.rows() == loop.cloud_rows() == loop.offer_mails() == []


# --- things that happen at the same time


def test_offer_taken_back_during_the_call_is_ended_by_the_next_sync(loop: Any) -> None:
    line = line_of(loop.pair)
    loop.offer(FRIEND)
    line.before = lambda request: loop.revoke() if request.url.endswith("/sponsorship/sync") else None
    assert loop.sync()["error"] is None
    line.before = None
    assert loop.status(FRIEND) == ("requestRemoved", True)
    assert loop.sync()["removed"] == 1
    assert loop.rows() == loop.cloud_rows() == []


def test_offer_made_during_the_call_waits_for_the_next_sync(loop: Any) -> None:
    line = line_of(loop.pair)
    loop.offer(FRIEND, isAdminInitiated=True)
    line.before = lambda request: loop.offer(OTHER) if request.url.endswith("/sponsorship/sync") else None
    loop.sync()
    assert (loop.status(FRIEND), loop.status(OTHER)) == (("sent", False), ("requested", True))
    line.before = None
    loop.sync()
    assert loop.agrees()
    assert sorted(mail.to for mail in loop.offer_mails()) == [FRIEND, OTHER]


@pytest.fixture(params=["sqlite", "postgresql"])
def loop_of_either_engine(request: pytest.FixtureRequest, workshop: Workshop) -> Any:
    """The instance on each database engine."""
    if request.param == "sqlite":
        return world(make_pair(workshop))
    return world(make_pair(workshop, wardenloop__databaseUrl=request.getfixturevalue("postgres_url")))


def test_one_sync_of_an_organization_at_a_time(loop_of_either_engine: Any) -> None:
    """The second one begins when the first has ended, and tells what was revoked while the first was on its way."""
    loop = loop_of_either_engine
    line = line_of(loop.pair)
    loop.offer(FRIEND)
    both_are_asked_for = threading.Barrier(2, timeout=PATIENCE)
    held: list[Any] = []

    def hold_the_first(request: Any) -> None:
        if request.url.endswith("/sponsorship/sync") and not held:
            held.append(request)
            both_are_asked_for.wait()
            assert loop.revoke().status_code == 200
            assert len(runs_of(loop)) == 1, "the second one waits"

    def second() -> None:
        both_are_asked_for.wait()
        errors.append(loop.sync()["error"])

    line.before, errors = hold_the_first, []
    thread = threading.Thread(target=second)
    thread.start()
    errors.append(loop.sync()["error"])
    thread.join()
    assert errors == [None, None]
    assert len(runs_of(loop)) == 2
    assert loop.rows() == loop.cloud_rows() == []


def runs_of(loop: Any) -> list[dict[str, Any]]:
    return list(loop.pair.selfhost.client.get("/_sim/sponsorships/runs").json()["data"])


def test_a_sync_waits_for_another_only_so_long(loop_of_either_engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = loop_of_either_engine
    line = line_of(loop.pair)
    loop.offer(FRIEND)
    line.before = lambda request: told.append(loop.sync()) if request.url.endswith("/sponsorship/sync") else None
    told: list[dict[str, Any]] = []
    monkeypatch.setattr("selfhost.sponsorships.sync.LONGEST_WAIT", 0.1)
    assert loop.sync()["error"] is None
    assert [(run["error"], run["reason"]) for run in told] == [("Organization sync failed", "busy")]
    line.before = None
    assert loop.sync()["error"] is None


def test_a_request_that_comes_after_a_newer_sync_brings_no_offer_back(loop_of_either_engine: Any) -> None:
    """The client gave up, the request was on its way; meanwhile the offer was revoked, and the cloud was told."""
    loop = loop_of_either_engine
    line = line_of(loop.pair)
    loop.offer(FRIEND)
    line.delays = True
    assert loop.sync()["error"] == "Organization sync failed"
    line.delays = False
    loop.revoke()
    assert loop.sync()["error"] is None
    assert loop.rows() == []
    late = line.deliver_late()
    assert (late.status_code, late.json()["message"]) == (409, OVERTAKEN)
    assert loop.cloud_rows() == loop.offer_mails() == []


def test_a_request_that_comes_before_the_next_sync_counts(loop: Any) -> None:
    line = line_of(loop.pair)
    loop.offer(FRIEND)
    line.delays = True
    loop.sync()
    line.delays = False
    loop.revoke()
    assert line.deliver_late().status_code == 200
    assert len(loop.cloud_rows()) == 1
    assert loop.sync()["removed"] == 1
    assert loop.rows() == loop.cloud_rows() == []


def test_upstream_brings_the_offer_back(workshop: Workshop) -> None:
    loop = world(make_pair(workshop))
    parts = loop.pair.cloud.app.extensions
    settings = replace(parts["wardenloop"].settings, quirks=frozenset({Quirk.LATE_SYNC_COUNTS}))
    parts["wardenloop"] = replace(parts["wardenloop"], settings=settings)
    line = line_of(loop.pair)
    loop.offer(FRIEND)
    line.delays = True
    loop.sync()
    line.delays = False
    loop.revoke()
    loop.sync()
    assert line.deliver_late().status_code == 200
    loop.sync()
    assert loop.rows() == []
    assert [mail.to for mail in loop.offer_mails()] == [FRIEND]


def test_the_daily_run_is_not_taken_for_an_older_one(loop: Any) -> None:
    """Its one token may be older than that of a sync by hand of an organization whose turn has not come."""
    line = line_of(loop.pair)
    first, other = sorted((loop, world(loop.pair)), key=lambda each: UUID(each.id))  # as the daily run takes them
    for each in (first, other):
        each.offer(FRIEND, isAdminInitiated=True)
    synced: list[Any] = []

    def sync_the_other_by_hand(request: Any) -> None:
        if request.url.endswith("/sponsorship/sync") and not synced:
            synced.append(True)
            synced.append(other.sync()["error"])

    line.before = sync_the_other_by_hand
    ran = loop.pair.selfhost.client.post("/_sim/jobs/SelfHostedSponsorshipSyncJob/run")
    assert (ran.status_code, synced) == (200, [True, None])
    assert {run["error"] for run in runs_of(loop)} == {None}


def test_whole_life_on_either_engine(loop_of_either_engine: Any) -> None:
    loop = loop_of_either_engine
    loop.offer(FRIEND)
    loop.offer(OTHER, isAdminInitiated=True)
    assert loop.sync()["error"] is None
    Families(loop, FRIEND).redeem()
    loop.revoke_named(OTHER)
    run = loop.sync()
    assert (run["error"], run["sent"], run["removed"], run["active"]) == (None, 2, 1, 1)
    assert loop.agrees()


# --- several by one member


def test_changed_mind_ends_the_old_offer_and_mails_the_new_one(loop: Any) -> None:
    loop.offer(FRIEND)
    loop.sync()
    assert loop.offer(OTHER).status_code == 200
    assert (loop.status(FRIEND), loop.status(OTHER)) == (("requestRemoved", True), ("requested", True))
    loop.sync()
    assert loop.status(FRIEND) is None
    assert [row.offered_to_email for row in loop.cloud_rows()] == [OTHER]
    assert [mail.to for mail in loop.offer_mails()] == [FRIEND, OTHER]


def test_several_by_one_administrator_are_all_synced(loop: Any) -> None:
    names = [f"f{number}@home.example" for number in range(3)]
    for name in names:
        assert loop.offer(name, isAdminInitiated=True).status_code == 200
    loop.offer(FRIEND)
    assert loop.sync()["error"] is None
    assert loop.agrees()
    loop.revoke_named(names[1])
    assert loop.sync()["removed"] == 1
    assert loop.agrees()
    assert sorted(row.friendly_name for row in loop.cloud_rows()) == sorted([names[0], names[2], FRIEND])
    assert len(loop.offer_mails()) == 4


# --- what an administrator of the instance does wrong


def test_rotated_token_stops_the_sync_until_it_is_saved_again(loop: Any) -> None:
    loop.offer(FRIEND)
    body = {"type": 1, "masterPasswordHash": loop.pair.cloud_owner.password_hash}
    loop.pair.cloud_owner.api.post(f"/api/organizations/{loop.cloud_id}/rotate-api-key", json=body)
    run = loop.sync()
    assert (run["error"], run["reason"]) == ("Organization sync failed", "invalid-billing-sync-key")
    connection = loop.pair.owner.api.get(f"/api/organizations/connections/{loop.id}/1").json()
    key = billing_sync_token(loop.pair.cloud_owner, loop.cloud_id)
    saved = {"type": 1, "organizationId": loop.id, "enabled": True, "config": {"billingSyncKey": key}}
    loop.pair.owner.api.put(f"/api/organizations/connections/{connection['id']}", json=saved)
    assert loop.sync()["error"] is None


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({"globalSettings__installation__identityUri": "https://identity.bitwarden.eu"}, "invalid-client"),
        ({"globalSettings__installation__apiUri": "https://api.bitwarden.eu"}, "unauthorized"),
        ({"globalSettings__installation__key": "wrong"}, "invalid-client"),
    ],
)
def test_wrong_region_and_wrong_key_show_what_they_are(
    workshop: Workshop, environment: dict[str, Any], reason: str
) -> None:
    eu = workshop.cloud("EU")
    pair = make_pair(workshop, **environment)
    pair.selfhost.app.extensions["wardenloop"].http.mount(eu.base_url, WsgiAdapter(eu.app))
    loop = world(pair)
    loop.offer(FRIEND)
    run = loop.sync()
    assert (run["error"], run["reason"]) == ("Organization sync failed", reason)
    assert loop.status(FRIEND) == ("requested", True)


def test_organization_that_left_enterprise_is_passed_over_and_nothing_is_lost(loop: Any) -> None:
    loop.offer(FRIEND)
    loop.sync()
    loop.offer(OTHER, isAdminInitiated=True)
    with loop.pair.cloud.app.app_context():
        db.session.execute(sa.update(Organization).where(Organization.id == UUID(loop.cloud_id)).values(plan_type=17))
        db.session.commit()
    assert loop.sync()["error"] is None
    assert (loop.status(FRIEND), loop.status(OTHER)) == (("sent", False), ("requested", True))


@pytest.mark.sweep
def test_two_thousand_travel_in_two_requests(loop: Any) -> None:
    now = loop.pair.selfhost.clock.now()
    rows = [
        {
            "id": uuid4(),
            "sponsoring_organization_id": UUID(loop.id),
            "sponsoring_organization_user_id": uuid4(),
            "friendly_name": f"f{number}@home.example",
            "offered_to_email": f"f{number}@home.example",
            "plan_sponsorship_type": 0,
            "creation_date": now,
            "pending_since": now,
        }
        for number in range(2_000)
    ]
    with loop.pair.selfhost.app.app_context():
        db.session.execute(sa.insert(OrganizationSponsorship), rows)
        db.session.commit()
    run = loop.sync()
    assert (run["error"], run["chunksDone"], run["sent"]) == (None, 2, 2_000)
    assert len(loop.cloud_rows()) == 2_000
    assert loop.agrees()
