"""The clocks of the whole stack at the desk: frozen at one moment, going on alike, and one that is ahead."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from common.desk import control
from common.desk.app import create_desk
from common.desk.time import routes as time
from common.files import write_json
from tests.support import desks
from tests.support.harness import Pair, Workshop, make_pair
from tests.support.playing import InProcess, let_time_run

CLOCK = "/_sim/clock"
LAG = timedelta(seconds=10)
"""What two readings may lie apart on a busy machine."""


@pytest.fixture
def pair(workshop: Workshop) -> Pair:
    made = make_pair(workshop)
    let_time_run(made)
    return made


@pytest.fixture
def desk(pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    sides = {"cloud-us": InProcess(pair.cloud), "selfhost": InProcess(pair.selfhost)}
    for module in (control, time):
        monkeypatch.setattr(module, "transports_of", lambda home: sides)
    (tmp_path / "selfhost").mkdir()
    write_json(tmp_path / "selfhost" / "desired.json", {"generation": 1, "state": "up"})
    return create_desk(tmp_path / "mails", tmp_path).test_client()


def _clocks(answer: Any) -> dict[str, dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return {each["app"]: each for each in answer.get_json()["data"]}


def test_all_stand_still_at_the_same_moment_and_go_on(desk: FlaskClient) -> None:
    _clocks(desk.post(CLOCK, json={"freeze": False}))
    frozen = _clocks(desk.post(CLOCK, json={"freeze": True}))
    assert {each["frozen"] for each in frozen.values()} == {True}
    assert _clocks(desk.get(CLOCK)) == frozen
    gone_on = _clocks(desk.post(CLOCK, json={"freeze": False}))
    assert {each["frozen"] for each in gone_on.values()} == {False}
    assert len({each["offsetSeconds"] for each in gone_on.values()}) == 1  # not a microsecond apart


def test_one_is_ahead_until_it_is_not(desk: FlaskClient) -> None:
    told = _clocks(desk.post(CLOCK, json={"app": "selfhost", "skewSeconds": -3600}))
    assert (told["cloud-us"]["skewSeconds"], round(told["selfhost"]["skewSeconds"])) == (0, -3600)
    apart = datetime.fromisoformat(told["cloud-us"]["now"]) - datetime.fromisoformat(told["selfhost"]["now"])
    assert abs(apart - timedelta(hours=1)) < LAG
    frozen = _clocks(desk.post(CLOCK, json={"freeze": True}))
    assert round(frozen["selfhost"]["skewSeconds"]) == -3600
    assert _clocks(desk.post(CLOCK, json={"app": "selfhost", "skewSeconds": 0}))["selfhost"]["skewSeconds"] == 0


@pytest.mark.parametrize(
    ("order", "status", "said"),
    [
        ({"app": "selfhost", "advanceSeconds": 60}, 409, "POST /_sim/advance"),
        ({"app": "selfhost", "now": "2099-01-01T00:00:00Z"}, 409, "skewSeconds"),
        ({"advanceSeconds": -60}, 409, "With force time goes back."),
        ({"now": "2020-01-01T00:00:00Z", "jump": True}, 409, "With force time goes back."),
        ({"advanceSeconds": 1e12}, 400, ""),
        ({"freeze": True, "reset": True, "skewSeconds": 1}, 400, "exactly one of"),
        ({"skewSeconds": 60}, 400, "A skew is that of one app."),
        ({"app": "selfhost", "skewSeconds": 1e300}, 400, "out of range"),
        ({"app": "selfhost", "skewSeconds": 1e12}, 400, "out of range"),
        ({"now": "0001-01-01T00:00:00+14:00", "jump": True, "force": True}, 400, "out of range"),
        ({"app": "cloud-us", "skewSeconds": 60}, 400, "has the time of the stack"),
        ({"app": "cloud-mars", "freeze": True}, 400, "There are: cloud-us, selfhost."),
        ({"skew": 60}, 400, "skew"),
    ],
)
def test_what_makes_no_sense_changes_nothing(desk: FlaskClient, order: dict[str, Any], status: int, said: str) -> None:
    before = desk.get(CLOCK).get_json()
    refused = desk.post(CLOCK, json=order)
    assert (refused.status_code, said in refused.get_json()["message"]) == (status, True), refused.text
    assert desk.get(CLOCK).get_json() == before


def test_all_move_forward_by_playing_time_and_back_by_force(desk: FlaskClient) -> None:
    """What becomes due on the way is done: the instance's daily runs are in its book afterwards."""
    before = _clocks(desk.get(CLOCK))
    later = datetime.fromisoformat(before["cloud-us"]["now"]) + timedelta(days=2)
    answer = desk.post(CLOCK, json={"now": later.isoformat(), "freeze": True})
    assert answer.get_json()["warning"] is None
    assert {(datetime.fromisoformat(each["now"]), each["frozen"]) for each in _clocks(answer).values()} == {
        (later, True)
    }
    ran = {each["name"]: each["lastRun"] for each in desk.get("/_sim/jobs").get_json()["data"]}
    assert ran["ValidateOrganizationsJob"]["finishedAt"] > before["selfhost"]["now"]
    back = desk.post(CLOCK, json={"advanceSeconds": -3600, "force": True})
    assert {datetime.fromisoformat(each["now"]) for each in _clocks(back).values()} == {later - timedelta(hours=1)}


def test_the_clock_of_an_app_of_a_stack_is_not_its_own(pair: Pair) -> None:
    """It says where time is moved for all; who means it jumps. An app that runs alone just moves."""
    app = pair.selfhost
    assert app.client.post(CLOCK, json={"advanceSeconds": 60}).status_code == 200
    desks.know(app)
    before = app.client.get(CLOCK).json()
    for change in ({"advanceSeconds": 60}, {"advanceSeconds": -60}, {"now": "2099-01-01T00:00:00Z", "freeze": True}):
        refused = app.client.post(CLOCK, json=change)
        assert refused.status_code == 409
        assert f"POST {desks.DESK}/_sim/advance" in refused.json()["message"]
        assert "skewSeconds" in refused.json()["message"]
    assert app.client.get(CLOCK).json() == before
    for own in ({"advanceSeconds": 60, "jump": True}, {"freeze": True}, {"freeze": False}, {"reset": True}):
        assert app.client.post(CLOCK, json=own).status_code == 200


def test_a_jump_and_the_way_back(desk: FlaskClient) -> None:
    before, jumped = _clocks(desk.get(CLOCK)), desk.post(CLOCK, json={"advanceSeconds": 86_400, "jump": True})
    assert "nothing was done" in jumped.get_json()["warning"]
    after = _clocks(jumped)
    for name, each in after.items():
        step = datetime.fromisoformat(each["now"]) - datetime.fromisoformat(before[name]["now"])
        assert abs(step - timedelta(days=1)) < LAG
    reset = _clocks(desk.post(CLOCK, json={"reset": True}))
    assert {(each["offsetSeconds"], each["frozen"]) for each in reset.values()} == {(0, False)}


@pytest.mark.parametrize("order", [{"skewSeconds": 60.0, "app": "selfhost"}, {"reset": True}])
def test_what_does_not_go_with_a_freeze_is_refused_and_nothing_moves(desk: FlaskClient, order: dict[str, Any]) -> None:
    _clocks(desk.post(CLOCK, json={"freeze": True}))
    before = _clocks(desk.get(CLOCK))
    refused = desk.post(CLOCK, json=order | {"freeze": True})
    assert refused.status_code == 400
    assert refused.get_json()["message"] == "freeze goes alone, with now or with advanceSeconds."
    assert _clocks(desk.get(CLOCK)) == before
