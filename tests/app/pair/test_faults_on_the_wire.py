"""Faults as a client meets them on a real socket, http and https: nobody else waits, and clearing lets go."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from common.clock import SystemClock
from common.crypto.authority import renew_server_certificate
from common.crypto.server_files import ServerFiles
from common.server.app import gate_of
from common.server.front.server import Limits
from common.server.gate import rung
from tests.support.fronts import Address, expect_reset, serving
from tests.support.harness import ENC_STRING, Person, Side
from tests.support.waiting import until

THREADS = 2
CONFIG = "GET /api/config"


@pytest.fixture(scope="module", params=["http", "https"])
def files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ServerFiles | None:
    if request.param == "http":
        return None
    return renew_server_certificate(tmp_path_factory.mktemp("tls"), SystemClock().now())


@pytest.fixture
def served(cloud: Side, files: ServerFiles | None) -> Iterator[Address]:
    with serving(cloud.app, THREADS, Limits(look=0.05), files) as port:
        yield Address(port, files)


def add(cloud: Side, operation: str, do: dict[str, Any], **more: Any) -> None:
    assert cloud.client.post("/_sim/faults", json={"operation": operation, "do": do, **more}).status_code == 200


def ask(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()


def test_those_that_hang_keep_nobody_waiting_and_are_let_go(cloud: Side, served: Address) -> None:
    add(cloud, CONFIG, {"hang": True})
    with ExitStack() as stack:
        hanging = [stack.enter_context(served.socket()) for _ in range(4 * THREADS)]
        for connection in hanging:
            connection.sendall(ask("/api/config"))
        until(lambda: cloud.client.get("/_sim/faults").json()["data"][0]["hits"] == len(hanging))
        assert served.get("/api/alive").status == 200
        assert cloud.client.delete("/_sim/faults").json() == {"cleared": 1}
        for connection in hanging:
            expect_reset(connection)
    assert served.get("/api/config").status == 200


def test_who_wants_the_app_to_be_still_ends_what_hangs(cloud: Side, served: Address) -> None:
    add(cloud, CONFIG, {"hang": True})
    with served.socket() as connection:
        connection.sendall(ask("/api/config"))
        until(lambda: cloud.client.get("/_sim/faults").json()["data"][0]["hits"] == 1)
        with rung([gate_of(cloud.app).folder]):
            expect_reset(connection)
    assert cloud.client.get("/_sim/faults").json()["data"][0]["hits"] == 1


def test_reset_is_a_reset_before_and_after_the_work(cloud: Side, served: Address) -> None:
    alice = cloud.sign_up("alice@acme.example")
    for moment in ("before", "after"):
        add(cloud, "POST /api/folders", {"reset": moment}, times=1)
    for there in (0, 1):
        with served.socket() as connection:
            connection.sendall(post(alice, "/api/folders", {"name": ENC_STRING}))
            expect_reset(connection)
        assert len(alice.api.get("/api/folders").json()["data"]) == there


def post(person: Person, path: str, body: object) -> bytes:
    content = json.dumps(body)
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    token = f"Authorization: Bearer {person.token['access_token']}\r\n"
    return f"{head}{token}Content-Length: {len(content)}\r\n\r\n{content}".encode()


def test_cut_slow_and_late_answers(cloud: Side, served: Address) -> None:
    whole = len(cloud.client.get("/api/config").content)
    add(cloud, CONFIG, {"truncate": 100}, times=1)
    head, _, body = served.raw(ask("/api/config")).partition(b"\r\n\r\n")
    assert f"Content-Length: {whole}".encode() in head and len(body) == 100
    add(cloud, CONFIG, {"trickle": 4 * whole}, times=1)
    began = time.monotonic()
    assert len(served.get("/api/config").read()) == whole
    assert time.monotonic() - began > 0.2
    add(cloud, CONFIG, {"delaySeconds": 0.3}, times=1)
    began = time.monotonic()
    assert len(served.get("/api/config").read()) == whole
    assert time.monotonic() - began > 0.3


def test_refusal_has_its_length_and_keeps_the_connection(cloud: Side, served: Address) -> None:
    add(cloud, CONFIG, {"status": 429}, times=1)
    client = served.client()
    client.request("GET", "/api/config")
    refused = client.getresponse()
    assert (refused.status, refused.getheader("Retry-After")) == (429, "60")
    assert json.loads(refused.read())["object"] == "error"
    client.request("GET", "/api/config")
    assert client.getresponse().status == 200
