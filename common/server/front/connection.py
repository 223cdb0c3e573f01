"""One connection: requests in, answers out, one after the other. Lives in the event loop; nothing here waits."""

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httptools

from common.server.front.answer import Answer, bare, chunk, is_bodiless
from common.server.front.exchange import KEY, Exchange
from common.server.front.incoming import LONGEST_HEAD, Bad, Incoming

if TYPE_CHECKING:
    from common.server.front.server import Front

_MOST_WAITING = 8
_TICK = 0.1
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_NO_LINGER = struct.pack("ii", 1, 0)


class Connection(asyncio.Protocol):
    """What the loop tells of a connection (asyncio's half) and of what comes over it (httptools' half).

    phase: `idle`, `head`, `body`, `busy` (with the app, or its answer under way), `draining` (answered; what still
    comes is thrown away). since: loop time at which it began. What comes after a request that is the last one, or that
    is refused, is not listened to.
    """

    def __init__(self, front: "Front", server: tuple[str, int], scheme: str) -> None:
        self._front = front
        self._server = server
        self._scheme = scheme
        self._loop = front.loop
        self._parser = httptools.HttpRequestParser(self)
        self._incoming = Incoming()
        self._waiting: deque[Incoming] = deque()
        self._beside = 0  # bytes since the last piece of a body, or the end of a head or a request
        self._received = 0
        self._receiving = "idle"
        self._is_deaf = self._is_held_back = False
        self._refused: HTTPStatus | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._stream: Answer | None = None
        self._eof = self._paused = self.closed = self._is_asking = False
        self._transport: asyncio.Transport
        self.phase = "idle"
        self.since = self._loop.time()
        self.is_hanging = False

    # --- what asyncio tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # of a stream
        peer = transport.get_extra_info("peername")
        self._peer = peer[:2] if isinstance(peer, tuple) else ("", 0)
        self._front.connected(self)

    def connection_lost(self, _error: Exception | None) -> None:
        self.closed = True
        self._front.disconnected(self)
        self._forget_unanswered()
        self._cancel()
        if not self._is_asking:
            self._end_stream()

    def _end_stream(self) -> None:
        """Whoever listened to an answer that goes on has left; no thread is in it."""
        if self._stream is not None:
            self._front.finish(self._stream)
            self._stream = None

    def eof_received(self) -> bool:
        """The client sends no more; it may still listen."""
        self._eof = True
        return self.phase == "busy" and not self.is_hanging and self._stream is None and self._scheme == "http"

    def data_received(self, data: bytes) -> None:
        if self._is_deaf:
            return
        self._beside += len(data)
        try:
            self._parse(data)
            if self._beside > LONGEST_HEAD:
                raise Bad(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        except httptools.HttpParserCallbackError as error:
            cause = error.__context__
            if not isinstance(cause, Bad):
                raise
            self._refuse(cause.status)
        except Bad as bad:
            self._refuse(bad.status)
        except httptools.HttpParserError:
            self._refuse(HTTPStatus.BAD_REQUEST)

    def _parse(self, data: bytes) -> None:
        """Nothing is upgraded: a request with that wish is taken as one without it."""
        left = memoryview(data)
        while True:
            try:
                self._parser.feed_data(left)
                return
            except httptools.HttpParserUpgrade as upgrade:
                left = left[upgrade.args[0] :]
            self._parser = httptools.HttpRequestParser(self)
            self._parser.feed_data(self._incoming.without_upgrade())

    def pause_writing(self) -> None:
        self._front.stalled[self] = (self.unsent, self._loop.time())

    def resume_writing(self) -> None:
        self._front.stalled.pop(self, None)
        if self._is_held_back:
            self._is_held_back = False
            self._begin_waiting()

    @property
    def unsent(self) -> int:
        """Bytes that the client has not taken yet."""
        return self._transport.get_write_buffer_size()

    # --- what httptools tells

    def on_message_begin(self) -> None:
        self._incoming = Incoming()
        self._receive("head")

    def on_url(self, part: bytes) -> None:
        self._incoming.add_url(part)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._incoming.add_header(name, value)

    def on_headers_complete(self) -> None:
        request = self._incoming
        request.end_head(self._parser)
        self._beside = self._received = 0
        if request.wants_upgrade:
            return
        self._receive("body")
        if request.length is not None and request.length > self._front.limits.body:
            self._over(request)
        elif request.expects and self.phase == "body":
            self._transport.write(_CONTINUE)

    def on_body(self, data: bytes) -> None:
        request = self._incoming
        self._beside = 0
        self._received += len(data)
        if request.over:
            return
        request.body += data
        if not self._front.makes_room(len(data), self):
            raise Bad(HTTPStatus.SERVICE_UNAVAILABLE)
        if len(request.body) > self._front.limits.body:
            self._over(request)

    def on_message_complete(self) -> None:
        self._beside = 0
        request = self._incoming
        if not request.over and not request.wants_upgrade:
            self._incoming = Incoming()
            self._queue(request)

    # --- requests

    def _receive(self, part: str) -> None:
        """Which part of a request comes now; while another one is answered, that is what counts."""
        self._receiving = part
        if self.phase != "busy":
            self._enter(part)

    def _over(self, request: Incoming) -> None:
        """More than we take in: the app says so in the wire's shape, and the connection ends."""
        request.over, request.keep_alive = True, False
        self._queue(request)

    def _queue(self, request: Incoming) -> None:
        self._receiving = "idle"
        self._is_deaf = not request.keep_alive
        if self.phase == "busy":
            self._waiting.append(request)
            if len(self._waiting) >= _MOST_WAITING and not self._paused:
                self._paused = True
                self._transport.pause_reading()
        else:
            self._begin(request)

    def _begin(self, request: Incoming) -> None:
        self._enter("busy")
        environ = request.environ(self._server, self._peer, self._scheme)
        self._front.serve(environ, partial(self._answered, request, environ[KEY]))

    def _begin_waiting(self) -> None:
        """Answer the next of those that were sent ahead."""
        following = self._waiting.popleft()
        if self._paused:
            self._paused = False
            self._transport.resume_reading()
        self._begin(following)

    @property
    def half_sent(self) -> int:
        """Bytes of a body that is not whole yet."""
        return len(self._incoming.body) if self._receiving == "body" and not self._is_deaf else 0

    def give_up(self) -> None:
        """Forget a half-sent body: others need the room."""
        self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer with a status alone, once those before are answered, and end."""
        if self._is_deaf:
            return
        self._is_deaf = True
        self._front.gives_back(len(self._incoming.body))
        self._incoming = Incoming()
        if self.phase == "busy":
            self._refused = status
        else:
            self._transport.write(bare(status))
            self._drain()

    def _forget_unanswered(self) -> None:
        """Give back what bodies take that no app will see."""
        for request in (*self._waiting, self._incoming):
            self._front.gives_back(len(request.body))
            request.body = bytearray()
        self._waiting.clear()

    def expire(self) -> None:
        """It took too long."""
        if self.phase in ("head", "body"):
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        elif self.unsent:
            self.reset()
        else:
            self._transport.close()

    @property
    def is_too_slow(self) -> bool:
        """Whether the body comes slower than anybody's network."""
        took = self._loop.time() - self.since
        return (
            self.phase == "body" and took > self._front.limits.grace and self._received < took * self._front.limits.rate
        )

    # --- answers

    def _answered(self, request: Incoming, exchange: Exchange, answer: Answer | None, body: bytes) -> None:
        """The app is done. None: it failed, and said nothing."""
        self._front.gives_back(request.size)
        if self.closed:
            return
        if exchange.fate == "hang":
            self._hang(exchange)
        elif exchange.delay > 0:
            self._delay(self._loop.time() + exchange.delay, request, exchange, answer, body)
        else:
            self._send(request, exchange, answer, body)

    def _delay(self, until: float, request: Incoming, exchange: Exchange, answer: Answer | None, body: bytes) -> None:
        left = until - self._loop.time()
        if left <= 0 or exchange.hurried():
            self._send(request, exchange, answer, body)
        else:
            wait = min(left, self._front.limits.look)
            self._after(wait, self._delay, until, request, exchange, answer, body)

    def _send(self, request: Incoming, exchange: Exchange, answer: Answer | None, body: bytes) -> None:
        if exchange.fate == "reset":
            self.reset()
        elif answer is None:
            self._transport.write(bare(HTTPStatus.INTERNAL_SERVER_ERROR))
            self._drain()
        elif answer.goes_on:
            head = answer.head(method=request.method, version=request.version, length=None, keep_alive=False)
            self._transport.write(head)
            self._stream = answer
            self._pull(iter(answer.pieces), exchange.pause or 0.0, chunked=request.version != "1.0")
        else:
            self._send_whole(request, exchange, answer, body)

    def _send_whole(self, request: Incoming, exchange: Exchange, answer: Answer, body: bytes) -> None:
        ends = answer.wants_close or self._front.is_stopping or (self._eof and not self._waiting)
        keep_alive = request.keep_alive and not ends
        head = answer.head(method=request.method, version=request.version, length=len(body), keep_alive=keep_alive)
        if is_bodiless(request.method, answer.status):
            body = b""
        end: Callable[[], None] = partial(self._done, request, keep_alive)
        if exchange.cut is not None and exchange.cut < len(body):
            body, end = body[: exchange.cut], self._transport.close
        if exchange.rate is None:
            self._transport.write(head + body)
            end()
        else:
            self._trickle(memoryview(head + body), max(1, exchange.rate), exchange.hurried, end)

    def _trickle(self, left: memoryview, rate: int, hurried: Callable[[], bool], end: Callable[[], None]) -> None:
        size = len(left) if hurried() else max(1, int(rate * _TICK))
        self._transport.write(bytes(left[:size]))
        if len(left) > size:
            self._after(size / rate, self._trickle, left[size:], rate, hurried, end)
        else:
            end()

    def _pull(self, pieces: Iterator[bytes], pause: float, *, chunked: bool) -> None:
        """Ask the app for the next piece; it has a thread only while it makes one."""

        def came(piece: bytes | None) -> None:
            self._is_asking = False
            if self.closed:
                self._end_stream()
                return
            if piece is None or self._front.is_stopping:
                self._transport.write(b"0\r\n\r\n" if chunked else b"")
                self._transport.close()
                return
            if piece:
                self._transport.write(chunk(piece) if chunked else piece)
            self._after(pause, partial(self._pull, pieces, pause, chunked=chunked))

        if self in self._front.stalled:
            self._after(pause, partial(self._pull, pieces, pause, chunked=chunked))
        else:
            self._is_asking = True
            self._front.ask(lambda: next(pieces, None), came)

    def _hang(self, exchange: Exchange) -> None:
        """Never answer; it ends with the client, or when nobody wants it any more."""
        self.is_hanging = True
        if self._eof:
            self._transport.close()
        elif exchange.hangs is not None:
            self._after(self._front.limits.look, self._front.ask, exchange.hangs, partial(self._still_hangs, exchange))

    def _still_hangs(self, exchange: Exchange, still: bool | None) -> None:
        if self.closed:
            return
        if still:
            self._hang(exchange)
        else:
            self.reset()

    def _done(self, request: Incoming, keep_alive: bool) -> None:
        if request.over:
            self._drain()
        elif not keep_alive:
            self._transport.close()
        elif self._waiting and self in self._front.stalled:
            self._is_held_back = True  # whoever does not read what was answered gets no more of it
        elif self._waiting:
            self._begin_waiting()
        elif self._refused is not None:
            self._transport.write(bare(self._refused))
            self._drain()
        else:
            self._enter(self._receiving)

    # --- ends

    def reset(self) -> None:
        """As a machine does that knows of no such connection: the client gets a reset, also under TLS."""
        endpoint = self._transport.get_extra_info("socket")
        if endpoint is not None:
            endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self._transport.abort()

    def close(self) -> None:
        """Nothing is under way."""
        self._transport.close()

    def _drain(self) -> None:
        """All is said. Closing now, with something unread, would take the answer away from the client."""
        self._enter("draining")
        self._is_deaf = True
        if self._eof:
            self._transport.close()
        elif self._transport.can_write_eof():
            self._transport.write_eof()
        self._after(self._front.limits.drained, self._transport.close)

    def _enter(self, phase: str) -> None:
        self.phase, self.since = phase, self._loop.time()

    def _after(self, seconds: float, call: Any, *arguments: Any) -> None:
        self._timer = self._loop.call_later(seconds, call, *arguments)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
