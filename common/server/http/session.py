"""Outgoing HTTP: a requests session that sends only what it is told to and where it may, always with a timeout, and
never retries."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_auth_from_url, select_proxy
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection
from urllib3.util import SKIP_HEADER, make_headers

from common.clock import SystemClock
from common.ids import Ids, SystemIds
from common.server.destinations import THIS_MACHINE, Destinations, NotOnThisMachine
from common.server.observed import Call, Observed, observed, span_id, trace_id

_CHUNK_BYTES = 16 * 1024
# What requests, urllib3 and http.client would add by themselves; upstream's server sends none of it.
_SUPPRESSED = {"User-Agent": SKIP_HEADER, "Accept-Encoding": SKIP_HEADER}


class TimedSession(requests.Session):
    """A session whose calls end after `default_timeout` seconds (to connect, and between two bytes) unless they say
    otherwise.

    traced: each call says which action it belongs to (`traceparent`), and who observes what goes on is told of it.
    ids: what calls are numbered with where nobody observes.
    """

    def __init__(self, default_timeout: float, *, traced: bool = False) -> None:
        super().__init__()
        self.default_timeout = default_timeout
        self.traced = traced
        self.ids: Ids = SystemIds()

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = self.default_timeout
        if not self.traced:
            return super().send(request, **kwargs)
        told = observed()
        call_id = _trace(request, told, self.ids)
        if told is None:
            return super().send(request, **kwargs)
        return _observed_call(told, call_id, request, partial(super().send, request, **kwargs))


def _trace(request: requests.PreparedRequest, told: Observed | None, own: Ids) -> str:
    """Say which action the call belongs to, as .NET's HttpClient does by itself (DiagnosticsHandler); the call's id.

    Source: fidelity.md: cloud.client.
    """
    ids = told.ids if told else own
    call_id = span_id(ids)
    group = told.group if told and told.group else trace_id(ids)
    request.headers["traceparent"] = f"00-{group}-{call_id}-00"
    return call_id


def _observed_call(
    told: Observed, call_id: str, request: requests.PreparedRequest, send: Callable[[], requests.Response]
) -> requests.Response:
    """Tell of a call when it has ended, however it does."""
    sent = _Sent(request, told.keeps)
    call = Call(call_id, request.method or "", request.url or "", SystemClock().now())
    began = perf_counter()
    try:
        response = send()
    except requests.RequestException as error:
        call.error = str(error)
        raise
    else:
        first = (response.history or [response])[0]
        call.status, call.answer_headers = first.status_code, list(first.headers.items())
        call.answer, call.answer_size = first.content[: told.keeps], len(first.content)
        return response
    finally:
        call.milliseconds = (perf_counter() - began) * 1000
        call.headers = [
            (name, value if isinstance(value, str) else value.decode("latin-1"))
            for name, value in request.headers.items()
            if value != SKIP_HEADER
        ]
        call.body, call.size = sent.first, sent.size
        told.happened.append(call)


class _Sent:
    """The first bytes of a body, which may come in pieces that are there only once."""

    def __init__(self, request: requests.PreparedRequest, most: int) -> None:
        self.first, self.size, self._most = b"", 0, most
        body: Any = request.body
        if isinstance(body, str | bytes):
            self._keep(body.encode() if isinstance(body, str) else body)
        elif body is not None and not hasattr(body, "read"):
            request.body = self._passed_on(body)  # type: ignore[assignment]  # requests sends what comes, in chunks

    def _keep(self, piece: bytes) -> None:
        self.size += len(piece)
        self.first += piece[: max(0, self._most - len(self.first))]

    def _passed_on(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._keep(piece)
            yield piece


TUNNEL = "tunnel"
"""Key of `proxies`: the proxy to be asked for a tunnel (CONNECT) also where the address behind it speaks plain HTTP."""


def through(proxy: str | None, url: str) -> dict[str, str]:
    """`proxies` of a request to this configured address: a tunnel for https, None = no proxy."""
    if proxy is None:
        return {}
    return {TUNNEL: proxy} if url.startswith("https:") else {"http": proxy}


class GuardedAdapter(HTTPAdapter):
    """Opens connections to these destinations only: for redirects too, and for the proxy that would be asked."""

    def __init__(self, destinations: Destinations) -> None:
        super().__init__()
        self._destinations = destinations

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Raises requests.ConnectionError around NotOnThisMachine before a name is looked up."""
        url = request.url or ""
        proxies = dict(proxies or {})
        proxy = proxies.get(TUNNEL) or select_proxy(url, proxies)
        try:
            for address in filter(None, (url, proxy)):
                self._destinations.check_url(address)
        except NotOnThisMachine as error:
            raise requests.ConnectionError(error, request=request) from error
        if url.startswith("https:") and TUNNEL in proxies:
            proxies["https"] = proxies.pop(TUNNEL)
        return super().send(request, stream, timeout, verify, cert, proxies)

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: bool | str | None,
        proxies: Mapping[str, str] | None = None,
        cert: Any = None,
    ) -> Any:
        """The connections for a request: through a tunnel where one is wanted."""
        tunnel = (proxies or {}).get(TUNNEL)
        if tunnel is None:
            return super().get_connection_with_tls_context(request, verify, proxies, cert)
        return _tunnelled(tunnel, request.url or "")


def _tunnelled(proxy: str, url: str) -> HTTPConnectionPool:
    """Connections to the host of a plain `http` address that begin with a CONNECT, as those to `https` do."""
    end, (user, password) = urlsplit(url), get_auth_from_url(proxy)
    headers = make_headers(proxy_basic_auth=f"{user}:{password}") if user else {}

    class Tunnelled(HTTPConnection):
        def connect(self) -> None:
            self.set_tunnel(end.hostname or "", end.port or 80, headers)
            super().connect()

    class Pool(HTTPConnectionPool):
        ConnectionCls = Tunnelled

    at = urlsplit(proxy)
    return Pool(at.hostname or "", at.port or 80)


def create_session(
    timeout: float,
    *,
    destinations: Destinations = THIS_MACHINE,
    headers: Mapping[str, str] | None = None,
    ca_bundle: Path | None = None,
    trust_env: bool = False,
    traced: bool = False,
) -> requests.Session:
    """A session for one peer. Nothing is retried: upstream does not either, and a retry would hide a fault.

    timeout: seconds. destinations: where it may connect to; elsewhere is requests.ConnectionError. headers: sent with
    every request; there are no others (no User-Agent, no Accept-Encoding).
    ca_bundle: PEM file to trust instead of the system's. trust_env: whether proxies, CA bundle and .netrc come from
    the environment; off, because a proxy would swallow calls to loopback and a .netrc entry would replace our
    bearer token. traced: calls carry `traceparent`.
    Source: fidelity.md: cloud.client.
    """
    session = TimedSession(timeout, traced=traced)
    session.trust_env = trust_env
    for scheme in ("http://", "https://"):
        session.mount(scheme, GuardedAdapter(destinations))
    if ca_bundle is not None:
        session.verify = str(ca_bundle)
    session.headers.clear()
    session.headers.update(_SUPPRESSED)
    session.headers.update(headers or {})
    return session


def chunked_json(body: object) -> Iterator[bytes]:
    """A JSON body in pieces, compact, non-ASCII text kept; as `data=` it makes requests send it chunked.

    Upstream's client sends its bodies without a length, also on GET. Set the content type yourself
    (`application/json; charset=utf-8`). Source: fidelity.md: cloud.client.
    """
    encoded = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    for start in range(0, len(encoded), _CHUNK_BYTES):
        yield encoded[start : start + _CHUNK_BYTES]
