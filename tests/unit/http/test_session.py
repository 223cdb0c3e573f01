"""The outgoing session over a real socket: what is on the wire, the timeout, no retry."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from common.server.destinations import Destinations
from common.server.http.session import chunked_json, create_session
from tests.support.waiting import PATIENCE, until

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


@contextmanager
def raw_server(reply: Callable[[bytes], bytes | None]) -> Iterator[tuple[str, list[bytes]]]:
    """Answers each connection by `reply(request bytes)`; None keeps it open in silence."""
    requests_seen: list[bytes] = []
    held: list[socket.socket] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            request = read_request(connection)
            requests_seen.append(request)
            answer = reply(request)
            if answer is None:
                held.append(connection)
            else:
                connection.sendall(answer)
                connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/", requests_seen
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(PATIENCE)
        for connection in held:
            connection.close()


def read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data or (b"chunked" in data and not data.endswith(b"0\r\n\r\n")):
        piece = connection.recv(65536)
        if not piece:
            break
        data += piece
    return data


def test_only_the_given_headers_go_out_and_a_get_can_carry_a_chunked_body() -> None:
    session = create_session(5, headers={"Accept": "application/json"})
    with raw_server(lambda request: ANSWER) as (url, seen):
        session.get(
            f"{url}licenses/organization/1",
            data=chunked_json({"name": "Müller & 公司", "none": None}),
            headers={"Content-Type": "application/json; charset=utf-8", "Authorization": "Bearer t"},
        )
    head, _, body = seen[0].partition(b"\r\n\r\n")
    line, *headers = head.decode().split("\r\n")
    assert line == "GET /licenses/organization/1 HTTP/1.1"
    assert {header.split(": ")[0] for header in headers} == {
        "Host",
        "Accept",
        "Content-Type",
        "Authorization",
        "Transfer-Encoding",
    }
    sent = '{"name":"Müller & 公司","none":null}'.encode()
    assert body == f"{len(sent):x}\r\n".encode() + sent + b"\r\n0\r\n\r\n"


def test_chunks_join_to_the_whole_body() -> None:
    rows = [{"id": number, "name": "家庭版"} for number in range(2000)]
    chunks = list(chunked_json(rows))
    assert len(chunks) > 1
    assert all(chunks)
    assert json.loads(b"".join(chunks)) == rows


def test_silent_peer_ends_in_a_timeout_after_one_attempt() -> None:
    with raw_server(lambda request: None) as (url, seen):
        with pytest.raises(requests.ReadTimeout):
            create_session(0.2).get(url)
        until(lambda: seen)
        assert len(seen) == 1


def test_a_call_may_bring_its_own_timeout() -> None:
    with raw_server(lambda request: None) as (url, _), pytest.raises(requests.ReadTimeout):
        create_session(60).get(url, timeout=0.1)


def test_broken_answer_is_not_asked_for_again() -> None:
    with raw_server(lambda request: b"") as (url, seen):
        with pytest.raises(requests.ConnectionError):
            create_session(PATIENCE).get(url)
        assert len(seen) == 1


def test_environment_does_not_divert_or_authorize_calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login user password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with raw_server(lambda request: ANSWER) as (url, seen):
        assert create_session(PATIENCE).get(url, headers={"Authorization": "Bearer t"}).text == "ok"
    assert b"Authorization: Bearer t\r\n" in seen[0]


def test_environment_counts_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with raw_server(lambda request: ANSWER) as (proxy, seen):
        monkeypatch.setenv("http_proxy", proxy)
        session = create_session(5, destinations=Destinations.to("http://cloud.invalid"), trust_env=True)
        assert session.get("http://cloud.invalid/x").text == "ok"
    assert seen[0].startswith(b"GET http://cloud.invalid/x HTTP/1.1\r\n")
