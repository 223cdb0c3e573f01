"""Apps are used again by later tests, which must not see anything of the earlier ones."""

from contextlib import closing
from datetime import timedelta

import pytest

from common.clock import ManualClock
from tests.support.harness import START, Side, Workshop, make_pair
from tests.support.scenarios import license_loop
from tests.support.shelf import Shelf

EMAIL = "owner@acme.example"


def _tables(side: Side) -> dict[str, int]:
    from sqlalchemy import func, select

    from common.server.database import tables_of
    from common.server.transaction import db

    with side.app.app_context():
        counts = {
            table.name: db.session.scalar(select(func.count()).select_from(table)) or 0
            for table in tables_of(side.app.name)
        }
    return {name: count for name, count in counts.items() if count}


@pytest.mark.parametrize("kind", ["cloud", "selfhost"])
def test_an_app_comes_back_as_if_it_was_new(shelf: Shelf, kind: str) -> None:
    with closing(Workshop(shelf, ManualClock(START))) as first:
        former: Side = getattr(first, kind)()
        former.sign_up(EMAIL).api.post("/api/folders", json={"name": "2.a==|b==|c=="})
        former.app.extensions["left behind"] = True
        (former.state / "left-behind").touch()
        former_parts = former.app.extensions["wardenloop"]
    later = ManualClock(START + timedelta(days=400))
    with closing(Workshop(shelf, later)) as second:
        side: Side = getattr(second, kind)()
        assert side.app is former.app
        assert _tables(side) == {}
        assert side.mails == []
        assert "left behind" not in side.app.extensions
        assert not (side.state / "left-behind").exists()
        parts = side.app.extensions["wardenloop"]
        assert parts.clock is later
        for name in ("mailer", "clock", "http"):
            assert getattr(parts, name, None) is not getattr(former_parts, name, parts)
        side.sign_up(EMAIL)


def test_two_apps_of_one_workshop_are_two(workshop: Workshop) -> None:
    """A restart, or a second process: another app on the same database."""
    first, second = workshop.cloud(), workshop.cloud()
    assert first.app is not second.app
    person = first.sign_up(EMAIL)
    person.side = second
    person.log_in()
    assert first.mails is not second.mails


def test_pairs_are_alike_and_apart(shelf: Shelf) -> None:
    for _ in range(3):
        with closing(Workshop(shelf, ManualClock(START))) as workshop:
            pair = make_pair(workshop)
            assert _tables(pair.cloud)["users"] == _tables(pair.selfhost)["users"] == 1
            assert "organizations" not in _tables(pair.cloud) | _tables(pair.selfhost)
            license_loop(pair)


def test_a_pair_keeps_to_the_time_of_its_workshop(shelf: Shelf) -> None:
    later = ManualClock(START + timedelta(days=30))
    with closing(Workshop(shelf, later)) as workshop:
        assert make_pair(workshop).owner.api.get("/api/accounts/profile").status_code == 200
