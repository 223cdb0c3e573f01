"""In-process HTTP: a requests adapter that calls a WSGI application. Mount it on a base URL; no socket is opened."""

import errno
import sys
from collections.abc import Callable, Iterable, Mapping
from http.client import HTTPMessage
from io import BytesIO
from itertools import islice
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse
from urllib3.exceptions import ProtocolError
from urllib3.util import SKIP_HEADER

from common.server.front.exchange import KEY, Exchange

Headers = list[tuple[str, str]]
WsgiApp = Callable[..., Iterable[bytes]]

_DEFAULT_PORTS = {"http": 80, "https": 443}
_STATUSES_WITHOUT_BODY = (204, 304)


class WsgiAdapter(HTTPAdapter):
    """Lets a requests session talk to `app` as if it listened at the mounted address.

    The application sees what gunicorn would show it: raw header values, undecoded query, a body on any method, and
    for a chunked one no length but `wsgi.input_terminated`. An exception that leaves the application reaches the
    caller unchanged (a served one would answer 500). TLS settings and proxies mean nothing here. What a view asks of
    its connection (`Exchange`) takes no time: an answer that is too late for the timeout, is lost or is cut ends as
    it would on a socket.
    """

    def __init__(self, app: WsgiApp, *, remote_addr: str = "127.0.0.1") -> None:
        super().__init__()
        self._app = app
        self._remote_addr = remote_addr

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: object = None,
        verify: object = True,
        cert: object = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Call the application and wait for its whole answer. Raises requests' exceptions for one that never comes."""
        environ = _environ(request, self._remote_addr)
        exchange = environ[KEY] = Exchange()
        status, headers, body = _call(self._app, environ)
        _require_answer(request, exchange, timeout)
        if exchange.cut is not None:
            body = body[: exchange.cut]  # the headers go on telling the whole length
        code, _, reason = status.partition(" ")
        if request.method == "HEAD" or int(code) in _STATUSES_WITHOUT_BODY:
            body = b""
        raw = HTTPResponse(
            body=BytesIO(body),
            headers=HTTPHeaderDict(headers),
            status=int(code),
            reason=reason,
            version=11,
            preload_content=False,
            request_method=request.method,
            original_response=_CookieSource(headers),  # type: ignore[arg-type]
        )
        response: requests.Response = self.build_response(request, raw)
        return response


def _require_answer(request: requests.PreparedRequest, exchange: Exchange, timeout: object) -> None:
    patience = timeout[1] if isinstance(timeout, tuple) else timeout
    late = isinstance(patience, int | float) and exchange.delay > patience
    if exchange.fate == "hang" or late:
        raise requests.ReadTimeout(f"Read timed out. (read timeout={patience})", request=request)
    if exchange.fate == "reset":
        lost = ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
        raise requests.ConnectionError(ProtocolError("Connection aborted.", lost), request=request)


class _CookieSource:
    """The little of http.client.HTTPResponse that requests reads cookies from."""

    def __init__(self, headers: Headers) -> None:
        self.msg = HTTPMessage()
        for name, value in headers:
            self.msg.add_header(name, value)

    def isclosed(self) -> bool:
        return True

    def close(self) -> None:
        """Nothing is open."""


def _environ(request: requests.PreparedRequest, remote_addr: str) -> dict[str, Any]:
    """The PEP 3333 environment of one request, with gunicorn's additions for raw target and chunked bodies."""
    url = urlsplit(request.url or "")
    port = url.port or _DEFAULT_PORTS[url.scheme]
    path = url.path or "/"
    body = _body(request.body)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": url.query,
        "RAW_URI": f"{path}?{url.query}" if url.query else path,
        "SERVER_NAME": url.hostname or "",
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": remote_addr,
        "HTTP_HOST": url.netloc.rpartition("@")[2],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        if value != SKIP_HEADER:
            environ[_environ_name(name)] = _latin1(value)
    if "HTTP_TRANSFER_ENCODING" in environ:
        environ.pop("CONTENT_LENGTH", None)
        environ["wsgi.input_terminated"] = True
    return environ


def _environ_name(header: str) -> str:
    name = header.upper().replace("-", "_")
    return name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"


def _latin1(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _body(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    if hasattr(body, "read"):
        content: bytes | str = body.read()
        return content.encode() if isinstance(content, str) else content
    return b"".join(body)


def _call(app: WsgiApp, environ: dict[str, Any]) -> tuple[str, Headers, bytes]:
    """Run the application to its end: status line, headers, body."""
    started: list[tuple[str, Headers]] = []
    written: list[bytes] = []

    def start_response(status: str, headers: Headers, exc_info: object = None) -> Callable[[bytes], None]:
        started[:] = [(status, headers)]
        return written.append

    chunks = app(environ, start_response)
    try:
        goes_on = environ[KEY].pause is not None  # for as long as somebody listens: here it is given what is there
        written.extend(islice(chunks, 1) if goes_on else chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
    status, headers = started[0]
    return status, headers, b"".join(written)
