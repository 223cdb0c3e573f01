"""The gate of an app: closed while a picture is taken, so that what comes meanwhile waits and nothing is lost."""

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import pytest
from flask import Flask

from common.server.front.server import Front
from common.server.gate import Gate, StillBusy, closed, rung, wait_inside
from tests.support.waiting import PATIENCE, until

THREADS, CLIENTS = 2, 12


class Slow:
    """A view that works until it is told to end. entered: how many did."""

    def __init__(self) -> None:
        self.entered: list[str] = []
        self.end = threading.Event()
        self.app = Flask(__name__)
        self.app.add_url_rule("/<name>", view_func=self.work)

    def work(self, name: str) -> str:
        self.entered.append(name)
        assert name != "slow" or self.end.wait(PATIENCE)
        return name


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def port(slow: Slow, tmp_path: Path) -> Iterator[int]:
    listening = socket.create_server(("127.0.0.1", 0))
    ready, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        front = Front(slow.app, THREADS, gate=Gate(tmp_path))
        await front.start(listening)
        ready.set()
        while not stop.is_set():
            await asyncio.sleep(0.01)
        await front.stop(1.0)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(PATIENCE)
    yield listening.getsockname()[1]
    stop.set()
    thread.join(PATIENCE)


def get(port: int, name: str) -> str:
    client = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    client.request("GET", f"/{name}")
    return client.getresponse().read().decode()


def test_requests_wait_at_a_closed_gate_and_are_answered_when_it_opens(slow: Slow, port: int, tmp_path: Path) -> None:
    with ThreadPoolExecutor(CLIENTS) as pool:
        with closed(tmp_path, PATIENCE):
            answers = [pool.submit(get, port, f"n{number}") for number in range(CLIENTS)]
            with pytest.raises(TimeoutError):
                answers[0].result(0.3)
            assert slow.entered == []
        assert [each.result(PATIENCE) for each in answers] == [f"n{number}" for number in range(CLIENTS)]
    assert sorted(slow.entered) == sorted(f"n{number}" for number in range(CLIENTS))


def test_who_is_inside_is_waited_for(slow: Slow, port: int, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(get, port, "slow")
        until(lambda: slow.entered)
        with pytest.raises(StillBusy), closed(tmp_path, 0.05):
            pytest.fail("somebody is inside")
        assert not answer.done()
        slow.end.set()
        with closed(tmp_path, PATIENCE):
            assert answer.result(PATIENCE) == "slow"


def test_a_gate_that_was_given_up_lets_in_again(slow: Slow, port: int, tmp_path: Path) -> None:
    slow.end.set()
    with ThreadPoolExecutor(1) as pool:
        slow.end.clear()
        busy = pool.submit(get, port, "slow")
        until(lambda: slow.entered)
        with pytest.raises(StillBusy), closed(tmp_path, 0.0):
            pytest.fail("somebody is inside")
        assert get(port, "another") == "another"
        slow.end.set()
        assert busy.result(PATIENCE) == "slow"


def test_a_state_that_is_being_replaced_lets_nobody_in_even_when_who_did_it_is_killed(tmp_path: Path) -> None:
    gate, renewed = Gate(tmp_path), []
    gate.renew = lambda: renewed.append(gate.generation)
    assert gate.enter()
    gate.leave()
    assert renewed == []
    child = os.fork()
    if not child:
        with closed(tmp_path, PATIENCE) as held:
            held.begin_replacing()
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert not gate.enter()
    with closed(tmp_path, PATIENCE) as held:
        assert held.is_replacing
        held.end_replacing()
    assert gate.enter() and gate.enter()
    assert renewed == [2]


def test_who_only_waits_for_what_does_not_come_leaves_when_somebody_rings(tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    assert gate.enter() and not gate.is_rung
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(wait_inside, tmp_path, 10 * PATIENCE)
        waiting.add_done_callback(lambda _: gate.leave())
        with rung([tmp_path]):
            assert gate.is_rung
            with closed(tmp_path, PATIENCE):
                assert waiting.done()
    assert not gate.is_rung
