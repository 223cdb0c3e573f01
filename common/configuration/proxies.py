"""Which proxy a .NET program asks for an address, out of its environment. Pure.

Source: .NET: System.Net.Http, HttpEnvironmentProxy; fidelity.md: cloud.client.
"""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

_ALL = "all_proxy"
_BYPASS = "no_proxy"


class Proxy(NamedTuple):
    """A proxy as it is configured. variable: as it is spelled in the environment. url: with what it may need to log in.

    address: the same without that, as .NET shows it.
    """

    variable: str
    url: str

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def address(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/"


class Proxies(NamedTuple):
    """The proxies of an environment: for https and for http addresses. bypassed: hosts that are reached without."""

    https: Proxy | None = None
    http: Proxy | None = None
    bypassed: tuple[str, ...] = ()

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Proxies":
        """The lower-case spelling of a variable wins over the upper-case one."""
        every = _proxy(environment, _ALL)
        _, bypass = _found(environment, _BYPASS)
        return cls(
            _proxy(environment, "https_proxy") or every,
            _proxy(environment, "http_proxy") or every,
            tuple(host.strip().lower() for host in bypass.split(",") if host.strip()),
        )

    def of_url(self, url: str) -> Proxy | None:
        """The proxy that is asked for this address, None = it is reached without. Loopback is no exception."""
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        return None if self._bypasses(host) else self.https if parts.scheme == "https" else self.http

    def _bypasses(self, host: str) -> bool:
        """A name stands for itself, one with a leading dot for its domain and what is below; there is no `*`."""
        return any(
            host == each or (each.startswith(".") and (host == each[1:] or host.endswith(each)))
            for each in self.bypassed
        )


def _proxy(environment: Mapping[str, str], variable: str) -> Proxy | None:
    name, value = _found(environment, variable)
    url = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    return Proxy(name, url) if value and usable else None


def _found(environment: Mapping[str, str], variable: str) -> tuple[str, str]:
    """How it is spelled, and its value; both empty when it is not there."""
    for name in (variable, variable.upper()):
        if value := environment.get(name, "").strip():
            return name, value
    return "", ""
