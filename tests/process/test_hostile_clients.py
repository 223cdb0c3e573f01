"""Clients who want to stop a cloud or to reach its control from a web page: one cloud, real sockets, a browser."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import requests
from playwright.sync_api import Playwright

from tests.support.browser import launch_settings

PATIENCE = 60
WRONG_ANSWERS_AFTER = 45
"""Seconds: whoever is held up by the wrong passwords is so for longer than anybody waits here."""

MANY = 500
HALVES = (
    b"",
    b"GET /api/al",
    b"GET /api/alive HTTP/1.1\r\nHost: localhost\r\nX-Half: ",
    b"POST /identity/connect/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\ngrant_type=",
    b"POST /identity/connect/token HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ngrant",
)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a cloud that is served alone."""
    home = tmp_path_factory.mktemp("cloud")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "cloud_sim", "US", "api", "--home", str(home), "--port", str(port)]
    command += ["--other-port", "1", "--desk-port", "1", "--smtp-port", "1"]
    settings = {"WARDENLOOP_SECRET_DELAY": str(WRONG_ANSWERS_AFTER)}
    with subprocess.Popen(command, env=os.environ | settings) as process:
        try:
            end = time.monotonic() + 2 * PATIENCE
            while process.poll() is None and not _is_served(port):
                assert time.monotonic() < end, "the cloud did not start"
                time.sleep(0.1)
            yield port
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _is_served(port: int) -> bool:
    with socket.socket() as candidate:
        return candidate.connect_ex(("127.0.0.1", port)) == 0


def seconds_of_others(port: int) -> float:
    """What somebody else waits for an answer."""
    began = time.monotonic()
    assert requests.get(f"http://127.0.0.1:{port}/api/alive", timeout=PATIENCE).ok
    return time.monotonic() - began


def seconds_beside_halves(port: int) -> float:
    """The same beside many requests of which the rest never comes."""
    with ExitStack() as stack:
        for number in range(MANY):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port), PATIENCE))
            client.sendall(HALVES[number % len(HALVES)])
        return seconds_of_others(port)


def test_half_sent_requests_stop_nobody(cloud: int) -> None:
    """Bodies are given up after 5 seconds, heads after 30: so many, each in a thread, would be half a minute each time.
    A machine with much else to do may take as long, but not every time."""
    assert any(seconds_beside_halves(cloud) < 20 for _ in range(3))


def test_wrong_passwords_stop_nobody(cloud: int) -> None:
    form = b"grant_type=password&client_id=cli&scope=api+offline_access&username=a%40test.example&password=wrong"
    form += b"&deviceType=8&deviceIdentifier=d&deviceName=n"
    head = b"POST /identity/connect/token HTTP/1.1\r\nHost: localhost\r\n"
    head += b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n" % len(form)
    with ExitStack() as stack:
        waiting = [stack.enter_context(socket.create_connection(("127.0.0.1", cloud), PATIENCE)) for _ in range(64)]
        for client in waiting:
            client.sendall(head + form)
        assert seconds_of_others(cloud) < WRONG_ANSWERS_AFTER / 2
        answered = requests.post(
            f"http://127.0.0.1:{cloud}/identity/connect/token", data={"grant_type": "x"}, timeout=PATIENCE
        )
        assert answered.status_code == 400
        waiting[0].settimeout(0.1)
        with pytest.raises(TimeoutError):
            waiting[0].recv(1)  # still waits, so all of this was meanwhile


def test_a_web_page_that_points_its_name_here_controls_nothing(cloud: int, playwright: Playwright) -> None:
    settings = launch_settings()
    rules = "--host-resolver-rules=MAP rebound.example 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    arguments = [argument for argument in settings["args"] if not argument.startswith("--host-resolver-rules")]
    browser = playwright.chromium.launch(**settings | {"args": [*arguments, rules]})
    try:
        page = browser.new_page()
        wire = page.goto(f"http://rebound.example:{cloud}/api/version")
        assert wire is not None and wire.status == 200, "the page is there, and of the same origin as what it asks for"
        asked = "async ([path, method]) => (await fetch(path, {method, body: method == 'GET' ? null : '{}'})).status"
        for path, method in (("/_sim/clock", "GET"), ("/_sim/clock", "POST"), ("/login", "GET")):
            assert page.evaluate(asked, [path, method]) == 403
        page.goto(f"http://127.0.0.1:{cloud}/api/version")
        assert page.evaluate(asked, ["/_sim/clock", "GET"]) == 200
    finally:
        browser.close()
