"""An app behind the real front, in this process, on a real socket, with TLS or without."""

import asyncio
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection

import pytest

from common.crypto.server_files import ServerFiles
from common.server.front.server import Front, Limits, WsgiApp, server_context
from tests.support.waiting import PATIENCE


@dataclass
class Address:
    """Where it listens. files: of its certificate, None = it speaks plain http."""

    port: int
    files: ServerFiles | None

    def socket(self) -> socket.socket:
        """A new connection, with TLS where it is spoken."""
        plain = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        if self.files is None:
            return plain
        trusting = ssl.create_default_context(cafile=str(self.files.ca))
        return trusting.wrap_socket(plain, server_hostname="127.0.0.1")

    def client(self) -> HTTPConnection:
        """The same for whole requests."""
        if self.files is None:
            return HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        trusting = ssl.create_default_context(cafile=str(self.files.ca))
        return HTTPSConnection("127.0.0.1", self.port, timeout=PATIENCE, context=trusting)

    def get(self, path: str) -> HTTPResponse:
        """The answer to a request on a connection of its own."""
        client = self.client()
        client.request("GET", path)
        return client.getresponse()

    def raw(self, sent: bytes) -> bytes:
        """All that is answered until the connection ends."""
        with self.socket() as connection:
            connection.sendall(sent)
            answered = bytearray()
            while more := connection.recv(65536):
                answered += more
            return bytes(answered)


@contextmanager
def serving(app: WsgiApp, threads: int, limits: Limits, files: ServerFiles | None) -> Iterator[int]:
    """Serve the app while the block lasts; the port."""
    listening = socket.create_server(("127.0.0.1", 0))
    ready, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        front = Front(app, threads, limits)
        await front.start(listening, server_context(files.certificate, files.key) if files else None)
        ready.set()
        while not stop.is_set():
            await asyncio.sleep(0.01)
        await front.stop(1.0)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield listening.getsockname()[1]
    finally:
        stop.set()
        thread.join(PATIENCE)
    assert not thread.is_alive()


def expect_reset(connection: socket.socket) -> None:
    """The end comes as a reset of TCP; Python's TLS would tell it as a mere end."""
    with socket.socket(fileno=os.dup(connection.fileno())) as below, pytest.raises(ConnectionResetError):
        below.settimeout(PATIENCE)
        while below.recv(65536):
            continue
        pytest.fail("it was closed")
