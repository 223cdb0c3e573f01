"""Time that is played over both sides has the effect of having passed; what a jump destroys lives on."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from common.server.jobs.models import JobRun
from common.server.jobs.service import run_due_jobs
from common.server.transaction import db, own_transaction
from common.sim import service as clock
from selfhost.jobs.service import jobs_of
from selfhost.sponsorships.models import SyncHour
from tests.support.harness import Pair, Side
from tests.support.playing import Kept, let_time_run, now_of, play, stack_of, world_of
from tests.support.scenarios import license_loop, new_organization
from tests.support.sponsorships import Families, SponsorLoop, licensed_world

FRIEND = "friend@home.example"
DAY = timedelta(days=1)


@pytest.fixture
def loop(pair: Pair) -> SponsorLoop:
    """An accepted, synced sponsorship on a stack whose time stands still."""
    loop = licensed_world(pair)
    loop.offer(FRIEND)
    loop.sync()
    Families(loop, FRIEND).redeem()
    loop.sync()
    let_time_run(pair)
    return loop


@pytest.mark.parametrize("hour", [0, 12], ids=["at the very moment of the renewal", "at another hour"])
def test_an_accepted_sponsorship_survives_a_year(loop: SponsorLoop, hour: int) -> None:
    """A jump skips the daily syncs, so that the renewal finds a sponsorship that was not synced for half a year."""
    with loop.pair.selfhost.app.app_context():
        db.session.add(SyncHour(id=1, hour=hour))
        db.session.commit()
    (before,) = loop.rows()
    course = play(loop.pair, 370 * DAY)
    (after,) = loop.rows()
    assert before.valid_until is not None
    assert after.valid_until == before.valid_until.replace(year=before.valid_until.year + 1)
    assert loop.status(FRIEND) == ("active", False)
    assert loop.agrees()
    happened = [(each["kind"], each["subject"]) for each in course.events]
    assert [each for each in happened if each[0] == "renewal"] == [("renewal", "Acme"), ("renewal", "Family")]
    assert now_of(loop.pair.cloud) == now_of(loop.pair.selfhost) == course.to == course.at


def test_a_licence_that_nobody_renews_is_switched_off_by_the_run_that_finds_it(pair: Pair) -> None:
    organization = license_loop(pair)
    let_time_run(pair)
    instance = stack_of(pair).apps[1]
    ahead = instance.agenda(now_of(pair.selfhost) + 500 * DAY)
    (suspension,) = (each for each in ahead if each["kind"] == "suspension")
    assert suspension["organizationId"] == organization
    play(pair, suspension["at"] - now_of(pair.selfhost) - timedelta(minutes=1))
    assert _enabled(pair)
    play(pair, timedelta(minutes=2))
    assert not _enabled(pair)
    assert [mail.subject for mail in pair.selfhost.mails[-1:]] == ["License Expired"]


def _enabled(pair: Pair) -> bool:
    with pair.selfhost.app.app_context():
        enabled: bool = db.session.execute(sa.text("SELECT enabled FROM organizations")).scalar_one()
        return bool(enabled)


# --- one step, or many


@pytest.mark.unmeasured
@pytest.mark.parametrize("revoked", [False, True], ids=["kept", "revoked"])
def test_one_step_and_many_make_the_sameworld_of(loop: SponsorLoop, revoked: bool) -> None:
    """Same rows but for the books of runs, same mails in the same order, same files."""
    if revoked:
        loop.revoke()
    trial = {"skipTrial": False, "additionalSeats": 1}
    new_organization(loop.pair.cloud_owner, "Monthly", 19, **trial)  # tried and then paid by the month
    play(loop.pair, timedelta())  # the hour of the daily sync is drawn when somebody first looks
    sides = loop.pair.cloud, loop.pair.selfhost
    start = [Kept(side) for side in sides]
    play(loop.pair, 430 * DAY)
    at_once = [world_of(side) for side in sides]
    for kept in start:
        kept.restore()
    for step in (1.37, 210, 218.63):
        play(loop.pair, step * DAY)
    for side, before in zip(sides, at_once, strict=True):
        after = world_of(side)
        assert {name: after[name] for name in after if after[name] != before[name]} == {
            name: before[name] for name in after if after[name] != before[name]
        }


# --- who plays has it alone


def test_nobody_else_claims_anything_meanwhile(loop: SponsorLoop) -> None:
    side = loop.pair.selfhost
    (app,) = (each for each in stack_of(loop.pair).apps if each.name == "selfhost")
    app.play(now_of(side) + 3 * DAY)
    before = _runs(side)
    with side.app.app_context():
        ctx = side.app.extensions["wardenloop"]
        run_due_jobs(ctx, jobs_of(ctx))
    assert _runs(side) == before
    app.end(now_of(side), datetime.now(UTC), frozen=False)
    with side.app.app_context():
        run_due_jobs(ctx, jobs_of(ctx))
    assert len(_runs(side)) > len(before)


def _runs(side: Side) -> Sequence[str]:
    with side.app.app_context():
        return db.session.scalars(sa.select(JobRun.job)).all()


def test_time_is_not_moved_by_others_meanwhile(loop: SponsorLoop) -> None:
    side = loop.pair.cloud
    app = stack_of(loop.pair).apps[0]
    app.play(now_of(side) + DAY)
    for change in ({"advanceSeconds": 5}, {"reset": True}, {"now": "2030-01-01T00:00:00Z"}):
        refused = side.client.post("/_sim/clock", json=change)
        assert (refused.status_code, refused.json()["message"][:23]) == (409, "Time is being advanced.")
    app.end(now_of(side), datetime.now(UTC), frozen=False)
    assert side.client.post("/_sim/clock", json={"advanceSeconds": 5}).status_code == 200


def test_time_goes_on_when_the_player_is_not_heard_of(loop: SponsorLoop) -> None:
    side = loop.pair.cloud
    moment = now_of(side) + DAY
    with side.app.app_context(), own_transaction(db.session):
        clock.play_to(db.session(), moment, timedelta(seconds=-10))
    assert timedelta(seconds=10) <= now_of(side) - moment < timedelta(minutes=2)
    assert side.client.get("/_sim/clock").json()["frozen"] is False


def test_the_past_is_refused(loop: SponsorLoop) -> None:
    side = loop.pair.cloud
    answer = side.client.post("/_sim/play", json={"at": (now_of(side) - DAY).isoformat()})
    assert answer.status_code == 400
    assert side.client.get("/_sim/clock").json()["frozen"] is True


def test_a_clock_that_is_ahead_stays_ahead(loop: SponsorLoop) -> None:
    loop.pair.selfhost.client.post("/_sim/clock", json={"advanceSeconds": 3600})
    play(loop.pair, 2 * DAY)
    assert now_of(loop.pair.selfhost) - now_of(loop.pair.cloud) == timedelta(hours=1)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/_sim/clock", {"now": "0999-12-31T00:00:00Z"}),
        ("/_sim/clock", {"now": "9001-01-01T00:00:00Z", "freeze": True}),
        ("/_sim/play/end", {"at": "1784-11-29T15:02:02Z", "realAt": "5147-04-05T23:02:52Z"}),
        ("/_sim/play", {"at": "9999-12-31T00:00:00Z"}),
    ],
)
def test_years_that_leave_no_room_are_refused(pair: Pair, path: str, body: dict[str, str]) -> None:
    before = pair.cloud.client.get("/_sim/clock").json()["offsetSeconds"]
    answer = pair.cloud.client.post(path, json=body)
    assert (answer.status_code, answer.json()["message"]) == (
        400,
        "There is no such time here: years go from 1000 to 9000.",
    )
    assert pair.cloud.client.get("/_sim/clock").json()["offsetSeconds"] == before
