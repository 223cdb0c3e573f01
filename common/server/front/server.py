"""The front of one app on a running event loop: its connections, its threads, and what is kept within limits."""

import asyncio
import logging
import resource
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from common.server.front.answer import Answer
from common.server.front.connection import Connection
from common.server.gate import Gate

log = logging.getLogger(__name__)

WsgiApp = Callable[..., Iterable[bytes]]
Answered = Callable[[Answer | None, bytes], None]
Value = TypeVar("Value")

READS = frozenset({"GET", "HEAD", "OPTIONS"})
MOST_CONNECTIONS = 4096
_OTHER_FILES = 150
_BACKLOG = 2048
_HELD = 0.004
"""Seconds between two looks whether the gate is open again."""

_LINGER = 2.0
"""Seconds after its last use that a connection is still kept while the server stops."""


@dataclass(frozen=True)
class Limits:
    """Seconds and bytes, as upstream's server has them (those of bodies are ours: nothing here is larger).

    body: longest body that is taken in. bodies: all that are taken in and not answered yet, together. idle: silence
    before a request. head: until a request's headers are whole. rate, grace: bytes a second that a body comes at, after
    so many seconds. stalled: until a client that reads nothing is given up. drained: for what comes after the last
    answer. handshake: until TLS is spoken. look: between two looks whether a fault goes on.
    Source: Kestrel's defaults (KestrelServerLimits, HttpsConnectionAdapterOptions); fidelity.md: wire.limits.
    """

    body: int = 10 * 1024 * 1024
    bodies: int = 64 * 1024 * 1024
    idle: float = 130.0
    head: float = 30.0
    rate: float = 240.0
    grace: float = 5.0
    stalled: float = 60.0
    drained: float = 2.0
    handshake: float = 10.0
    look: float = 0.5


class Front:
    """Serves a WSGI app. Make it, `start` it and `stop` it inside the loop."""

    def __init__(self, app: WsgiApp, threads: int, limits: Limits = Limits(), gate: Gate | None = None) -> None:
        """threads: how many requests the app works at. Those that change something leave a few to those that read.

        gate: while it is closed, requests wait without a thread.
        """
        self.loop = asyncio.get_running_loop()
        self.limits = limits
        self.is_stopping = False
        self.stalled: dict[Connection, tuple[int, float]] = {}
        self._app = app
        self._gate = gate
        self._is_looking = False
        self._threads = threads
        self._most_writing = max(1, threads - max(1, threads // 4))
        self._pool = ThreadPoolExecutor(threads, "request")
        self._reading: deque[tuple[dict[str, Any], Answered]] = deque()
        self._writing: deque[tuple[dict[str, Any], Answered]] = deque()
        self._lock = threading.Lock()  # of these four: the threads look for their next request themselves
        self._running = self._running_writes = 0
        self._held = 0
        self._connections: dict[Connection, None] = {}
        self._most_connections = _room_for_connections()
        self._servers: list[asyncio.Server] = []
        self._sweeper: asyncio.TimerHandle | None = None

    # --- life

    async def start(self, listening: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        """Accept connections on a socket that is bound. tls: to speak https."""
        name = listening.getsockname()
        server = (name[0], name[1]) if isinstance(name, tuple) else (str(name), 0)
        scheme = "https" if tls else "http"
        create = self.loop.create_unix_server if listening.family == socket.AF_UNIX else self.loop.create_server
        patience = self.limits.handshake if tls else None

        def connection() -> Connection:
            return Connection(self, server, scheme)

        self._servers.append(
            await create(connection, sock=listening, ssl=tls, backlog=_BACKLOG, ssl_handshake_timeout=patience)
        )
        if self._sweeper is None:
            self._sweep()

    async def stop(self, grace: float) -> None:
        """Accept nobody, let what is under way come to its end within `grace` seconds, and end."""
        self.is_stopping = True
        for server in self._servers:
            server.close()
        end = self.loop.time() + grace
        while self._connections and self.loop.time() < end:
            for connection in list(self._connections):
                if connection.is_hanging or connection.phase in ("head", "body"):
                    connection.reset()
                elif connection.phase == "idle" and self.loop.time() - connection.since > _LINGER:
                    connection.close()
            await asyncio.sleep(0.02)
        for connection in list(self._connections):
            connection.reset()
        if self._sweeper is not None:
            self._sweeper.cancel()
        self._pool.shutdown(wait=False, cancel_futures=True)
        await asyncio.sleep(0)

    # --- connections

    def connected(self, connection: Connection) -> None:
        """One more; the one that has been silent for longest makes room."""
        self._connections[connection] = None
        if len(self._connections) > self._most_connections:
            silent = (each for each in self._connections if each.phase != "busy")
            longest = min(silent, key=lambda each: each.since, default=None)
            if longest is not None:
                longest.reset()

    def disconnected(self, connection: Connection) -> None:
        """One less."""
        self._connections.pop(connection, None)
        self.stalled.pop(connection, None)

    def makes_room(self, size: int, connection: Connection) -> bool:
        """So many bytes more of a body are held; False when they are not, and the connection is to end for it.

        Where all bodies together are too long, those go first of which most has been sent and the end has not come.
        """
        self._held += size
        while self._held > self.limits.bodies:
            longest = max(self._connections, key=lambda each: each.half_sent)
            if longest is connection or not longest.half_sent:
                return False
            longest.give_up()
        return True

    def gives_back(self, size: int) -> None:
        """So many bytes are held no longer."""
        self._held -= size

    def _sweep(self) -> None:
        """Once a second: end what takes too long."""
        now = self.loop.time()
        longest = {
            "idle": self.limits.idle,
            "head": self.limits.head,
            "draining": self.limits.drained + self.limits.stalled,
        }
        for connection in list(self._connections):
            allowed = longest.get(connection.phase)
            if (allowed is not None and now - connection.since > allowed) or connection.is_too_slow:
                connection.expire()
        for connection, (left, since) in list(self.stalled.items()):
            if connection.unsent < left:
                self.stalled[connection] = (connection.unsent, now)
            elif now - since > self.limits.stalled:
                connection.reset()
        self._sweeper = self.loop.call_later(1.0, self._sweep)

    # --- the app

    def serve(self, environ: dict[str, Any], answered: Answered) -> None:
        """Run the app for a whole request, in a thread, as soon as there is one. answered: called in the loop."""
        with self._lock:
            queue = self._reading if environ["REQUEST_METHOD"] in READS else self._writing
            queue.append((environ, answered))
            if self._running == self._threads or not (self._reading or self._running_writes < self._most_writing):
                return
            self._running += 1
        self._pool.submit(self._work)

    def _work(self) -> None:
        """In a thread: one request after the other, for as long as one may be begun."""
        while True:
            with self._lock:
                writes = not self._reading
                if writes and not (self._writing and self._running_writes < self._most_writing):
                    self._running -= 1
                    return
                self._running_writes += writes
                environ, answered = (self._writing if writes else self._reading).popleft()
            if self._gate is not None and not self._gate.enter():
                with self._lock:
                    (self._writing if writes else self._reading).appendleft((environ, answered))
                    self._running -= 1
                    self._running_writes -= writes
                self._tell(self._look_again)
                return
            self._run(environ, answered)
            if self._gate is not None:
                self._gate.leave()
            with self._lock:
                self._running_writes -= writes

    def _look_again(self) -> None:
        """In the loop: the gate is closed, so try in a moment."""
        if not self._is_looking:
            self._is_looking = True
            self.loop.call_later(_HELD, self._wake)

    def _wake(self) -> None:
        self._is_looking = False
        with self._lock:
            more = min(len(self._reading) + len(self._writing), self._threads - self._running)
            self._running += more
        with suppress(RuntimeError):  # the server stops
            for _ in range(more):
                self._pool.submit(self._work)

    def _run(self, environ: dict[str, Any], answered: Answered) -> None:
        """The answer is on its way before the app does what it does afterwards."""
        answer: Answer | None = None
        body = b""
        try:
            answer = Answer(self._app, environ)
            body = answer.body()
        except BaseException:
            log.exception("Error handling request %s %s", environ["REQUEST_METHOD"], environ["RAW_URI"])
            answer = None
        self._tell(answered, answer, body)
        if answer is not None and not answer.goes_on:
            _close(answer)

    def ask(self, question: Callable[[], Value], answered: Callable[[Value | None], None]) -> None:
        """Call something of the app's in a thread; what it says comes back in the loop, None when it failed."""

        def work() -> None:
            said: Value | None = None
            try:
                said = question()
            except BaseException:
                log.exception("Error in an answer that goes on")
            self._tell(answered, said)

        with suppress(RuntimeError):  # the server stops
            self._pool.submit(work)

    def finish(self, answer: Answer) -> None:
        """The client of an answer that goes on has left."""
        with suppress(RuntimeError):
            self._pool.submit(_close, answer)

    def _tell(self, call: Callable[..., None], *arguments: Any) -> None:
        with suppress(RuntimeError):  # the loop is closed
            self.loop.call_soon_threadsafe(call, *arguments)


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """What https is spoken with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _close(answer: Answer) -> None:
    try:
        answer.close()
    except BaseException:
        log.exception("Error after an answer")


def _room_for_connections() -> int:
    """As many as this process may have open, and some files beside them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        raised = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else max(16, min(MOST_CONNECTIONS, soft - _OTHER_FILES))
