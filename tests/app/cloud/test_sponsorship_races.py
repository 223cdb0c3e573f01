"""Requests about one sponsorship at the same moment, on both engines: one wins, nothing is stored or mailed twice."""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from tests.support.answers import ok
from tests.support.harness import Workshop
from tests.support.offers import Instance, make_instance, make_sponsor, told

FRIEND = "friend@home.example"
NOW = "2026-08-20T12:00:00Z"
Calls = list[Callable[[], Any]]


@pytest.fixture(params=["sqlite", "postgresql"])
def instance(request: pytest.FixtureRequest, workshop: Workshop) -> Instance:
    more = {"database_url": request.getfixturevalue("postgres_url")} if request.param == "postgresql" else {}
    return make_instance(make_sponsor(workshop.cloud(**more)))


def together(calls: Calls) -> list[int]:
    """Make the calls at the same moment; their statuses."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> int:
        barrier.wait()
        return int(call().status_code)

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_two_syncs_of_one_organization(instance: Instance) -> None:
    member = str(uuid.uuid4())
    rows = [told(f"{number}@home.example") for number in range(20)]
    rows += [told("a@home.example", member), told("b@home.example", member)]
    assert together([lambda: instance.sync(*rows)] * 4) == [200] * 4
    assert len(instance.sponsor.rows()) == 22
    assert sorted(mail.to for mail in instance.sponsor.mails()) == sorted(row["offeredToEmail"] for row in rows)


def test_redeem_against_revoke(instance: Instance) -> None:
    sponsor = instance.sponsor
    family = sponsor.family()
    for _ in range(4):
        ok(sponsor.offer(FRIEND))
        token = sponsor.token(FRIEND)
        redeemed, revoked = together([partial(family.redeem, token), sponsor.revoke])
        assert revoked == 200
        if redeemed == 200:
            assert sponsor.row().to_delete is True
            assert family.sponsored_item()
            return
        assert redeemed == 400
        assert sponsor.rows() == []


def test_redeem_against_sync_that_deletes(instance: Instance) -> None:
    sponsor = instance.sponsor
    family = sponsor.family()
    row = told()
    for _ in range(4):
        ok(instance.sync(row))
        token = sponsor.token(FRIEND)
        gone = row | {"toDelete": True, "lastSyncDate": NOW}
        redeemed, synced = together([partial(family.redeem, token), partial(instance.sync, gone)])
        assert synced == 200
        if redeemed == 200:
            assert sponsor.row().to_delete is True
            return
        assert redeemed == 400
        assert sponsor.rows() == []


def test_one_offer_is_redeemed_once(instance: Instance) -> None:
    sponsor = instance.sponsor
    family = sponsor.family()
    ok(sponsor.offer(FRIEND))
    ok(sponsor.offer(FRIEND, friendlyName="again", isAdminInitiated=True))
    tokens = [sponsor.token(FRIEND), sponsor.token(FRIEND)]
    statuses = together([partial(family.redeem, token) for token in tokens])
    assert sorted(statuses) == [200, 400]
    assert sum(row.sponsored_organization_id is not None for row in sponsor.rows()) == 1


def test_same_offer_made_twice_at_once_is_stored_once(instance: Instance) -> None:
    sponsor = instance.sponsor
    assert together([lambda: sponsor.offer(FRIEND, isAdminInitiated=True)] * 3) == [200] * 3
    assert len(sponsor.rows()) == 1


def test_whole_life_on_this_engine(instance: Instance) -> None:
    sponsor = instance.sponsor
    family = sponsor.family()
    row = told()
    ok(instance.sync(row))
    ok(family.redeem())
    [answer] = instance.synced(row | {"lastSyncDate": NOW})
    assert answer["validUntil"] == "2027-08-20T12:00:00Z"
    sponsor.policy(True)
    instance.synced(row | {"toDelete": True, "lastSyncDate": NOW})
    sponsor.side.clock.set(sponsor.side.clock.now().replace(year=2028))
    ok(sponsor.side.client.post("/_sim/jobs/SettleSubscriptionsJob/run"))
    assert sponsor.rows() == []
    assert [mail.to for mail in sponsor.side.mails][-2:] == [FRIEND, FRIEND]
    ok(sponsor.side.client.post("/_sim/jobs/DatabaseExpiredSponsorshipsJob/run"))
