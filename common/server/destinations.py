"""Where a process may connect to: this machine and what the stack itself declares, whatever settings say.

The few clients that open sockets ask here before a name is looked up; tests/architecture/test_sockets.py finds others.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


class NotOnThisMachine(ConnectionError):
    """A destination outside. host: its name or address; nothing was looked up, nothing was sent."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} is not on this machine, and wardenloop connects to nothing else")
        self.host = host


def not_on_this_machine(error: BaseException) -> NotOnThisMachine | None:
    """What an error is about, when it or what caused it is a destination outside; None for others."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, NotOnThisMachine):
        cause = cause.__cause__
    return cause


@dataclass(frozen=True)
class Destinations:
    """What is allowed beside this machine. declared: host and port. domains: any host of these, at any port."""

    declared: frozenset[tuple[str, int]] = frozenset()
    domains: tuple[str, ...] = ()

    @classmethod
    def to(cls, *addresses: str, domains: Iterable[str] = ()) -> "Destinations":
        """addresses: URLs, or `host:port`."""
        return cls(frozenset(_endpoint(address) for address in addresses), tuple(domains))

    def allow(self, host: str, port: int) -> bool:
        """Whether a connection may be opened; host: a name or an address, as it would be looked up."""
        name = _plain(host)
        return (
            is_this_machine(name)
            or (name, port) in self.declared
            or any(name == domain or name.endswith(f".{domain}") for domain in self.domains)
        )

    def check(self, host: str, port: int) -> None:
        """Raises NotOnThisMachine."""
        if not self.allow(host, port):
            raise NotOnThisMachine(_plain(host))

    def check_url(self, url: str) -> None:
        """The same for where a URL leads."""
        self.check(*_endpoint(url))

    def leads_outside(self, url: str | None) -> bool:
        """Whether a URL leads where no connection may be opened; no URL leads nowhere."""
        return url is not None and not self.allow(*_endpoint(url))


THIS_MACHINE = Destinations()


def is_loopback(host: str) -> bool:
    """Whether only this machine can mean it: 127.0.0.0/8, ::1, `localhost`. Other names are not looked up."""
    name = _plain(host)
    try:
        address = ip_address(name)
    except ValueError:
        return name == "localhost"
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def is_this_machine(host: str) -> bool:
    """Loopback, or the address of a server that listens everywhere: who connects to 0.0.0.0 reaches himself."""
    return is_loopback(host) or _plain(host) in ("0.0.0.0", "::")  # noqa: S104 - nobody binds to it


def _plain(host: str) -> str:
    return host.strip("[]").rstrip(".").lower()


def _endpoint(address: str) -> tuple[str, int]:
    """Host and port of a URL or of `host:port`; an unreadable port is none that anybody declared."""
    parts = urlsplit(address if "://" in address else f"//{address}")
    try:
        port = parts.port
    except ValueError:
        port = None
    return _plain(parts.hostname or ""), port or _DEFAULT_PORTS.get(parts.scheme, 0)
