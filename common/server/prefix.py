"""Answering below a path as well, as an app does behind a reverse proxy that passes the path on (`https://host/eu/api`)."""

from collections.abc import Callable, Iterable
from typing import Any

WsgiApp = Callable[..., Iterable[bytes]]

SERVICES = frozenset({"api", "identity", "push", "events", "icons", "notifications"})
"""First parts of the paths below which upstream's services are."""


def below(prefix: str, app: WsgiApp) -> WsgiApp:
    """`app`, answering `{prefix}/path` like `/path`; everything else is passed on untouched.

    prefix: `/a/b`, no final slash. Links that the app writes keep its own base URL.
    Source: fidelity.md: hosts.paths (`bw config server https://localhost:8443/eu`).
    """

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == prefix or path.startswith(prefix + "/"):
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + prefix
            environ["PATH_INFO"] = path[len(prefix) :] or "/"
        return app(environ, start_response)

    return answer
