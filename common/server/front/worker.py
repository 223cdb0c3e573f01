"""The front under gunicorn, which gives it listening sockets, further processes and signals."""

import asyncio
import os
import signal
from pathlib import Path

from gunicorn.workers.base import Worker

from common.server.front.server import Front, Limits, server_context

_NOTIFY_SECONDS = 1.0


class FrontWorker(Worker):  # type: ignore[misc]
    """One process of a served app; gunicorn's documented way to bring a worker of one's own."""

    alive: bool

    def run(self) -> None:
        """Serve until told to stop, or until the process that started this one is gone."""
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        told = asyncio.Event()
        loop.add_signal_handler(signal.SIGTERM, told.set)
        gate = getattr(self.wsgi, "gate", None)
        front = Front(self.wsgi, self.cfg.threads, Limits(idle=self.cfg.keepalive), gate)
        tls = server_context(Path(self.cfg.certfile), Path(self.cfg.keyfile)) if self.cfg.is_ssl else None
        for listening in self.sockets:
            await front.start(listening.sock if hasattr(listening, "sock") else listening, tls)
        while not told.is_set() and self.alive and os.getppid() == self.ppid:
            self.notify()
            try:
                await asyncio.wait_for(told.wait(), _NOTIFY_SECONDS)
            except TimeoutError:
                continue
        self.alive = False
        await front.stop(self.cfg.graceful_timeout)
