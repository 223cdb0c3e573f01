"""Where a server for tests lives: its ports, taken at once, and its folder, which is gone after it."""

import fcntl
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path

from common.cli.home import HOST, Home, Ports
from common.cli.stack import StackError

_PREFIX = "wardenloop-serve-"
_HELD = ".held"
_FIRST, _LAST, _STEP = 10_000, 30_000, 50


def taken_ports(base: int) -> tuple[Ports, Mapping[str, socket.socket]]:
    """A socket for each process, taken. base: 0 = any ports that are free. Raises StackError."""
    if base:
        return Ports(base), _bound(Ports(base))
    bases = range(_FIRST, _LAST, _STEP)
    start = os.getpid() * 7 % len(bases)
    for each in chain(bases[start:], bases[:start]):
        with suppress(StackError):
            return Ports(each), _bound(Ports(each))
    raise StackError(f"No free ports between {_FIRST} and {_LAST}; choose some with --port.")


def _bound(ports: Ports) -> Mapping[str, socket.socket]:
    if not ports.fits:
        raise StackError(f"--port {ports.base} is too high.")
    found: dict[str, socket.socket] = {}
    for process, port in ports.by_process.items():
        found[process] = socket.socket()
        found[process].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found[process].bind((HOST, port))
            found[process].listen()  # two that may use an address again meet here
        except OSError as error:
            for each in found.values():
                each.close()
            raise StackError(f"Port {port} ({process}) is already in use. Choose other ports with --port.") from error
    return found


@contextmanager
def folder(given: Path | None) -> Iterator[Home]:
    """The home that was given, or one that is removed at the end, with those of servers that were killed."""
    if given is not None:
        yield Home(given.resolve())
        return
    _sweep(Path(tempfile.gettempdir()))
    root = Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()
    descriptor = os.open(root / _HELD, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield Home(root / "home")
    finally:
        shutil.rmtree(root, ignore_errors=True)
        os.close(descriptor)


def _sweep(where: Path) -> None:
    """Remove what nobody holds any more."""
    for left in where.glob(f"{_PREFIX}*/{_HELD}"):
        with suppress(OSError):
            descriptor = os.open(left, os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left.parent, ignore_errors=True)
            finally:
                os.close(descriptor)
