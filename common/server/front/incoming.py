"""A request as it comes in, within the limits that upstream's server has, and the WSGI environment made of it.

Source: Kestrel's defaults (Microsoft.AspNetCore.Server.Kestrel.Core, KestrelServerLimits); fidelity.md: wire.limits.
"""

import sys
from http import HTTPStatus
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

import httptools

from common.server.front.exchange import KEY, Exchange

LONGEST_LINE = 8 * 1024
LONGEST_HEADERS = 32 * 1024
MOST_HEADERS = 100
LONGEST_HEAD = LONGEST_LINE + LONGEST_HEADERS
LOOPBACK = frozenset({"127.0.0.1", "::1"})

_VERSIONS = frozenset({"1.0", "1.1"})
_OWN_NAMES = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}


class Bad(Exception):
    """A request that no app sees: it is answered with the status alone."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


class Incoming:
    """One request under way. target: path with query. host: where the request line names one. over: its body is longer
    than we take in. size: bytes of the body that the app got."""

    __slots__ = (
        "body",
        "chunked",
        "expects",
        "headers",
        "host",
        "keep_alive",
        "length",
        "method",
        "over",
        "size",
        "target",
        "url",
        "version",
        "wants_upgrade",
    )

    def __init__(self) -> None:
        self.url = self.target = b""
        self.host = ""
        self.headers: list[tuple[bytes, bytes]] = []
        self.method = "GET"
        self.version = "1.1"
        self.keep_alive = True
        self.chunked = False
        self.expects = False
        self.length: int | None = None
        self.body = bytearray()
        self.size = 0
        self.over = self.wants_upgrade = False

    def add_url(self, part: bytes) -> None:
        """More of the request line."""
        self.url += part
        if len(self.url) > LONGEST_LINE:
            raise Bad(HTTPStatus.REQUEST_URI_TOO_LONG)

    def add_header(self, name: bytes, value: bytes) -> None:
        """The next header."""
        self.headers.append((name.lower(), value))
        if len(self.headers) > MOST_HEADERS:
            raise Bad(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def end_head(self, parser: "httptools.HttpRequestParser") -> None:
        """No more headers come."""
        self.method = parser.get_method().decode("ascii")
        if self.method == "CONNECT":
            raise Bad(HTTPStatus.BAD_REQUEST)
        self._read_target()
        self.version = parser.get_http_version()
        if self.version not in _VERSIONS:
            raise Bad(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)
        self.wants_upgrade = parser.should_upgrade()
        self.keep_alive = parser.should_keep_alive()
        hosts = 0
        for name, value in self.headers:
            if name == b"host":
                hosts += 1
            elif name == b"content-length":
                self.length = int(value)
            elif name == b"transfer-encoding":
                self.chunked = True
            elif name == b"expect":
                self.expects = value.lower() == b"100-continue" and self.version == "1.1"
        if hosts != 1 and not (hosts == 0 and self.version == "1.0"):
            raise Bad(HTTPStatus.BAD_REQUEST)

    def without_upgrade(self) -> bytes:
        """The head as it came, but for the wish to speak another protocol.

        Upstream's server goes on in HTTP/1.1 with a client that would rather not (Java's asks each time); to the
        parser, a request that wants an upgrade has no body.
        """
        lines = [b"%b %b HTTP/%b" % (self.method.encode(), self.url, self.version.encode())]
        lines += [b"%b: %b" % header for header in self.headers if header[0] != b"upgrade"]
        return b"\r\n".join((*lines, b"", b""))

    def environ(self, server: tuple[str, int], peer: tuple[str, int], scheme: str) -> dict[str, Any]:
        """PEP 3333, with the additions that other servers have: the raw target, and whether the body tells its end."""
        path, _, query = self.target.partition(b"?")
        body, self.body = self.body, bytearray()
        self.size = len(body)
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": (unquote_to_bytes(path) if b"%" in path else path).decode("latin-1"),
            "QUERY_STRING": query.decode("latin-1"),
            "RAW_URI": self.target.decode("latin-1"),
            "SERVER_NAME": server[0],
            "SERVER_PORT": str(server[1]),
            "SERVER_PROTOCOL": f"HTTP/{self.version}",
            "REMOTE_ADDR": peer[0],
            "REMOTE_PORT": str(peer[1]),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": scheme,
            "wsgi.input": BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            KEY: Exchange(),
        }
        self._add_headers(environ)
        if self.host:
            environ["HTTP_HOST"] = self.host
        if self.over:  # the app looks at the length, and not at the body
            environ["CONTENT_LENGTH"] = str(self.length or self.size)
            environ.pop("HTTP_TRANSFER_ENCODING", None)
        elif self.chunked:
            environ.pop("CONTENT_LENGTH", None)
            environ["wsgi.input_terminated"] = True
        if peer[0] in LOOPBACK and environ.get("HTTP_X_FORWARDED_PROTO", "").lower() == "https":
            environ["wsgi.url_scheme"] = "https"  # a proxy on this machine speaks TLS for us
        return environ

    def _read_target(self) -> None:
        if self.url.startswith(b"/"):
            self.target = self.url.partition(b"#")[0]
            return
        if self.url == b"*":
            self.target = b"/*"
            return
        try:
            url = httptools.parse_url(self.url)
        except httptools.HttpParserInvalidURLError:
            raise Bad(HTTPStatus.BAD_REQUEST) from None
        self.target = (url.path or b"/") + (b"?" + url.query if url.query is not None else b"")
        host = (url.host or b"").decode("latin-1")
        self.host = (f"[{host}]" if ":" in host else host) + (f":{url.port}" if url.port else "")

    def _add_headers(self, environ: dict[str, Any]) -> None:
        for name, value in self.headers:
            key = _OWN_NAMES.get(name)
            if key is None:
                if b"_" in name:  # could not be told from the one with a hyphen
                    continue
                key = "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
            text = value.decode("latin-1")
            if key in environ:
                text = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{text}"
            environ[key] = text
