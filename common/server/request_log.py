"""One line for each request that was answered, on standard output: a stack's log shows what was asked.

Without queries, in which links carry their secrets; without questions whether somebody is alive and what time it is.
"""

import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from time import perf_counter
from typing import Any
from urllib.parse import quote

WsgiApp = Callable[..., Iterable[bytes]]

_STATIC = "/assets/"
_CONTROL = "/_sim/"


class RequestLog:
    """A WSGI application that notes what another one answers. write: takes a line. gate: the other one's."""

    def __init__(self, app: WsgiApp, write: Callable[[str], object] | None = None) -> None:
        self._app = app
        self.gate = getattr(app, "gate", None)
        self._write = write or _to_standard_output

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        began, statuses = perf_counter(), ["-"]

        def note(status: str, *more: Any) -> Any:
            statuses[:] = [status.partition(" ")[0]]
            return start_response(status, *more)

        try:
            return self._app(environ, note)
        finally:
            method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
            if _is_told(method, path):
                shown = quote(path.encode("latin-1"), safe="/-._~:@!$&'()*+,;=")
                took = round((perf_counter() - began) * 1000)
                self._write(f"{environ.get('REMOTE_ADDR') or '-'} {method} {shown} {statuses[0]} {took} ms\n")


def _is_told(method: str, path: str) -> bool:
    if path.endswith("/alive") or path.startswith(_STATIC):
        return False
    return not (method == "GET" and path.startswith(_CONTROL))


def _to_standard_output(line: str) -> None:
    with suppress(OSError, ValueError):  # nobody listens any more
        sys.stdout.write(line)
        sys.stdout.flush()
