"""States of the inspector below a home: named, and bounded."""

import os
from pathlib import Path

from common.desk.inspector import states


def test_the_oldest_states_go(tmp_path: Path) -> None:
    for number in range(states.MOST):
        states.keep(tmp_path, f"state-{number}", {"n": number})
        os.utime(tmp_path / "inspector" / f"state-{number}.json", (number, number))
    states.keep(tmp_path, "newest", {"n": "new"})
    kept = states.names(tmp_path)
    assert (len(kept), kept[0], kept[-1]) == (states.MOST, "newest", "state-1")
    assert states.find(tmp_path, "newest") == {"n": "new"}


def test_one_that_is_thrown_away_meanwhile_stops_nobody(tmp_path: Path) -> None:
    states.keep(tmp_path, "there", {"n": 1})
    (tmp_path / "inspector" / "going.json").symlink_to("gone")  # listed, and not there any more
    assert states.names(tmp_path) == ["there", "going"]
