"""A world in place of another: one at a time, and what was there comes back where it fails."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from common.cli import snapshots
from common.cli.home import Home
from common.cli.main import main
from common.cli.stack import StackError
from common.desk.app import create_desk
from common.sim.snapshots import descriptions, rules, service, turns
from common.sim.snapshots.folders import Layout


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What was done to which snapshot; nothing is, really."""
    found: list[tuple[str, str]] = []
    for what in ("save", "load", "remove"):
        monkeypatch.setattr(
            service, what, lambda _layout, name, *_tools, what=what: found.append((what, name)), raising=True
        )
    monkeypatch.setattr(descriptions, "find", lambda *_: None)
    monkeypatch.setattr(descriptions, "shown", lambda _layout: [])
    return found


BEGUN = [("save", "mine"), ("save", rules.BACK), ("load", rules.BLANK)]


def test_the_second_one_is_told_and_takes_nothing_away(tmp_path: Path, done: list[tuple[str, str]]) -> None:
    with snapshots.another_world(Home(tmp_path), "mine") as kept:
        assert (kept, done) == ("mine", BEGUN)
        with pytest.raises(StackError, match="being built"), snapshots.another_world(Home(tmp_path), "mine"):
            pytest.fail("two at once")
        assert done == BEGUN
    assert done == [*BEGUN, ("remove", rules.BACK)]


def test_what_was_there_comes_back_and_the_next_one_may_begin(tmp_path: Path, done: list[tuple[str, str]]) -> None:
    for _ in range(2):
        done.clear()
        with pytest.raises(KeyboardInterrupt), snapshots.another_world(Home(tmp_path), "mine"):
            raise KeyboardInterrupt
        assert done == [*BEGUN, ("load", rules.BACK), ("remove", rules.BACK)]


def test_what_a_killed_command_has_left_half_built_is_put_away_first(
    tmp_path: Path, done: list[tuple[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    home = Home(tmp_path)
    (tmp_path / "snapshots").mkdir()
    (tmp_path / "snapshots" / f"{rules.BACK}.json").touch()
    snapshots.tell_half_built(home)
    assert f"wardenloop snapshot load {rules.BACK}" in capsys.readouterr().err
    with snapshots.another_world(home, "mine"):
        snapshots.tell_half_built(home)  # it is being built: nothing was left
        assert done == [("load", rules.BACK), ("remove", rules.BACK), *BEGUN]
    assert "comes back first" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["reset"], ["snapshot", "load", "x"], ["snapshot", "load", rules.BACK]])
def test_nobody_brings_a_world_back_where_another_one_is_being_built(
    tmp_path: Path, done: list[tuple[str, str]], words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path)
    monkeypatch.setattr(snapshots, "_require_stack", lambda _home: None)  # one that is stopped
    with snapshots.another_world(home, "mine"):
        refused = CliRunner().invoke(main, ["--home", str(tmp_path), *words])
        assert (refused.exit_code, "A world is being built here" in refused.output) == (1, True), refused.output
        assert done == BEGUN
    done.clear()
    snapshots._load(home, rules.BACK)
    assert done == [("load", rules.BACK), ("remove", rules.BACK)]


def test_another_world_ends_the_half_built_one(tmp_path: Path, done: list[tuple[str, str]]) -> None:
    """The next one that is built would else bring back, in place of this one, what was there before the killed one."""
    (tmp_path / "snapshots").mkdir()
    (tmp_path / "snapshots" / f"{rules.BACK}.json").touch()
    snapshots._load(Home(tmp_path), rules.SEED)
    assert done == [("load", rules.SEED), ("remove", rules.BACK)]
    assert tmp_path / "snapshots" / f"{rules.BACK}.json" in Home(tmp_path).owned()  # and so does `up --fresh`


def test_a_fresh_start_waits_for_a_world_that_is_being_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.cli.stack.is_running", lambda _home: True)
    with turns.building(Layout(tmp_path, {})):
        refused = CliRunner().invoke(main, ["--home", str(tmp_path), "up", "--fresh", "--yes"])
    assert (refused.exit_code, "Another world is being built here" in refused.output) == (1, True), refused.output


def test_the_desk_refuses_it_too(tmp_path: Path) -> None:
    desk = create_desk(tmp_path / "mails", tmp_path).test_client()
    with turns.building(Layout(tmp_path, {})):
        answers = [desk.post("/_sim/reset"), desk.post("/_sim/snapshots/x"), desk.put("/_sim/snapshots/x")]
    assert [each.status_code for each in answers] == [409] * 3
    assert {each.get_json()["message"] for each in answers} == {rules.building().message}
    assert desk.post("/_sim/snapshots/x").status_code == 404
