"""An answer as the app gave it, and the bytes of it on the wire. Nothing is added but `Date` and how it is framed."""

from collections.abc import Iterable
from email.utils import formatdate
from http import HTTPStatus
from typing import Any

from common.server.front.exchange import KEY

Headers = list[tuple[str, str]]

_WITHOUT_BODY = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


class Answer:
    """What the app said; made in the thread that runs it. pieces: of the body. goes_on: they are not asked for yet."""

    __slots__ = ("goes_on", "headers", "pieces", "status")

    def __init__(self, app: Any, environ: dict[str, Any]) -> None:
        self.status = ""
        self.headers: Headers = []
        self.pieces: Iterable[bytes] = app(environ, self._start)
        self.goes_on = environ[KEY].pause is not None and not is_bodiless(environ["REQUEST_METHOD"], self.status)

    def _start(self, status: str, headers: Headers, _error: object = None) -> Any:
        for name, value in headers:
            f"{name}{value}".encode("latin-1")  # here it is an error of the app's, which is answered
        self.status, self.headers = status, headers
        return self._write

    def _write(self, _data: bytes) -> None:
        raise NotImplementedError("the oldest way of WSGI to write a body, which no framework has used for long")

    def body(self) -> bytes:
        """All of it that can be had now."""
        return b"" if self.goes_on else b"".join(self.pieces)

    def close(self) -> None:
        """What the app does once the answer is on its way."""
        close = getattr(self.pieces, "close", None)
        if close is not None:
            close()

    @property
    def wants_close(self) -> bool:
        """Whether the app says that the connection ends with this answer."""
        return any(name.lower() == "connection" and value.lower() == "close" for name, value in self.headers)

    def head(self, *, method: str, version: str, length: int | None, keep_alive: bool) -> bytes:
        """Status line and headers. length: of the body; None = it comes in chunks, or (HTTP/1.0) ends with all."""
        lines = [f"HTTP/1.1 {self.status}"]
        told = False
        for name, value in self.headers:
            lower = name.lower()
            if lower in ("connection", "transfer-encoding"):
                continue
            told = told or lower == "content-length"
            lines.append(f"{name}: {value}")
        if length is None and version != "1.0":
            lines.append("Transfer-Encoding: chunked")
        elif length is not None and not told and not is_bodiless(method, self.status):
            lines.append(f"Content-Length: {length}")
        lines.append(f"Date: {formatdate(usegmt=True)}")
        if not keep_alive:
            lines.append("Connection: close")
        elif version == "1.0":
            lines.append("Connection: keep-alive")
        return "\r\n".join((*lines, "", "")).encode("latin-1")


def is_bodiless(method: str, status: str) -> bool:
    """Whether an answer has no body whatever its headers say."""
    return method == "HEAD" or int(status[:3]) in _WITHOUT_BODY


def bare(status: HTTPStatus) -> bytes:
    """A whole answer that is a status alone, after which the connection ends: what upstream's server does itself.

    Source: Kestrel's Http1Connection for requests that it refuses; fidelity.md: wire.limits.
    """
    date = formatdate(usegmt=True)
    line = f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Length: 0\r\nDate: {date}\r\nConnection: close\r\n\r\n"
    return line.encode("ascii")


def chunk(data: bytes) -> bytes:
    """One piece of a body that comes in chunks."""
    return b"%x\r\n%b\r\n" % (len(data), data)
