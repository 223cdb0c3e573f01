"""A client that stops in the middle of its request body, on a real socket."""

import socket
import threading
from collections.abc import Iterator

import pytest
from werkzeug.serving import make_server

from tests.support.harness import Side


@pytest.fixture
def address(cloud: Side) -> Iterator[tuple[str, int]]:
    server = make_server("127.0.0.1", 0, cloud.app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield "127.0.0.1", server.server_port
    server.shutdown()


def test_a_stalled_upload_keeps_nobody_waiting(cloud: Side, address: tuple[str, int]) -> None:
    owner = cloud.sign_up("owner@acme.example")
    head = (
        "POST /api/accounts/verify-password HTTP/1.1\r\nHost: cloud\r\nContent-Length: 400\r\n"
        f"Authorization: Bearer {owner.token['access_token']}\r\n\r\n"
    )
    with socket.create_connection(address) as stalled:
        stalled.sendall(head.encode() + b"{")
        stalled.settimeout(0.5)
        with pytest.raises(TimeoutError):
            stalled.recv(1)  # the server is waiting for the rest by now
        assert owner.api.put("/api/accounts/profile", json={"name": "Olivia"}).json()["name"] == "Olivia"
