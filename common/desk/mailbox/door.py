"""The door of the mailbox: it listens on a thread and a loop of its own. What speaks SMTP is loaded by the first one
who calls: most stacks of a test never see a mail."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import cache
from pathlib import Path

from common.clock import SystemClock
from common.ids import SystemIds

_READY_SECONDS = 30.0


class MailDoor:
    """An SMTP server, not started. answer: makes what talks to one who has connected."""

    def __init__(self, answer: Callable[[], asyncio.Protocol], host: str, port: int) -> None:
        self._answer = answer
        self._address = host, port
        self._opened: Future[Callable[[], object]] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="mailbox", daemon=True)

    def start(self) -> None:
        """Accept mail from now on. Raises OSError where it cannot listen."""
        self._thread.start()
        self._opened.result(_READY_SECONDS)

    def stop(self) -> None:
        """Hang up on everybody."""
        self._opened.result()()
        self._thread.join()

    async def _serve(self) -> None:
        loop, closing = asyncio.get_running_loop(), asyncio.Event()
        try:
            server = await loop.create_server(self._answer, *self._address)
        except OSError as error:
            self._opened.set_exception(error)
            return
        self._opened.set_result(lambda: loop.call_soon_threadsafe(closing.set))
        await closing.wait()
        server.close()


def door_of(directory: Path, host: str, port: int) -> MailDoor:
    """The door of the mailbox that is kept in a directory."""

    @cache
    def speaker() -> Callable[[], asyncio.Protocol]:
        from common.desk.mailbox import sink  # noqa: PLC0415 - by the first one who calls

        return sink.speaker(sink.Sink(directory, clock=SystemClock(), ids=SystemIds()))

    return MailDoor(lambda: speaker()(), host, port)
