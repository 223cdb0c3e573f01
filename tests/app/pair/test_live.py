"""What a server tells by itself: its state, and again only when it has become another one."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from common.desk.app import create_desk
from common.desk.overview import routes as overview
from common.server import events
from common.server.front.server import Limits
from tests.support.fronts import serving
from tests.support.harness import Pair
from tests.support.waiting import PATIENCE

STREAM = "/_sim/events"


def states(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


@pytest.fixture
def follow(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Iterator[dict[str, Any]]]]:
    """The states that the cloud tells, over a real connection; one thread serves."""
    monkeypatch.setattr(events.follow, "__defaults__", (0.02,))
    open_streams: list[requests.Response] = []
    with serving(pair.cloud.app, 1, Limits(), None) as port:

        def begin() -> Iterator[dict[str, Any]]:
            answer = requests.get(f"http://127.0.0.1:{port}{STREAM}", stream=True, timeout=PATIENCE)
            open_streams.append(answer)
            return states(answer.iter_lines(chunk_size=1, decode_unicode=True))

        yield begin
        for each in open_streams:
            each.close()


def test_several_listeners_take_no_thread_and_hear_each_change(
    pair: Pair, follow: Callable[[], Iterator[dict[str, Any]]]
) -> None:
    listeners = [follow() for _ in range(3)]
    assert [next(each)["faults"] for each in listeners] == [0, 0, 0]
    fault = {"operation": "GET /api/config", "do": {"status": 503}}
    pair.cloud.client.post("/_sim/faults", json=fault).raise_for_status()
    assert [next(each)["faults"] for each in listeners] == [1, 1, 1]
    pair.cloud.client.post("/_sim/clock", json={"advanceSeconds": 86400}).raise_for_status()
    told = [next(each) for each in listeners]
    assert {round(each["offsetSeconds"] / 86400) for each in told} == {1}


def test_nothing_is_said_while_nothing_changes(pair: Pair) -> None:
    seen = list(events._pieces(lambda: {"a": 1}, json.dumps, goes_on=False))
    assert seen == [b'event: state\ndata: {"a":1}\n\n']
    still = events._pieces(lambda: {"a": 1}, json.dumps, goes_on=True)
    assert [next(still), next(still)] == [*seen, b": \n\n"]
    answer = pair.cloud.client.get(STREAM)  # under another server: the state, and the end
    assert answer.text.count("event: state") == 1


def test_all_who_follow_a_desk_share_a_look_at_the_apps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[Any] = []

    def look(app: Any) -> dict[str, Any]:
        looks.append(app)
        return {"apps": {}, "mails": 0}

    monkeypatch.setattr(overview, "_overview", look)
    desk = create_desk(tmp_path / "mail").test_client()
    for _ in range(5):
        assert desk.get(STREAM).text.startswith("event: state\n")
    assert len(looks) == 1


def test_a_look_that_hangs_holds_nobody_else() -> None:
    begun, goes_on, moment = threading.Event(), threading.Event(), [0.0]
    seen = iter((1, 2))

    def look() -> int:
        if moment[0]:
            begun.set()
            assert goes_on.wait(PATIENCE)
        return next(seen)

    shared = events.Shared(look, 2.0, lambda: moment[0])
    assert [shared(), shared()] == [1, 1]
    moment[0] = 2.0
    slow = threading.Thread(target=shared)
    slow.start()
    assert begun.wait(PATIENCE)
    assert shared() == 1
    goes_on.set()
    slow.join(PATIENCE)
    assert shared() == 2
