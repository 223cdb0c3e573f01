"""Ports to listen at."""

import os
import socket
from collections.abc import Iterator
from itertools import cycle

_EACH = 500


def _own() -> Iterator[int]:
    """This worker's own, below the ones that the system gives to connections: nobody takes one before it is used."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = 16_000 + _EACH * worker
    return cycle(range(first, first + _EACH))


_OWN = _own()


def free_port() -> int:
    """A port of the loopback interface that nobody listens at, another one each time."""
    for port in _OWN:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("unreachable: the ports are an endless cycle")
