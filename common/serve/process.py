"""Everything on one event loop. The only module that imports both apps: they still meet over HTTP only."""

import asyncio
import gc
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from flask import Flask

from cloud_sim.app import create_app as create_cloud
from cloud_sim.settings import StackPorts, in_stack
from cloud_sim.worker import run_jobs
from common.cli.home import HOST, Home, Ports
from common.cli.log_file import LogFile
from common.clock import SystemClock
from common.crypto.server_files import ServerFiles
from common.desk.app import create_desk
from common.desk.mailbox.door import MailDoor, door_of
from common.serve.instance import Keeper
from common.serve.official.service import OFFSET, Served
from common.server import serving
from common.server.front.server import Front, server_context
from common.server.migrations import ensure_current_or_exit
from common.server.request_log import RequestLog
from common.settings import process_environment
from common.sim.journal import recorder as journal
from common.sim.row import begin_at
from common.sim.snapshots.rewinding import Rewinder

_GRACE = 2.0
CLOUDS = {"cloud-us": "US", "cloud-eu": "EU"}


@dataclass
class Whole:
    """The stack of a home, served by this process. sockets: bound, by process. passing: the home goes with it."""

    home: Home
    ports: Ports
    sockets: Mapping[str, socket.socket]
    tls: ServerFiles | None
    passing: bool = False
    _fronts: list[Front] = field(default_factory=list)
    _clouds: list[Flask] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _jobs: list[threading.Thread] = field(default_factory=list)
    _keeper: Keeper | None = None
    _door: MailDoor | None = None
    _proxy: Served | None = None
    _rewinder: Rewinder | None = None

    async def start(self) -> None:
        """All that answers from now on; the instance as soon as it is asked for."""
        self._proxy = Served(self.home)
        await self._proxy.start(self.ports.base + OFFSET)
        log = LogFile(self.home.log_file)
        tls = server_context(self.tls.certificate, self.tls.key) if self.tls else None
        for process, region in CLOUDS.items():
            app = self._cloud(region)
            self._clouds.append(app)
            await self._serve(process, app, tls, log, gate=getattr(app, "gate", None))
        rewinder = self._rewinder = Rewinder() if self.passing else None
        desk = create_desk(self.home.root / "mail", self.home.root, tls=tls is not None, rewinder=rewinder)
        await self._serve("desk", desk, tls, log)
        self._door = self._open_mailbox()
        self.sockets["selfhost"].close()  # it listens while it is up
        self._keeper = Keeper(self.home.root, asyncio.get_running_loop(), _line_writer(log, "selfhost"))
        await asyncio.to_thread(self._keeper.start)
        for app in self._clouds:
            thread = threading.Thread(target=run_jobs, args=(self._stop, app), name="cloud-jobs", daemon=True)
            thread.start()
            self._jobs.append(thread)
        gc.freeze()

    def _cloud(self, region: str) -> Flask:
        by = self.ports.by_process
        seeded = {"WARDENLOOP_SEED": str(self.home.seed)} if self.home.seed is not None else {}
        ports = StackPorts(by["cloud-us"], by["cloud-eu"], by["desk"], by["smtp"], self.tls.ca if self.tls else None)
        seeded |= {"WARDENLOOP_AT": self.home.at} if self.home.at is not None else {}
        settings = in_stack(region, self.home.root, ports, process_environment() | seeded)
        ensure_current_or_exit("cloud_sim", settings.database_url, begin_at(settings.at))
        return create_cloud(settings)

    async def _serve(
        self, process: str, app: Flask, tls: ssl.SSLContext | None, log: LogFile, gate: Any = None
    ) -> None:
        front = Front(RequestLog(app, _line_writer(log, process)), serving.threads, gate=gate)
        await front.start(self.sockets[process], tls)
        self._fronts.append(front)

    def _open_mailbox(self) -> MailDoor:
        self.sockets["smtp"].close()
        door = door_of(self.home.root / "mail", HOST, self.ports.by_process["smtp"])
        door.start()
        return door

    async def stop(self) -> None:
        """Let what is under way come to its end."""
        self._stop.set()
        if self._proxy is not None:
            await self._proxy.stop()
        if self._keeper is not None:
            await asyncio.to_thread(self._keeper.end)
        await asyncio.gather(*(front.stop(_GRACE) for front in self._fronts))
        await asyncio.to_thread(self._finish)

    def _finish(self) -> None:
        for thread in self._jobs:
            thread.join()
        with ExitStack() as stack:
            for app in self._clouds:
                stack.callback(journal.close, app)
            if self._door is not None:
                stack.callback(self._door.stop)
            if self._rewinder is not None:
                stack.callback(self._rewinder.close)


def _line_writer(log: LogFile, process: str) -> Callable[[str], object]:
    return partial(_write, log, f"{process}.1")


def _write(log: LogFile, name: str, line: str) -> None:
    log.write(f"{SystemClock().now():%H:%M:%S} {name:<17} | {line}".encode())
