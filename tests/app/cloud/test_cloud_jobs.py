"""The cloud's jobs process: what is due happens although nobody asks for anything."""

import errno
import threading
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from cloud_sim.jobs import service
from cloud_sim.jobs.service import run_due_jobs
from cloud_sim.subscriptions.models import Subscription
from common.domains.organizations.models import Organization
from common.server.transaction import db
from common.server.worker import look_until
from tests.support.answers import ok
from tests.support.harness import START, Side
from tests.support.jobs import look_for_jobs
from tests.support.offers import REVERTED, Sponsor, make_sponsor

FRIEND = "friend@home.example"


@pytest.fixture
def sponsor(cloud: Side) -> Sponsor:
    return make_sponsor(cloud)


def stored(side: Side, column: Any, organization_id: str) -> Any:
    """What the database holds, past every rule."""
    with side.app.app_context():
        table = column.class_
        of = table.organization_id if table is Subscription else table.id
        return db.session.scalar(sa.select(column).where(sa.cast(of, sa.String) == organization_id.replace("-", "")))


def test_subscription_is_settled_without_a_request(sponsor: Sponsor) -> None:
    sponsor.bill("cancel-at-period-end")
    sponsor.side.clock.set(START.replace(year=2027))
    assert stored(sponsor.side, Organization.enabled, sponsor.id) is True
    look_for_jobs(sponsor.side)
    assert stored(sponsor.side, Organization.enabled, sponsor.id) is False
    assert stored(sponsor.side, Subscription.status, sponsor.id) == "canceled"


def test_end_of_a_sponsorship_is_mailed_without_a_request(sponsor: Sponsor) -> None:
    family = sponsor.family()
    ok(sponsor.offer(FRIEND))
    ok(family.redeem())
    ok(sponsor.revoke())
    sponsor.side.clock.set(START.replace(year=2027) + timedelta(days=1))
    for _ in range(2):
        look_for_jobs(sponsor.side)
        look_for_jobs(sponsor.side)
    assert sponsor.rows() == []
    assert [mail.to for mail in sponsor.mails(REVERTED)] == [FRIEND]


def test_job_that_fails_does_not_stop_the_others(sponsor: Sponsor, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_ctx: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(service, "purge_expired", fail)
    sponsor.bill("cancel-at-period-end")
    sponsor.side.clock.set(START.replace(year=2027))
    look_for_jobs(sponsor.side)  # the schedule of the purge is seen for the first time
    sponsor.side.clock.advance(timedelta(days=8))
    look_for_jobs(sponsor.side)
    assert stored(sponsor.side, Organization.enabled, sponsor.id) is False


def test_process_looks_until_it_is_told_to_stop_also_where_the_disk_is_full(sponsor: Sponsor) -> None:
    app, stop, looks = sponsor.side.app, threading.Event(), 0

    def look() -> None:
        nonlocal looks
        looks += 1
        run_due_jobs(app.extensions["wardenloop"])
        if looks == 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        if looks == 3:
            stop.set()

    look_until(stop, app, look, poll_seconds=0.0)
    assert looks == 3
