"""A trap on everything that leaves a process by Python: connections, datagrams, look-ups of names."""

import socket
from typing import Any

import pytest

from common.server.destinations import is_this_machine


class Trap:
    """seen: every host that was connected to or looked up, in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[str] = []
        for name in ("connect", "connect_ex", "sendto"):
            monkeypatch.setattr(socket.socket, name, self._watched(getattr(socket.socket, name), of_socket=True))
        for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr", "getfqdn", "getnameinfo"):
            monkeypatch.setattr(socket, name, self._watched(getattr(socket, name), of_socket=False))

    @property
    def outside(self) -> list[str]:
        """Those that are not this machine."""
        return [host for host in self.seen if not is_this_machine(host)]

    def _watched(self, real: Any, *, of_socket: bool) -> Any:
        def watched(*arguments: Any, **more: Any) -> Any:
            target = arguments[-1] if of_socket else (arguments or ("",))[0]
            if not (of_socket and arguments[0].family == getattr(socket, "AF_UNIX", None)):
                host = str(target[0] if isinstance(target, tuple) else target)
                self.seen.append(host)
                if not is_this_machine(host):
                    raise OSError(f"the trap: {host}")
            return real(*arguments, **more)

        return watched


@pytest.fixture
def trap(monkeypatch: pytest.MonkeyPatch) -> Trap:
    """Armed for one test; what leads outside fails at once."""
    return Trap(monkeypatch)
