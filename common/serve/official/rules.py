"""What is asked of the proxy, and where it leads. Pure."""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

DOMAINS = {"bitwarden.com": "cloud_us", "bitwarden.eu": "cloud_eu"}
MOUNTS = {"api": "/api", "identity": "/identity", "push": "/push", "vault": ""}
"""Official host before the domain -> where it is on a simulated cloud. Source: fidelity.md: hosts.paths."""

_CONNECT = re.compile(r"CONNECT \[?([^\s\]]+?)\]?:(\d{1,5}) HTTP/1\.[01]")
_LINE = re.compile(r"([A-Z]+) (\S+) (HTTP/1\.[01])")
_OWN = ("connection", "proxy-connection", "keep-alive", "host")


class Place(NamedTuple):
    """What stands for an official host: an app's address, and what its paths begin with there."""

    host: str
    port: int
    mount: str
    https: bool


def places(urls: Mapping[str, str]) -> dict[str, Place]:
    """Official host -> what stands for it. urls: of `cloud_us` and `cloud_eu`."""
    found = {}
    for domain, app in DOMAINS.items():
        parts = urlsplit(urls[app])
        for name, mount in MOUNTS.items():
            place = Place(parts.hostname or "", parts.port or 0, mount, parts.scheme == "https")
            found[f"{name}.{domain}"] = place
    return found


def wanted(head: bytes) -> tuple[str, int] | None:
    """Host and port of a CONNECT; None for any other request."""
    matched = _CONNECT.match(head.decode("latin-1"))
    return (matched[1].lower().rstrip("."), int(matched[2])) if matched else None


def refusal(host: str, port: int) -> str:
    """Why a host is not led anywhere."""
    if host.endswith(tuple(f".{domain}" for domain in DOMAINS)) or host in DOMAINS:
        if port != 443:
            return f"{host} has nothing at port {port}; the official addresses have 443."
        return f"{host} is not simulated. Simulated are {', '.join(MOUNTS)} of {' and '.join(DOMAINS)}."
    return f"{host} is no official host of Bitwarden, and this proxy of wardenloop leads to no other."


def led(head: bytes, place: Place) -> bytes:
    """A request's head as it is passed on: below the mount, to the app's own address, the connection closed after it.

    Raises ValueError for what is no request.
    """
    line, *fields = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    matched = _LINE.fullmatch(line)
    if matched is None or not matched[2].startswith("/"):
        raise ValueError("no request")
    kept = [each for each in fields if each.partition(":")[0].strip().lower() not in _OWN]
    own = [f"Host: {place.host}:{place.port}", "Connection: close"]
    return "\r\n".join([f"{matched[1]} {place.mount}{matched[2]} {matched[3]}", *kept, *own, "", ""]).encode("latin-1")
