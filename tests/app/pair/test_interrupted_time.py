"""Time that is played while the instance is stopped, and advances that are cut off in the middle."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from common.clock import ManualClock, SystemClock
from common.desk.clock import service as clocks
from common.desk.time.apps import AppRefused
from common.desk.time.http import NotThere
from common.desk.time.pending import Ledger
from common.desk.time.service import advance
from common.desk.time.stack import Advance
from common.desk.time.stopped import Rest
from common.server.jobs.service import note_schedules
from common.server.transaction import RequestSession, is_reading, own_transaction
from common.sim.snapshots.databases import Database
from common.wire.clock import ClockOrder
from selfhost.jobs.service import SPONSORSHIP_SYNC, jobs_of, tell_schedules
from selfhost.sponsorships.models import SyncHour
from tests.support.harness import Pair
from tests.support.playing import InProcess, Kept, let_time_run, now_of, play, stack_of, world_of
from tests.support.sponsorships import Families, SponsorLoop, licensed_world

FRIEND = "friend@home.example"
DAY = timedelta(days=1)


@pytest.fixture
def loop(pair: Pair) -> SponsorLoop:
    """An accepted, synced sponsorship on a stack whose time stands still; the daily sync runs at one o'clock."""
    loop = licensed_world(pair)
    loop.offer(FRIEND)
    loop.sync()
    Families(loop, FRIEND).redeem()
    loop.sync()
    let_time_run(pair)
    with pair.selfhost.app.app_context():
        ctx = pair.selfhost.app.extensions["wardenloop"]
        with own_transaction(ctx.session):
            ctx.session.add(SyncHour(id=1, hour=13))
            note_schedules(ctx, jobs_of(ctx))
        tell_schedules(ctx, jobs_of(ctx))
    return loop


@dataclass
class Switch:
    """Whether somebody wants the instance to run."""

    on: bool


@pytest.fixture
def switch() -> Switch:
    return Switch(on=False)


@pytest.fixture
def rest(pair: Pair, switch: Switch) -> Rest:
    """Of the pair's instance."""
    url = str(pair.selfhost.app.config["SQLALCHEMY_DATABASE_URI"])
    return Rest(Database(url), lambda: switch.on, pair.selfhost.state / "schedules.json")


@pytest.fixture
def silent(pair: Pair, switch: Switch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody answers where the instance is stopped."""
    for name in ("get", "post"):
        asked: Callable[..., Any] = getattr(InProcess, name)

        def ask(transport: InProcess, *what: Any, asked: Callable[..., Any] = asked, **query: Any) -> Any:
            if transport.side is pair.selfhost and not switch.on:
                raise NotThere("selfhost does not answer")
            return asked(transport, *what, **query)

        monkeypatch.setattr(InProcess, name, ask)


@pytest.mark.usefixtures("silent")
def test_a_stopped_instance_misses_its_runs_and_the_cloud_goes_on(
    loop: SponsorLoop, switch: Switch, rest: Rest
) -> None:
    """As for real: nothing is synced for more than half a year, so the family's renewal ends the sponsorship."""
    begun = now_of(loop.pair.cloud)
    course = play(loop.pair, 370 * DAY, rest)
    assert [each["subject"] for each in course.events if each["kind"] == "renewal"] == ["Acme", "Family"]
    missed = {each["subject"]: (each["runs"], each["at"]) for each in course.events if each["outcome"] == "missed"}
    assert missed[SPONSORSHIP_SYNC] == (370, begun + timedelta(days=369, hours=13))
    assert missed["ValidateOrganizationsJob"][0] == 740
    assert "AliveJob" not in missed
    switch.on = True
    assert now_of(loop.pair.selfhost) == now_of(loop.pair.cloud) == course.to
    assert loop.cloud_rows() == []
    assert len(loop.rows()) == 1


@pytest.mark.usefixtures("silent")
def test_the_clock_of_a_stopped_instance_stands_still_with_the_others(
    loop: SponsorLoop, switch: Switch, rest: Rest
) -> None:
    """As far ahead as it was, and it goes on with them."""
    apps = {"cloud-us": InProcess(loop.pair.cloud), "selfhost": InProcess(loop.pair.selfhost)}
    ahead = now_of(loop.pair.selfhost) - now_of(loop.pair.cloud)
    real = SystemClock().now()
    for seconds, frozen in ((0, True), (100, True), (100, False)):
        clock = ManualClock(real + timedelta(seconds=seconds))
        told = clocks.move(apps, ClockOrder(freeze=frozen), clock, lambda _moment: None, {"selfhost": rest})
        assert told.silent == []
        shift = rest.shift()
        assert (shift.frozen_at is not None) is frozen
        cloud = apps["cloud-us"].get("/_sim/clock")
        seen = datetime.fromisoformat(cloud["now"])
        assert cloud["frozen"] is frozen
        assert abs(shift.seen_at(SystemClock().now()) - seen - ahead) < timedelta(seconds=2)


@pytest.mark.usefixtures("silent")
def test_an_instance_that_comes_back_on_the_way_takes_part_again(loop: SponsorLoop, switch: Switch, rest: Rest) -> None:
    stack = stack_of(loop.pair, rest)
    course = Advance(stack.now, stack.now + 100 * DAY, stack.now)
    play_cloud = stack.apps[0].play

    def play_and_start(*what: Any) -> Any:
        switch.on = switch.on or course.at > course.begin
        return play_cloud(*what)

    stack.apps[0].play = play_and_start  # type: ignore[assignment,method-assign]
    advance(stack, course, SystemClock())
    told = [(each["subject"], each["outcome"]) for each in course.events if each["app"] == "selfhost"]
    assert (SPONSORSHIP_SYNC, "done") in told
    assert now_of(loop.pair.selfhost) == course.to
    assert loop.agrees()


@pytest.mark.usefixtures("silent")
def test_an_instance_that_is_stopped_on_the_way_is_passed_over(loop: SponsorLoop, switch: Switch, rest: Rest) -> None:
    switch.on = True
    stack = stack_of(loop.pair, rest)
    course = Advance(stack.now, stack.now + 100 * DAY, stack.now)
    play_cloud = stack.apps[0].play

    def play_and_stop(*what: Any) -> Any:
        switch.on = course.at < course.begin + DAY
        return play_cloud(*what)

    stack.apps[0].play = play_and_stop  # type: ignore[assignment,method-assign]
    advance(stack, course, SystemClock())
    assert [each["subject"] for each in course.events if each["outcome"] == "missed"].count(SPONSORSHIP_SYNC) == 1
    switch.on = True
    assert now_of(loop.pair.selfhost) == course.to


@pytest.mark.usefixtures("silent")
def test_an_instance_that_should_run_and_is_silent_ends_the_advance(loop: SponsorLoop, rest: Rest) -> None:
    rest_that_wants = Rest(rest._database, lambda: True, rest._schedules)
    with pytest.raises(NotThere):
        stack_of(loop.pair, rest_that_wants)


# --- cut off


class Killed(BaseException):
    """A process ends here."""


@contextmanager
def killed_at(number: int) -> Iterator[None]:
    """Whichever app saves something for the nth time ends at once, and so does who plays: nobody is told."""
    count, commit = 0, RequestSession.commit

    def save_and_die(session: RequestSession) -> None:
        nonlocal count
        changed = session.in_transaction() and not is_reading(session)
        commit(session)
        count += changed
        if changed and count == number:
            raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RequestSession, "commit", save_and_die)
        yield


@pytest.mark.unmeasured
def test_an_advance_that_was_killed_is_continued_to_the_same_world(loop: SponsorLoop, tmp_path: Path) -> None:
    """Wherever it was: nothing is left out, nothing is done twice."""
    ledger, sides = Ledger(tmp_path), (loop.pair.cloud, loop.pair.selfhost)
    play(loop.pair, 350 * DAY)  # both renewals are near
    start = [Kept(side) for side in sides]
    play(loop.pair, 30 * DAY)
    whole = [world_of(side) for side in sides]
    cuts = 0
    for number in (9, 26, 45):
        for kept in start:
            kept.restore()
        try:
            with killed_at(number):
                play(loop.pair, 30 * DAY, ledger=ledger)
        except Killed:
            cuts += 1
        pending = ledger.open()
        if pending is not None:
            play(loop.pair, pending.to - stack_of(loop.pair, ledger=ledger).now, ledger=ledger)
        assert ledger.open() is None
        for side, before in zip(sides, whole, strict=True):
            after = world_of(side)
            assert {name: after[name] for name in after if after[name] != before[name]} == {}, number
        assert now_of(sides[0]) == now_of(sides[1])
    assert cuts == 3


def test_an_app_that_fails_leaves_an_advance_to_continue(
    loop: SponsorLoop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, post = Ledger(tmp_path), InProcess.post

    def refuse(transport: InProcess, path: str, body: Any) -> Any:
        if path == "/_sim/play" and "ValidateOrganizationsJob" in body["jobs"]:
            raise AppRefused("no room")
        return post(transport, path, body)

    monkeypatch.setattr(InProcess, "post", refuse)
    begun = now_of(loop.pair.cloud)
    with pytest.raises(AppRefused):
        play(loop.pair, 3 * DAY, ledger=ledger)
    left = ledger.open()
    assert left is not None and left.to == begun + 3 * DAY
    assert begun < now_of(loop.pair.cloud) == now_of(loop.pair.selfhost) < left.to
    monkeypatch.setattr(InProcess, "post", post)
    play(loop.pair, left.to - now_of(loop.pair.cloud), ledger=ledger)
    assert ledger.open() is None
    assert loop.agrees()
