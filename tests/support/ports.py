"""Ports to listen at, below the ones that the system gives to connections: nobody takes one before it is used."""

import fcntl
import os
import socket
import tempfile
from collections.abc import Iterator
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import TextIO

_BLOCKS = 24
_EACH, _FIRST = 400, 16_000
_EACH_FOR_STACKS, _FIRST_FOR_STACKS = 240, 26_000
_held: list[TextIO] = []


@cache
def _block() -> int:
    """A number that no other process has while this one lives: a worker of this run, or of another one beside it."""
    folder = Path(tempfile.gettempdir()) / f"wardenloop-test-ports-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    for number in range(_BLOCKS):
        file = (folder / str(number)).open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
        else:
            _held.append(file)
            return number
    raise AssertionError(f"more than {_BLOCKS} processes run tests that need ports")


@cache
def _own() -> Iterator[int]:
    first = _FIRST + _EACH * _block()
    return cycle(range(first, first + _EACH))


def ports_for_stacks() -> range:
    """This process's own, for stacks."""
    first = _FIRST_FOR_STACKS + _EACH_FOR_STACKS * _block()
    return range(first, first + _EACH_FOR_STACKS)


def free_port() -> int:
    """A port of the loopback interface that nobody listens at, another one each time."""
    for port in _own():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("unreachable: the ports are an endless cycle")
