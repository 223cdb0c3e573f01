"""Whatever a stack holds: an advance in one step has the effect of the same in many, and does what was announced.

`pytest --hypothesis-profile=nightly tests/app/pair/test_random_worlds.py` tries many more worlds than each run does.
"""

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from common.cli.worlds import reading
from common.cli.worlds.applying import build
from common.clock import SystemClock
from common.crypto import account
from common.desk.time.service import advance, agenda, link
from common.desk.time.stack import Advance
from tests.support.harness import Workshop
from tests.support.playing import InProcess, Kept, world_of
from tests.support.plugins.postgres import new_database
from tests.support.shelf import Shelf
from tests.support.stages import Database, InProcessStage, empty_stage

BEGIN = datetime(2027, 1, 1, 12, tzinfo=UTC)
WORLDS = 40 if settings.get_current_profile_name() == "nightly" else 2
OWNER = "owner@acme.example"
MEMBERS = ("max@acme.example", "mia@acme.example")
LONGEST = 430.0
_SPONSORING = ("enterprise-annually", "enterprise-monthly")
_PLANS = (*_SPONSORING, "teams-annually", "teams-monthly", "families-annually", "free")


@pytest.fixture(autouse=True)
def one_key_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """People's keys are nobody's concern here, and take long to make."""
    monkeypatch.setattr(account, "new_rsa_key_pair", cache(account.new_rsa_key_pair))
    monkeypatch.setattr(account, "master_key", cache(account.master_key))


@st.composite
def organizations(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """One with all that may become of it; what cannot be is not drawn."""
    plan = draw(st.sampled_from(_PLANS))
    opened = BEGIN + timedelta(hours=draw(st.integers(0, 40 * 24)), seconds=draw(st.integers(0, 3599)))
    made: dict[str, Any] = {"name": name, "owner": OWNER, "plan": plan, "opened": opened.isoformat()}
    if plan not in ("free", "families-annually"):
        made |= {"seats": draw(st.integers(3, 20)), "trial": draw(st.booleans())}
    if plan != "free":
        made["status"] = draw(st.sampled_from(("active", "active", "canceling", "canceled", "past-due", "unpaid")))
    if plan in _SPONSORING and not made["trial"]:
        running = made["status"] not in ("canceled", "unpaid")
        made["instance"] = draw(twins(name, running=running))
    return made


@st.composite
def twins(draw: st.DrawFn, name: str, *, running: bool) -> dict[str, Any]:
    """On the instance. running: whether the cloud listens to it by then."""
    told: dict[str, Any] = {"connection": draw(st.sampled_from(("synced", "saved", "none")))}
    if told["connection"] == "none":
        return told
    told["members"] = [{"email": each} for each in MEMBERS]
    states = st.sampled_from(("active", "sent", "requested", None) if running else ("requested", None))
    offers = {each: draw(states) for each in MEMBERS}
    told["sponsorships"] = [
        {"by": email, "to": f"{number}.{name.lower()}@home.example", "state": state}
        for number, (email, state) in enumerate(offers.items())
        if state
    ]
    return told


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    """Everything that a world can say of what time changes. What comes first of each is the most there can be."""
    connected = draw(st.sampled_from((True, True, True, False)))
    chosen = [draw(organizations(name)) for name in draw(st.sampled_from((("Acme", "Beta"), ("Acme",))))]
    if not connected:
        for each in chosen:
            each.pop("instance", None)
    return {
        "time": {"begin": BEGIN.isoformat(), "now": (BEGIN + timedelta(days=41)).isoformat(), "frozen": True},
        "settings": {
            "globalSettings__enableCloudCommunication": connected,
            "wardenloop__sponsorshipSyncHour": draw(st.integers(0, 23)),
        },
        "accounts": [
            {"email": OWNER, "at": ["us", "selfhost"], "premium": draw(st.booleans())},
            *({"email": each, "at": ["selfhost"]} for each in MEMBERS),
        ],
        "organizations": chosen,
    }


@st.composite
def ways(draw: st.DrawFn) -> list[timedelta]:
    """The same length of time in several steps."""
    length = draw(st.floats(1, LONGEST))
    cuts = sorted(draw(st.lists(st.floats(0, length), min_size=1, max_size=8)))
    points = [timedelta(days=each) for each in (0, *cuts, length)]
    return [later - earlier for earlier, later in pairwise(points)]


def go(place: InProcessStage, step: timedelta) -> Advance:
    """Advance all sides by so much."""
    stack = link({name: InProcess(side) for name, side in place.sides.items()})
    course = Advance(stack.now, stack.now + step, stack.now)
    advance(stack, course, SystemClock())
    return course


def ahead(place: InProcessStage, step: timedelta) -> list[tuple[Any, ...]]:
    """What the agenda, and a dry run, announces for that time."""
    stack = link({name: InProcess(side) for name, side in place.sides.items()})
    return told(agenda(stack, stack.now + step))


def told(events: list[Any]) -> list[tuple[Any, ...]]:
    """When what happens to whom, but for jobs: of these the agenda tells the next run only."""
    names = ("at", "app", "kind", "subject")
    return sorted(tuple(each[name] for name in names) for each in events if each["kind"] != "job")


@pytest.mark.unmeasured
@settings(max_examples=WORLDS, suppress_health_check=list(HealthCheck))
@given(wanted=worlds(), steps=ways(), ended=st.sampled_from((None, "by the member", "by the family")))
def test_one_step_and_many_have_the_same_effect(
    shelf: Shelf, clock: Any, wanted: dict[str, Any], steps: list[timedelta], ended: str | None
) -> None:
    """Same rows but for the books of runs, same mails in the same order, same files."""
    document = reading.read(reading.write(wanted), "drawn")
    note(reading.write(wanted))
    hold(Workshop(shelf, clock), None, document, steps, ended)


@pytest.mark.unmeasured
@settings(max_examples=WORLDS // 2, suppress_health_check=list(HealthCheck))
@given(wanted=worlds(), steps=ways(), ended=st.sampled_from((None, "by the member", "by the family")))
def test_one_step_and_many_have_the_same_effect_on_a_server(
    shelf: Shelf,
    clock: Any,
    postgres_cluster: Path,
    wanted: dict[str, Any],
    steps: list[timedelta],
    ended: str | None,
) -> None:
    """The same on PostgreSQL."""
    document = reading.read(reading.write(wanted), "drawn")
    note(reading.write(wanted))
    hold(Workshop(shelf, clock), lambda: new_database(postgres_cluster), document, steps, ended)


def hold(
    workshop: Workshop, database: Database | None, document: dict[str, Any], steps: list[timedelta], ended: str | None
) -> None:
    """Build the world, go in one step, go back, go in many, compare."""
    try:
        with empty_stage(workshop, database) as place:
            build(document, place.stage)
            end_some(place, document, ended)
            go(place, timedelta())
            sides = list(place.sides.values())
            start = [Kept(side) for side in sides]
            announced = ahead(place, sum(steps, timedelta()))
            assert told(go(place, sum(steps, timedelta())).events) == announced
            at_once = [world_of(side) for side in sides]
            for kept in start:
                kept.restore()
            for step in steps:
                go(place, step)
            for side, before in zip(sides, at_once, strict=True):
                after = world_of(side)
                assert {name: after[name] for name in after if after[name] != before[name]} == {
                    name: before[name] for name in after if after[name] != before[name]
                }, side.base_url
    finally:
        workshop.close()


def end_some(place: InProcessStage, world: dict[str, Any], how: str | None) -> None:
    """End what is given away: by who gave it, or by who took it."""
    twins = {each["name"]: each["id"] for each in place.stage.clients["selfhost", OWNER].profile()["organizations"]}
    for each in world["organizations"]:
        for gift in (each.get("instance") or {}).get("sponsorships", ()):
            if how == "by the member":
                sponsor = place.stage.clients["selfhost", gift["by"]]
                sponsor.call("DELETE", f"/organization/sponsorship/self-hosted/{twins[each['name']]}")
            elif how == "by the family" and gift["state"] == "active":
                family = place.stage.clients["us", gift["to"]]
                family.refresh()
                [own] = family.profile()["organizations"]
                family.call("DELETE", f"/organization/sponsorship/sponsored/{own['id']}")
