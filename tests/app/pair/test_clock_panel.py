"""The clock in the bar and the panel behind it: `/simulation` of an app, which asks the desk of its stack."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from common.desk import control
from common.desk.app import create_desk
from common.desk.time import routes
from common.files import write_json
from common.server.front.server import Limits
from common.sim.timeline.entries import Kind
from common.ui.simulation.rules import KINDS
from tests.support.fronts import serving
from tests.support.harness import Pair, Side
from tests.support.playing import InProcess, let_time_run, now_of
from tests.support.scenarios import license_loop
from tests.support.visitor import Visitor

PANEL = "/simulation"


@pytest.fixture
def organization(pair: Pair) -> str:
    made = license_loop(pair)
    let_time_run(pair)
    return made


@pytest.fixture
def desk(pair: Pair, organization: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Address of the desk of a stack that consists of the pair; both apps know it."""
    apps = {"cloud-us": InProcess(pair.cloud), "selfhost": InProcess(pair.selfhost)}
    (tmp_path / "selfhost").mkdir()
    write_json(tmp_path / "selfhost" / "desired.json", {"generation": 1, "state": "up"})
    monkeypatch.setattr(routes, "transports_of", lambda home: apps)
    monkeypatch.setattr(control, "transports_of", lambda home: apps)
    with serving(create_desk(tmp_path / "mails", tmp_path), 4, Limits(), None) as port:
        url = f"http://127.0.0.1:{port}"
        for side in (pair.cloud, pair.selfhost):
            _know(side, f"{url}/mailbox")
        yield url


def _know(side: Side, mailbox_url: str) -> None:
    parts = side.app.extensions["wardenloop"]
    settings = replace(parts.settings, mailbox_url=mailbox_url)
    side.app.extensions["wardenloop"] = replace(parts, settings=settings)


@pytest.mark.parametrize("name", ["cloud", "selfhost"])
def test_a_step_is_looked_at_before_it_is_taken(pair: Pair, desk: str, name: str) -> None:
    side: Side = getattr(pair, name)
    before = now_of(side)
    browser = Visitor(side)
    ahead = browser.submit(PANEL, {"step": "until:renewal"})
    assert ahead.status_code == 200
    assert 'data-kind="renewal"' in ahead.text
    assert "Advance time" in ahead.text
    assert now_of(side) == before
    happened = browser.submit(PANEL, {"step": "until:renewal", "go": "true"})
    assert 'data-kind="renewal"' in happened.text
    assert "Advance time" not in happened.text
    assert now_of(pair.cloud) == now_of(pair.selfhost)
    assert now_of(side) - before > timedelta(days=300)


def test_the_bar_tells_the_time_and_how_far_it_is_from_real_time(pair: Pair, desk: str) -> None:
    browser = Visitor(pair.cloud)
    browser.submit(PANEL, {"step": "by:7d", "go": "true"})
    now = now_of(pair.cloud)
    days = round((now - datetime.now(now.tzinfo)) / timedelta(days=1))
    page = browser.get("/login").text
    assert f"{now:%Y-%m-%d %H:%M} UTC ({days:+d} d)" in page
    assert f'href="{PANEL}"' in page
    assert f'href="{desk}"' in page


def test_back_to_real_time(pair: Pair, desk: str) -> None:
    browser = Visitor(pair.cloud)
    browser.submit(PANEL, {"step": "by:7d", "go": "true"})
    assert "real time again" in browser.submit(PANEL, {"step": "real"}).text
    for side in (pair.cloud, pair.selfhost):
        assert abs(now_of(side) - datetime.now(UTC)) < timedelta(minutes=5)


def test_nobody_is_logged_out(pair: Pair, desk: str) -> None:
    person = pair.cloud.sign_up("moves.time@acme.example")
    browser = Visitor(pair.cloud).log_in(person)
    browser.submit(PANEL, {"step": "until:grace-end", "go": "true"})
    assert browser.get("/vault").status_code == 200


@pytest.mark.parametrize("form", [{"step": "to", "day": "2026-13-01"}, {"step": "to", "day": ""}, {"step": "by:99y"}])
def test_a_step_that_nobody_offers_moves_nothing(pair: Pair, desk: str, form: dict[str, str]) -> None:
    before = now_of(pair.cloud)
    answer = Visitor(pair.cloud).submit(PANEL, form | {"go": "true"})
    assert "Choose a step, or a day of the calendar." in answer.text
    assert now_of(pair.cloud) == before


def test_what_the_desk_refuses_is_told_in_its_words(pair: Pair, desk: str) -> None:
    answer = Visitor(pair.cloud).submit(PANEL, {"step": "to", "day": "2001-01-01"})
    assert "already" in answer.text
    assert 'data-testid="x.simProblem"' in answer.text


def test_a_desk_that_is_not_there_is_told(pair: Pair, organization: str) -> None:
    _know(pair.cloud, "http://127.0.0.1:1/mailbox")
    assert "does not answer" in Visitor(pair.cloud).submit(PANEL, {"step": "by:1d"}).text


def test_an_app_without_a_desk_says_so(pair: Pair) -> None:
    browser = Visitor(pair.cloud)
    assert "runs by itself" in browser.get(PANEL).text
    assert f'href="{PANEL}"' not in browser.get("/login").text


def test_only_this_machine_moves_time(pair: Pair, desk: str) -> None:
    client = pair.cloud.app.test_client()
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    assert client.get(PANEL, environ_overrides=elsewhere).status_code == 403
    assert f'href="{PANEL}"' not in client.get("/login", environ_overrides=elsewhere).text


def test_a_form_of_another_site_moves_nothing(pair: Pair, desk: str) -> None:
    before = now_of(pair.cloud)
    answer = pair.cloud.app.test_client().post(PANEL, data={"step": "by:1d", "go": "true"})
    assert answer.status_code == 400
    assert now_of(pair.cloud) == before


def test_everything_that_time_brings_has_words() -> None:
    assert set(KINDS) == set(Kind)


def test_an_app_tells_who_is_signed_in_of_their_mails_alone(pair: Pair, desk: str) -> None:
    browser = Visitor(pair.cloud)
    assert browser.get(f"{PANEL}/mails").status_code == 303
    told = browser.log_in(pair.cloud_owner).get(f"{PANEL}/mails").json
    assert told == {"unread": 0, "newest": None}
