"""Control and pages are for who uses this machine: asked by a name of ours, and by no page of somebody else.

A page anywhere can point its own name at this address ("DNS rebinding"): to the browser it is the same site then, so
only the name tells. The wire answers to every name, as upstream does (no host filter, and the proxy before it has one
server block): it is protected by tokens. fidelity.md: pages.own-host.
"""

from typing import Protocol
from urllib.parse import urlsplit

from common.errors import Refusal

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})

FOREIGN_NAME = (
    "This server was called by a name that is not its own. Use its own address, or allow the name (allowedHosts)."
)
FOREIGN_PAGE = "This request was sent by a page of another site."

_PASSED_ON = ("X-Forwarded-For", "X-Real-IP", "Forwarded")
_ABSENT = "\0"
"""Stands for a header that is not there: also an empty one was put there by somebody between."""


class Headers(Protocol):
    """Of a request, found in any case."""

    def get(self, key: str, default: str) -> str: ...


def own_names(base_url: str, allowed: frozenset[str] = frozenset()) -> frozenset[str]:
    """Host names that an app answers to. base_url: where people reach it. allowed: of the settings."""
    return LOOPBACK_NAMES | {_name(urlsplit(base_url).netloc)} | allowed


def host_names(text: str) -> frozenset[str]:
    """A comma list of host names, no ports. ValueError for anything else."""
    names = [part.strip().lower() for part in text.split(",") if part.strip()]
    for name in names:
        if (
            not name.isascii()
            or any(mark in name for mark in "/@*? ")
            or _name(name if ":" not in name else f"[{name}]") != name
        ):
            raise ValueError(f"{name!r} is no host name; write for example vault.example.org, without port and path.")
    return frozenset(names)


def is_from_this_machine(address: str | None, headers: Headers) -> bool:
    """Whether a request began here: it comes from loopback, and no proxy says that it passes on somebody else's."""
    return address in ("127.0.0.1", "::1") and all(headers.get(name, _ABSENT) is _ABSENT for name in _PASSED_ON)


def require_own_control(headers: Headers, names: frozenset[str]) -> None:
    """Refuse other names than ours and pages of other sites: control of the simulator.

    No page of ours asks for it without saying where it comes from; a page in a sandbox says `null`, as it wishes.
    """
    require_own(headers, names, navigable=False)
    if headers.get("Origin", "") == "null" and headers.get("Sec-Fetch-Site", "") != "same-origin":
        raise Refusal(403, FOREIGN_PAGE, rule="pages.foreign-page")


def require_own(headers: Headers, names: frozenset[str] | None, *, navigable: bool) -> None:
    """Refuse other names than ours (None: every name is), and pages of other sites.

    navigable: a link may lead here from anywhere (reading a page); not so for control, and for what changes something.
    """
    host = headers.get("Host", "")
    if names is not None and _name(host) not in names:
        raise Refusal(403, FOREIGN_NAME, rule="pages.foreign-name")
    site = headers.get("Sec-Fetch-Site", "none")
    if site not in ("none", "same-origin") and not (
        navigable and headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    ):
        raise Refusal(403, FOREIGN_PAGE, rule="pages.foreign-page")
    # pages say no referrer, so that the forms of some browsers have the origin "null"
    origin = headers.get("Origin", "null")
    if origin != "null" and not _is_own_origin(origin, host, names or frozenset()):
        raise Refusal(403, FOREIGN_PAGE, rule="pages.foreign-page")


def _is_own_origin(origin: str, host: str, names: frozenset[str]) -> bool:
    netloc = urlsplit(origin).netloc.lower() if "://" in origin else ""
    # a proxy may put another name in `Host`, so a name of ours will do; on loopback the port tells programs apart
    return netloc == host.lower() or _name(netloc) in names - LOOPBACK_NAMES


def _name(netloc: str) -> str:
    """The host of `host` or `host:port`, lower case; "" for what is none."""
    try:
        parts = urlsplit(f"//{netloc}")
        _ = parts.port
    except ValueError:
        return ""
    return (parts.hostname or "") if not parts.path and "@" not in netloc else ""
