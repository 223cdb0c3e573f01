"""Official host names: a tool that has `https://api.bitwarden.com` written into it is tested unchanged.

For programs that use `requests`, on top of `responses`. For any other program: `wardenloop proxy`.
"""

import re
import socket
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from typing import Any, TypeVar, overload
from urllib.parse import urlsplit

import requests
import responses
from requests.adapters import HTTPAdapter

from wardenloop.errors import WardenloopError
from wardenloop.stack import Stack

Test = TypeVar("Test", bound=Callable[..., Any])

REGIONS = {"bitwarden.com": "cloud_us", "bitwarden.eu": "cloud_eu"}
MOUNTS = {"api": "/api", "identity": "/identity", "push": "/push", "vault": "", "admin": "/admin"}
"""Official host before the domain -> where it is on a simulated cloud. Source: docs/fidelity.md, hosts.paths."""

_OWN_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding"})
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_PATIENCE = 180.0


class NotOfficial(WardenloopError, requests.ConnectionError):
    """A host that is none of Bitwarden's; nothing was sent to it."""


class NotByRequests(WardenloopError, OSError):
    """An official host that something else than `requests` looks up: it would reach the real Bitwarden."""


def hosts(told: Mapping[str, Any]) -> dict[str, str]:
    """Official host -> base address of what stands for it. told: addresses of the stack, as `serve` prints them."""
    return {
        f"{host}.{domain}": f"{told[app]}{mount}" for domain, app in REGIONS.items() for host, mount in MOUNTS.items()
    }


@overload
def official_hosts(stack: Test, /) -> Test: ...
@overload
def official_hosts(
    stack: Stack, /, *, passing: tuple[str, ...] = ()
) -> AbstractContextManager[responses.RequestsMock]: ...
@overload
def official_hosts(*, passing: tuple[str, ...] = ()) -> Callable[[Test], Test]: ...
def official_hosts(stack: Any = None, /, *, passing: tuple[str, ...] = ()) -> Any:
    """Have every official host of both regions lead to the simulator, for `requests` in this process.

    A context manager, with the stack; a decorator of a test that takes the fixture `wardenloop`; or the marker argument
    `official_hosts=True`. Any other host raises `requests.ConnectionError` that names it, except those in `passing`,
    loopback, and, inside one's own use of `responses`, what is registered there. What does not use `requests` (httpx,
    urllib) cannot look an official host up meanwhile: an OSError that names the proxy, where it has none.

    ```python
    @wardenloop.official_hosts
    def test_of_a_tool(wardenloop):
        assert requests.get("https://api.bitwarden.com/alive").ok
    ```
    """
    if callable(stack) and not isinstance(stack, Stack):
        return _decorated(stack, passing)
    if stack is None:
        return lambda test: _decorated(test, passing)
    return _leading(stack, passing)


def _decorated(test: Callable[..., Any], passing: tuple[str, ...]) -> Any:
    @wraps(test)
    def wrapped(*arguments: Any, **values: Any) -> Any:
        found = [each for each in (*arguments, *values.values()) if isinstance(each, Stack)]
        if not found:
            raise TypeError(f"{test.__name__} takes no stack: give it the fixture `wardenloop`")
        with _leading(found[0], passing):
            return test(*arguments, **values)

    return wrapped


@contextmanager
def _leading(stack: Stack, passing: tuple[str, ...]) -> Iterator[responses.RequestsMock]:
    stands_for, ca = hosts(stack.server.told), stack.ca
    around = HTTPAdapter.send  # somebody's own `responses`, or the real one
    is_mocked = around.__module__ != HTTPAdapter.__module__
    with (
        _unfindable(stands_for.keys() - set(passing)),
        responses.RequestsMock(assert_all_requests_are_fired=False) as mock,
    ):
        passed = "|".join(map(re.escape, (*passing, *_LOOPBACK)))
        mock.add_passthru(re.compile(rf"https?://({passed})([:/?#]|$)"))
        others = re.compile(rf"https?://(?!({passed})([:/?#]|$)).*")

        def answer(request: Any) -> tuple[int, Mapping[str, str], bytes]:
            parts = urlsplit(request.url)
            base = stands_for.get(str(parts.hostname))
            if base is None and is_mocked and (registered := _registered(around, request)):
                return registered
            if base is None:
                raise NotOfficial(f"{parts.hostname} is no official host of Bitwarden, and nothing is sent to others")
            if parts.scheme == "http":  # as the real ones do
                return 301, {"Location": request.url.replace("http://", "https://", 1)}, b""
            return _passed_on(request, f"{base}{parts.path}" + (f"?{parts.query}" if parts.query else ""), ca)

        for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"):
            mock.add_callback(method, others, callback=answer)
        yield mock


@contextmanager
def _unfindable(official: Set[str]) -> Iterator[None]:
    find = socket.getaddrinfo

    def find_others(host: Any, *arguments: Any, **values: Any) -> Any:
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
        if name.rstrip(".").lower() in official:
            raise NotByRequests(
                f"{name} leads to the simulator for `requests` only; other libraries need the proxy: "
                "`wardenloop env --official-hosts`"
            )
        return find(host, *arguments, **values)

    socket.getaddrinfo = find_others
    try:
        yield
    finally:
        socket.getaddrinfo = find


def _registered(send: Callable[..., requests.Response], request: Any) -> tuple[int, Mapping[str, str], bytes] | None:
    """What somebody's own `responses` has for it; None = nothing."""
    try:
        found = send(HTTPAdapter(), request, **request.req_kwargs)
    except requests.ConnectionError as error:
        if error.request is request and "doesn't match any registered mock" in str(error):
            return None
        raise
    return found.status_code, _kept(found.headers), found.content


def _passed_on(request: Any, url: str, ca: str | None) -> tuple[int, Mapping[str, str], bytes]:
    """Ask the simulator; its address is loopback, which passes `responses`."""
    headers = {name: value for name, value in request.headers.items() if name.lower() not in _OWN_HEADERS}
    with requests.Session() as session:
        session.trust_env = False
        session.headers.clear()
        told = session.request(
            request.method,
            url,
            headers=headers,
            data=request.body,
            verify=ca or True,
            timeout=request.req_kwargs.get("timeout") or _PATIENCE,
            allow_redirects=False,
        )
    return told.status_code, _kept(told.headers), told.content


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in {*_OWN_HEADERS, "content-encoding"}}
