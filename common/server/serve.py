"""A WSGI app under gunicorn inside this process, with the settings that every app of the stack is served with."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication

from common.server import serving
from common.server.front import worker  # noqa: F401 - gunicorn loads it by name; whoever forks us has it then
from common.server.request_log import RequestLog

WsgiApp = Callable[..., Iterable[bytes]]


class AppServer(BaseApplication):  # type: ignore[misc]
    """Listens at one address or several. The app is made in each worker, after the fork."""

    def __init__(
        self, load: Callable[[], WsgiApp], bind: str, *, tls: tuple[Path, Path] | None = None, **options: Any
    ) -> None:
        """bind: host:port, or several with commas. tls: certificate and key, to serve https.

        options: instead of those in `serving`.
        """
        self._load = load
        self._options: dict[str, Any] = {"bind": bind.split(","), **options}
        if tls:
            self._options |= {"certfile": str(tls[0]), "keyfile": str(tls[1])}
        super().__init__()

    def load_config(self) -> None:
        for name, value in (serving.settings() | self._options).items():
            self.cfg.set(name, value)

    def load(self) -> WsgiApp:
        return RequestLog(self._load())
