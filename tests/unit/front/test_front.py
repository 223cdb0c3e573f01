"""The server in front of the apps, on real sockets, http and https: limits, slow clients, what a view may ask for."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace

import pytest
from flask import Flask, Response, request

from common.clock import SystemClock
from common.crypto.authority import renew_server_certificate
from common.crypto.server_files import ServerFiles
from common.server.front.connection import Connection
from common.server.front.exchange import Exchange, exchange_of
from common.server.front.server import Front, Limits
from tests.support.fronts import Address, expect_reset, serving
from tests.support.waiting import PATIENCE, until

THREADS = 2
LIMITS = Limits(body=1000, idle=60, head=1.0, grace=1.0, drained=0.3, look=0.05)
PATIENT = replace(LIMITS, idle=10 * PATIENCE, head=10 * PATIENCE, grace=10 * PATIENCE)
"""Gives nobody up as long as a test may take."""

LONG = 4 * 1024 * 1024
"""Bytes of an answer of which a client that does not read takes a few at most."""


def exchange() -> Exchange:
    """Of the present request."""
    found = exchange_of(request.environ)
    assert found is not None
    return found


class Views:
    """A small app. left: told when the client of an endless answer has gone. wanted: whether hanging goes on."""

    def __init__(self) -> None:
        self.left = threading.Event()
        self.hung = threading.Event()
        self.looked, self.seen = threading.Event(), threading.Event()
        self.wanted, self.hurried = True, False
        self.done: list[str] = []
        self.app = app = Flask(__name__)
        app.config["MAX_CONTENT_LENGTH"] = LIMITS.body
        for rule in (
            "alive",
            "echo",
            "late",
            "later",
            "slowest",
            "reset",
            "hang",
            "trickle",
            "cut",
            "events",
            "looking",
            "environ",
            "long",
            "strange",
        ):
            app.add_url_rule(f"/{rule}", rule, getattr(self, rule), methods=["GET", "POST"])

    def alive(self) -> str:
        return "ok"

    def echo(self) -> bytes:
        return request.get_data()

    def environ(self) -> dict[str, str]:
        return {name: value for name, value in request.environ.items() if isinstance(value, str)}

    def late(self) -> str:
        exchange().delay = 1.0
        return "late"

    def later(self) -> str:
        exchange().delay, exchange().hurried = 10 * PATIENCE, lambda: self.hurried
        self.hung.set()
        return "late"

    def slowest(self) -> str:
        exchange().rate, exchange().hurried = 1, lambda: self.hurried
        self.hung.set()
        return "x" * 150

    def reset(self) -> str:
        self.done.append(request.get_data(as_text=True))
        exchange().fate = "reset"
        return "lost"

    def hang(self) -> str:
        exchange().fate = "hang"
        exchange().hangs = lambda: self.wanted
        self.hung.set()
        return "never"

    def trickle(self) -> str:
        exchange().rate = 200
        return "x" * 150

    def long(self) -> bytes:
        self.done.append("long")
        return b"x" * LONG

    def strange(self) -> tuple[str, dict[str, str]]:
        return "never", {"X-Name": "\u540d"}

    def cut(self) -> str:
        exchange().cut = 3
        return "whole"

    def events(self) -> Response:
        exchange().pause = 0.05

        def tell() -> Iterator[str]:
            try:
                for number in range(1000):
                    yield f"data: {number}\n\n"
            finally:
                self.left.set()

        return Response(tell(), content_type="text/event-stream")

    def looking(self) -> Response:
        exchange().pause = 0.05

        def tell() -> Iterator[str]:
            try:
                yield "data: 0\n\n"
                self.looked.set()
                self.seen.wait(PATIENCE)
                yield "data: 1\n\n"
            finally:
                self.left.set()

        return Response(tell(), content_type="text/event-stream")


@dataclass
class Served(Address):
    """A front on a port."""

    views: Views

    def __init__(self, port: int, views: Views, files: ServerFiles | None) -> None:
        super().__init__(port, files)
        self.views = views


@pytest.fixture(scope="module", params=["http", "https"])
def files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ServerFiles | None:
    if request.param == "http":
        return None
    return renew_server_certificate(tmp_path_factory.mktemp("tls"), SystemClock().now())


@pytest.fixture
def limits() -> Limits:
    return LIMITS


@pytest.fixture
def served(files: ServerFiles | None, limits: Limits) -> Iterator[Served]:
    views = Views()
    with serving(views.app, THREADS, limits, files) as port:
        yield Served(port, views, files)


def post(body: bytes, *headers: str, path: str = "/echo") -> bytes:
    return "\r\n".join((f"POST {path} HTTP/1.1", "Host: x", *headers, "", "")).encode() + body


def parts(answered: bytes) -> list[bytes]:
    """Several answers on one connection."""
    return [b"HTTP/1.1 " + part for part in answered.split(b"HTTP/1.1 ")[1:]]


def status(answer: bytes) -> int:
    return int(answer.split()[1])


def test_a_connection_serves_one_request_after_the_other(served: Served) -> None:
    client = served.client()
    for number in range(3):
        client.request("POST", "/echo", body=f"body {number}".encode())
        answer = client.getresponse()
        assert (answer.status, answer.read()) == (200, f"body {number}".encode())
        assert (
            answer.getheader("Date") and answer.getheader("Server") is None and answer.getheader("Connection") is None
        )


def test_requests_sent_ahead_are_answered_in_order(served: Served) -> None:
    many = [post(str(number).encode(), "Content-Length: 2") for number in range(10, 40)]
    closing = post(b"40", "Content-Length: 2", "Connection: close")
    answered = served.raw(b"".join((*many, closing)))
    assert [part.partition(b"\r\n\r\n")[2] for part in answered.split(b"HTTP/1.1 200 OK")[1:]] == [
        str(number).encode() for number in range(10, 41)
    ]


def test_a_body_in_chunks_arrives_whole(served: Served) -> None:
    answered = served.raw(post(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "Transfer-Encoding: chunked", "Connection: close"))
    assert answered.endswith(b"\r\n\r\nabcde")


def test_whoever_asks_first_is_told_to_go_on(served: Served) -> None:
    with served.socket() as connection:
        connection.sendall(post(b"", "Content-Length: 2", "Expect: 100-continue"))
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"ok")
        assert connection.recv(1000).endswith(b"\r\n\r\nok")


def test_the_app_sees_what_other_servers_show(served: Served) -> None:
    client = served.client()
    client.request("GET", "/environ?a=%2F&b", headers={"X-One": "1", "Cookie": "a=b", "X_One": "2", "Accept": "*/*"})
    environ = __import__("json").loads(client.getresponse().read())
    wanted = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/environ",
        "QUERY_STRING": "a=%2F&b",
        "RAW_URI": "/environ?a=%2F&b",
        "HTTP_X_ONE": "1",
        "HTTP_HOST": f"127.0.0.1:{served.port}",
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_PORT": str(served.port),
        "wsgi.url_scheme": "https" if served.files else "http",
    }
    assert {name: environ.get(name) for name in wanted} == wanted


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (post(b"zz\r\nabc\r\n", "Transfer-Encoding: chunked"), 400),
        (post(b"abc", "Content-Length: 3", "Transfer-Encoding: chunked"), 400),
        (post(b"abc", "Content-Length: 3", "Content-Length: 4"), 400),
        (post(b"0\r\nX: " + b"a" * 900_000, "Transfer-Encoding: chunked"), 431),
        (post(b"2;" + b"a" * 900_000, "Transfer-Encoding: chunked"), 431),
        (b"GET /alive HTTP/2.0\r\nHost: x\r\n\r\n", 505),
        (b"CONNECT /alive HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET /strange HTTP/1.1\r\nHost: x\r\n\r\n", 500),
        (post(b"", "Content-Length: -1"), 400),
        (b"\x16\x03\x01\x02\x00\x01\x00", 400),
        (b"GET /alive HTTP/1.1\r\n\r\n", 400),
        (b"GET /alive HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET /alive HTTP/1.1\r\nHost: a\r\nNo colon\r\n\r\n", 400),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET /alive HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 50_000, 431),
        (b"GET /alive HTTP/1.1\r\n" + b"X: y\r\n" * 101 + b"\r\n", 431),
        (post(b"a" * 200, "Content-Length: 1001"), 413),
        (post(b"3e9\r\n" + b"a" * 1001, "Transfer-Encoding: chunked"), 413),
        (b"GET /alive HTTP/1.1\r\nHost: x\r\nX: y", 408),
        (post(b"a", "Content-Length: 900"), 408),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_no_app_should_see_is_refused_and_the_connection_ends(served: Served, sent: bytes, answered: int) -> None:
    assert status(served.raw(sent)) == answered


def test_what_comes_behind_the_last_request_takes_no_answer_away(served: Served) -> None:
    """Of a request that cannot be read behind two that can, and of what follows a farewell."""
    alive = b"GET /alive HTTP/1.1\r\nHost: x\r\n\r\n"
    assert [status(part) for part in parts(served.raw(alive + alive + b"junk\r\n\r\n"))] == [200, 200, 400]
    bye = b"GET /alive HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert [status(part) for part in parts(served.raw(bye + alive))] == [200]


def test_a_wish_for_another_protocol_is_passed_over(served: Served) -> None:
    wish = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAEAAEAA")
    asked = post(b"one", "Content-Length: 3", *wish) + post(
        b"3\r\ntwo\r\n0\r\n\r\n", "Transfer-Encoding: chunked", *wish
    )
    last = b"GET /alive HTTP/1.1\r\nHost: x\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\n\r\n"
    answered = parts(served.raw(asked + last))
    assert [(status(part), part.partition(b"\r\n\r\n")[2]) for part in answered] == [
        (200, b"one"),
        (200, b"two"),
        (200, b"ok"),
    ]


@pytest.mark.parametrize("limits", [replace(PATIENT, bodies=2000)], ids=["together"])
def test_half_sent_bodies_together_have_a_bound(served: Served) -> None:
    """The longest one goes, and whoever sends little is served."""
    with served.socket() as longest, served.socket() as shorter, served.socket() as third:
        longest.sendall(post(b"a" * 950, "Content-Length: 1000"))
        shorter.sendall(post(b"a" * 900, "Content-Length: 1000"))
        assert served.get("/alive").read() == b"ok"
        third.sendall(post(b"a" * 200, "Content-Length: 300"))
        assert status(longest.recv(1000)) == 503
        assert served.raw(post(b"little", "Content-Length: 6", "Connection: close")).endswith(b"\r\n\r\nlittle")
        for left, missing in ((shorter, 100), (third, 100)):
            left.sendall(b"a" * missing)
            assert status(left.recv(1000)) == 200


@pytest.mark.parametrize("files", ["https"], indirect=True)
@pytest.mark.parametrize("limits", [replace(PATIENT, handshake=0.2)], ids=["patient"])
def test_whoever_never_speaks_tls_is_sent_away(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), PATIENCE) as connection:
        connection.sendall(b"\x16\x03\x01")
        assert connection.recv(100) == b""


@pytest.mark.parametrize("limits", [replace(PATIENT, bodies=2000)], ids=["together"])
def test_answered_bodies_take_no_room(served: Served) -> None:
    with served.socket() as leaving:
        leaving.sendall(post(b"a" * 900, "Content-Length: 1000"))
        assert served.get("/alive").read() == b"ok"
    client = served.client()
    for _ in range(10):
        client.request("POST", "/echo", body=b"a" * 900)
        assert len(client.getresponse().read()) == 900


@pytest.mark.parametrize("limits", [PATIENT], ids=["patient"])
def test_whoever_reads_nothing_is_answered_no_further(served: Served) -> None:
    ahead = 20
    with served.socket() as connection:
        connection.sendall(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n" * ahead)
        until(lambda: served.views.done, "the first one is answered")
        for _ in range(30):
            assert served.get("/alive").read() == b"ok"
        assert len(served.views.done) < ahead / 2
        left = ahead * LONG
        while left > 0:
            left -= len(connection.recv(LONG))
        until(lambda: len(served.views.done) == ahead, "all are answered")


@pytest.mark.parametrize("limits", [PATIENT], ids=["patient"])
def test_slow_and_silent_clients_cost_no_thread(served: Served) -> None:
    with ExitStack() as stack:
        for sent in (b"", b"GET /al", b"GET /alive HTTP/1.1\r\nHost:", post(b"abc", "Content-Length: 900")):
            for _ in range(2 * THREADS):
                stack.enter_context(served.socket()).sendall(sent)
        assert served.get("/alive").read() == b"ok"


def test_answers_that_wait_cost_no_thread(served: Served) -> None:
    waiting = [served.client() for _ in range(40 * THREADS)]
    began = time.monotonic()
    for client in waiting:
        client.request("POST", "/late")
    assert [client.getresponse().read() for client in waiting] == [b"late"] * len(waiting)
    assert 1.0 <= time.monotonic() - began < 40.0, "one after the other in each thread, they take so long"


def test_a_reset_loses_the_answer_but_not_the_work(served: Served) -> None:
    with served.socket() as connection:
        connection.sendall(post(b"work", "Content-Length: 4", path="/reset"))
        expect_reset(connection)
    assert served.views.done == ["work"]


def test_hanging_costs_no_thread_and_ends_with_the_client(served: Served) -> None:
    with ExitStack() as stack:
        for _ in range(4 * THREADS):
            stack.enter_context(served.socket()).sendall(b"GET /hang HTTP/1.1\r\nHost: x\r\n\r\n")
        assert served.views.hung.wait(PATIENCE)
        assert served.get("/alive").read() == b"ok"
    assert served.get("/alive").read() == b"ok"


def test_hanging_ends_when_nobody_wants_it_any_more(served: Served) -> None:
    with served.socket() as connection:
        connection.sendall(b"GET /hang HTTP/1.1\r\nHost: x\r\n\r\n")
        assert served.views.hung.wait(PATIENCE)
        served.views.wanted = False
        expect_reset(connection)


@pytest.mark.parametrize(("path", "whole"), [("/later", b"late"), ("/slowest", b"x" * 150)])
def test_who_is_hurried_keeps_nobody_waiting(served: Served, path: str, whole: bytes) -> None:
    with served.socket() as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        assert served.views.hung.wait(PATIENCE)
        served.views.hurried = True
        assert b"".join(iter(lambda: connection.recv(4096), b"")).endswith(whole)


def test_a_trickle_comes_at_its_rate(served: Served) -> None:
    began = time.monotonic()
    assert served.get("/trickle").read() == b"x" * 150
    assert time.monotonic() - began > 150 / 200


def test_a_cut_answer_has_its_headers_and_too_little(served: Served) -> None:
    answered = served.raw(b"GET /cut HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"Content-Length: 5\r\n" in answered and answered.endswith(b"\r\n\r\nwho")


def test_events_come_as_they_happen_and_end_with_the_client(served: Served) -> None:
    streams = [served.get("/events") for _ in range(3 * THREADS)]
    for stream in streams:
        assert [stream.readline() for _ in range(3)] == [b"data: 0\n", b"\n", b"data: 1\n"]
    assert served.get("/alive").read() == b"ok"
    for stream in streams:
        stream.close()
    assert served.views.left.wait(PATIENCE)


@pytest.mark.parametrize("files", ["http"], indirect=True)
def test_a_client_may_leave_while_the_app_makes_a_piece(
    served: Served, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, lose = threading.Event(), Connection.connection_lost

    def losing(connection: Connection, error: Exception | None) -> None:
        lose(connection, error)
        lost.set()

    monkeypatch.setattr(Connection, "connection_lost", losing)
    stream = served.get("/looking")
    assert stream.readline() == b"data: 0\n"
    assert served.views.looked.wait(PATIENCE)
    stream.close()
    assert lost.wait(PATIENCE)
    assert served.get("/alive").read() == b"ok", "what follows a lost connection is begun by now"
    served.views.seen.set()
    assert served.views.left.wait(PATIENCE)
    assert [each for each in caplog.records if each.exc_info] == []


@pytest.mark.parametrize("files", ["http"], indirect=True)
def test_a_client_that_only_stops_sending_gets_its_answer(served: Served) -> None:
    """Over TLS there are no half-closed connections."""
    with served.socket() as connection:
        connection.sendall(b"GET /late HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1000).endswith(b"late")
    with served.socket() as connection:
        connection.sendall(b"GET /late HTTP/1.1\r\nHost: x\r\n\r\n" * 2)
        connection.shutdown(socket.SHUT_WR)
        answered = bytearray()
        while more := connection.recv(1000):
            answered += more
    assert [status(part) for part in parts(bytes(answered))] == [200, 200]


def test_those_who_write_leave_a_thread_to_those_who_read() -> None:
    begun, free = threading.Semaphore(0), threading.Event()

    def app(environ: dict[str, object], start: Callable[..., object]) -> list[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            begun.release()
            free.wait(PATIENCE)
        start("200 OK", [])
        return [b"ok"]

    async def serve() -> bytes:
        front, listening = Front(app, THREADS, LIMITS), socket.create_server(("127.0.0.1", 0))
        await front.start(listening)
        for _ in range(2 * THREADS):
            _, writer = await asyncio.open_connection(*listening.getsockname())
            writer.write(post(b"", "Content-Length: 0"))
        assert await asyncio.to_thread(begun.acquire, timeout=PATIENCE)
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        try:
            return await asyncio.wait_for(reader.read(), PATIENCE / 2)
        finally:
            free.set()
            await front.stop(PATIENCE)

    assert asyncio.run(serve()).endswith(b"\r\n\r\nok")
