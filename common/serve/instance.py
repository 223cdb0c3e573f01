"""The instance inside this process: kept in the state that its commands ask for, as the runners do elsewhere."""

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from flask import Flask, current_app, has_app_context

from common.configuration.values import SettingsError
from common.files import read_json
from common.server.front.server import Front, server_context
from common.server.request_log import RequestLog
from common.sim.journal import recorder as journal
from selfhost.deployment.configuration import SelfHostSettings
from selfhost.deployment.logs import ServiceLog
from selfhost.deployment.settings import bind
from selfhost.deployment.state import (
    Desired,
    InstanceHome,
    ServiceState,
    Status,
    locked,
    read_desired,
    write_status,
)
from selfhost.served import made
from selfhost.worker import run_jobs, send_pushes

SERVICES = ("api", "jobs")
POLL = 0.03
_GRACE = 5.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 15.0
_LOOK_SECONDS = 1.0
_LOGGERS = ("selfhost", "common", "selfhost.portal")

log = logging.getLogger(__name__)


class _Running(NamedTuple):
    """What an instance that is up consists of."""

    app: Flask
    front: Front
    stop: threading.Event
    threads: list[threading.Thread]


class Keeper:
    """Starts and stops the instance of a home, on a thread of its own; its connections are on the given loop."""

    def __init__(self, home: Path, loop: asyncio.AbstractEventLoop, write: Callable[[str], object]) -> None:
        """write: takes lines of the request log."""
        self._home = InstanceHome(home)
        self._loop = loop
        self._write = write
        self._ending = threading.Event()
        self._running: _Running | None = None
        self._generation = 0
        self._reported: Status | None = None
        self._retry_at, self._pause = 0.0, _FIRST_PAUSE
        self._locks = ExitStack()
        self._thread = threading.Thread(target=self._keep, name="instance", daemon=True)

    def start(self) -> None:
        """From now on commands find somebody who obeys them. Raises state.Held."""
        for service in SERVICES:
            self._locks.enter_context(locked(self._home, f"runner-{service}", patience=1))
        self.look()
        self._thread.start()

    def end(self) -> None:
        """Stop what runs, and obey nobody any more. Not from the loop."""
        self._ending.set()
        self._thread.join()
        self._take_down()
        self._report("gone")
        self._locks.close()

    def _keep(self) -> None:
        while not self._ending.wait(POLL):
            try:
                self.look()
            except Exception:
                log.exception("The instance cannot be kept")

    def look(self) -> None:
        """Do what is asked for, if it is not done yet."""
        desired = read_desired(self._home)
        if desired.generation != self._generation or not desired.up:
            self._take_down()
            self._generation = desired.generation
            self._retry_at, self._pause = 0.0, _FIRST_PAUSE
        if not desired.up:
            self._report("down")
        elif self._running is None and time.monotonic() >= self._retry_at:
            self._bring_up(desired)

    def _bring_up(self, desired: Desired) -> None:
        document = read_json(self._home.effective) or {}
        environment = document.get("environment")
        if document.get("generation") != desired.generation or not isinstance(environment, dict):
            return  # the snapshot of this generation is not there (any more)
        self._report("starting")
        try:
            self._running = self._run(bind(environment))
        except (SettingsError, OSError, ValueError, SystemExit) as error:
            self._report("crashed", str(error))
            self._retry_at = time.monotonic() + self._pause
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)
            return
        self._report("healthy")

    def _run(self, settings: SelfHostSettings) -> _Running:
        own = settings.simulator
        host, _, port = own.listen.rpartition(":")
        listening = socket.create_server((host.strip("[]"), int(port)))
        try:
            app = made(settings)
            _listen_to_own_only()
            tls = server_context(own.tls_certificate, own.tls_key) if own.tls_certificate and own.tls_key else None
            front = self._call(_opened(app, RequestLog(app, self._write), own.threads, listening, tls))
        except BaseException:
            listening.close()
            _forget_logs()
            raise
        stop = threading.Event()
        tasks = (lambda: run_jobs(stop, app), lambda: send_pushes(stop, app, _LOOK_SECONDS))
        threads = [threading.Thread(target=task, name="instance-jobs", daemon=True) for task in tasks]
        for thread in threads:
            thread.start()
        return _Running(app, front, stop, threads)

    def _take_down(self) -> None:
        if self._running is None:
            return
        self._report("stopping")
        running, self._running = self._running, None
        running.stop.set()
        self._call(running.front.stop(_GRACE))
        for thread in running.threads:
            thread.join()
        journal.close(running.app)
        _forget_logs()

    def _call(self, work: Any) -> Any:
        """Have something done in the loop, and wait for it."""
        told: Future[Any] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return told.result()

    def _report(self, state: ServiceState, error: str = "") -> None:
        status = Status(self._generation, state, None, error)
        if status != self._reported:
            self._reported = status
            for service in SERVICES:
                write_status(self._home, service, status)


async def _opened(app: Flask, served: RequestLog, threads: int, listening: socket.socket, tls: Any) -> Front:
    front = Front(served, threads, gate=getattr(app, "gate", None))
    await front.start(listening, tls)
    return front


def _listen_to_own_only() -> None:
    """Clouds of the same process log, too, and not into the instance's files."""
    for handler in _service_logs():
        handler.addFilter(lambda _record: not has_app_context() or current_app.name == "selfhost")


def _service_logs() -> list[logging.Handler]:
    found = (handler for name in _LOGGERS for handler in logging.getLogger(name).handlers)
    return [handler for handler in found if isinstance(handler, ServiceLog)]


def _forget_logs() -> None:
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        for handler in [each for each in logger.handlers if isinstance(each, ServiceLog)]:
            logger.removeHandler(handler)
