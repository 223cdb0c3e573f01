"""Playing 400 days over one connected organization, and over a thousand, each with a renewal at a moment of its own.

Nobody brings renewed licences here, so all of them lapse and are switched off in the end: the runs that find it say so
(expired tokens of licences). No sync may fail, and each organization has some.
"""

import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from bench.measure import Cost, Result, timed
from common.clock import ManualClock
from common.server.transaction import db
from selfhost.sponsorships.runs import SyncRun
from selfhost.sponsorships.sync import DAILY
from tests.support.harness import START, Pair, Person, Workshop, make_pair
from tests.support.playing import let_time_run, play
from tests.support.scenarios import billing_sync_token, connect, create_from_license, download_license, new_organization
from tests.support.shelf import Shelf
from tests.support.sponsorships import Families, SponsorLoop

LENGTH = timedelta(days=400)
_YEAR = timedelta(days=360)
_EACH_TENTH = 10


def advance_one(directory: Path) -> Result:
    """An organization with an accepted sponsorship."""
    return Result("advance 400 days, 1 connected organization", _played(directory / "one", 1), 3)


def advance_many(directory: Path) -> Result:
    """A thousand of them, bought over a year, each with an offer of which each tenth is redeemed."""
    return Result("advance 400 days, 1,000 connected organizations", _played(directory / "many", 1000), 60)


def _played(directory: Path, count: int) -> Cost:
    clock = ManualClock(START)
    shelf = Shelf(directory / "shelf", directory.parent / "certificate")
    with closing(Workshop(shelf, clock)) as workshop:
        pair = make_pair(workshop)
        for number in range(count):
            _connected(pair, number)
            clock.advance(_YEAR / count)
            if number % 100 == 99:
                print(f"  {number + 1} organizations", file=sys.stderr, flush=True)
        let_time_run(pair)
        play(pair, timedelta())
        cost = timed(lambda: play(pair, LENGTH))()
        _require_syncs(pair, count)
        return cost


def _require_syncs(pair: Pair, count: int) -> None:
    """What was measured is what it says: every organization was synced while time was played, and no sync failed."""
    with pair.selfhost.app.app_context():
        daily = db.session.execute(sa.select(SyncRun.organization_id, SyncRun.error).where(SyncRun.trigger == DAILY))
        synced = {organization for organization, error in daily if error is None}
        failed = db.session.scalar(sa.select(sa.func.count()).where(SyncRun.error.is_not(None)))
    if len(synced) != count or failed:
        raise RuntimeError(f"{len(synced)} of {count} organizations were synced, {failed} syncs failed")


def _connected(pair: Pair, number: int) -> None:
    """An organization on both sides, connected, with an offer that the cloud knows; each tenth redeemed."""
    name = f"owner{number}@acme.example"
    on_cloud, here = pair.cloud.sign_up(name), pair.selfhost.sign_up(name)
    organization = new_organization(on_cloud, f"Acme {number}")["id"]
    license_file = download_license(on_cloud, organization, pair.installation["id"])
    twin = str(create_from_license(here, license_file)["id"])
    connect(here, twin, billing_sync_token(on_cloud, organization))
    loop = SponsorLoop(_owned(pair, on_cloud, here), twin, organization)
    friend = f"friend{number}@home.example"
    loop.offer(friend)
    loop.sync()
    if number % _EACH_TENTH == 0:
        Families(loop, friend).redeem()
        loop.sync()


def _owned(pair: Pair, on_cloud: Person, here: Person) -> Pair:
    return Pair(pair.cloud, pair.selfhost, on_cloud, here, pair.installation)
