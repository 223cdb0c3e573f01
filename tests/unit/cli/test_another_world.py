"""A world in place of another: one at a time, and what was there comes back where it fails."""

from pathlib import Path

import pytest

from common.cli import snapshots
from common.cli.home import Home
from common.cli.stack import StackError
from common.sim.snapshots import descriptions, rules, service


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
