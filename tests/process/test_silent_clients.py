"""Connections on which nobody says anything keep nobody waiting, on the server that serves every app."""

import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path

import pytest

from common.clock import SystemClock
from common.crypto.authority import renew_server_certificate
from common.crypto.server_files import ServerFiles
from common.server import serving
from tests.support.ports import free_port
from tests.support.waiting import PATIENCE

SILENT = 8 * serving.threads


@pytest.fixture(params=["http", "https"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> ServerFiles | None:
    """Of an https server."""
    return renew_server_certificate(tmp_path / "tls", SystemClock().now()) if request.param == "https" else None


@pytest.fixture
def port(files: ServerFiles | None, tmp_path: Path) -> Iterator[int]:
    """Of a running desk."""
    ports = free_port(), free_port()
    command = [sys.executable, "-m", "common.desk", "--directory", str(tmp_path / "mails")]
    command += ["--http-port", str(ports[0]), "--smtp-port", str(ports[1])]
    if files is not None:
        command += ["--certfile", str(files.certificate), "--keyfile", str(files.key)]
    with subprocess.Popen(command) as process:
        try:
            wait_for(ports[0], process)
            yield ports[0]
        finally:
            process.terminate()
            begin = time.monotonic()
            process.wait(PATIENCE)
            assert time.monotonic() - begin < PATIENCE / 4, "silent connections delay the end"


def wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        with socket.socket() as candidate:
            if candidate.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("the desk did not start")


def test_silent_connections_occupy_no_thread(port: int, files: ServerFiles | None) -> None:
    tls = ssl.create_default_context(cafile=str(files.ca)) if files else None
    with ExitStack() as stack:
        for _ in range(SILENT):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), PATIENCE))
            if tls is not None:
                stack.enter_context(tls.wrap_socket(connection, server_hostname="127.0.0.1"))
        client = HTTPSConnection("127.0.0.1", port, context=tls) if tls else HTTPConnection("127.0.0.1", port)
        client.timeout = PATIENCE
        begin = time.monotonic()
        assert is_alive(client)
        assert time.monotonic() - begin < PATIENCE / 3
        time.sleep(3)
        assert is_alive(client), "an idle connection is kept for longer than that"


def is_alive(client: HTTPConnection) -> bool:
    """Asks on the connection that it has, which must still be open."""
    client.request("GET", "/mailbox/alive")
    return client.getresponse().read() == b'"ok"\n'
