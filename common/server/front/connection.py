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
    comes is thrown away). since: loop time at which it began.
    """

    def __init__(self, front: "Front", server: tuple[str, int], scheme: str) -> None:
        self._front = front
        self._server = server
        self._scheme = scheme
        self._loop = front.loop
        self._parser = httptools.HttpRequestParser(self)
        self._incoming = Incoming()
        self._waiting: deque[Incoming] = deque()
        self._head_bytes = 0
        self._received = 0
        self._receiving = "idle"
        self._timer: asyncio.TimerHandle | None = None
        self._stream: Answer | None = None
        self._eof = self._paused = self.closed = False
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
        self._cancel()
        if self._stream is not None:
            self._front.finish(self._stream)
            self._stream = None

    def eof_received(self) -> bool:
        """The client sends no more; it may still listen."""
        self._eof = True
        return self.phase == "busy" and not self.is_hanging and self._stream is None and self._scheme == "http"

    def data_received(self, data: bytes) -> None:
        if self.phase == "draining":
            return
        if self.phase in ("idle", "head"):
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
            if self.phase == "head" and self._head_bytes > LONGEST_HEAD:
                raise Bad(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        except httptools.HttpParserUpgrade:
            pass  # nothing is upgraded: the request is answered as it is, and the connection ends
        except httptools.HttpParserCallbackError as error:
            cause = error.__context__
            if not isinstance(cause, Bad):
                raise
            self._refuse(cause.status)
        except Bad as bad:
            self._refuse(bad.status)
        except httptools.HttpParserError:
            self._refuse(HTTPStatus.BAD_REQUEST)

    def pause_writing(self) -> None:
        self._front.stalled[self] = (self.unsent, self._loop.time())

    def resume_writing(self) -> None:
        self._front.stalled.pop(self, None)

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
        self._head_bytes = self._received = 0
        self._receive("body")
        if request.length is not None and request.length > self._front.limits.body:
            self._over(request)
        elif request.expects and self.phase == "body":
            self._transport.write(_CONTINUE)

    def on_body(self, data: bytes) -> None:
        request = self._incoming
        self._received += len(data)
        if request.over:
            return
        request.body += data
        if len(request.body) > self._front.limits.body:
            self._over(request)

    def on_message_complete(self) -> None:
        if not self._incoming.over:
            if self._parser.should_upgrade():
                self._incoming.keep_alive = False
            self._queue(self._incoming)

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

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer with a status alone, and end."""
        if self.phase == "busy":  # behind one that is being answered
            self._transport.abort()
            return
        self._transport.write(bare(status))
        self._drain()

    def expire(self) -> None:
        """It took too long."""
        if self.phase in ("head", "body"):
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
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
        if self.closed:
            return
        if exchange.fate == "hang":
            self._hang(exchange)
        elif exchange.delay > 0:
            self._after(exchange.delay, self._send, request, exchange, answer, body)
        else:
            self._send(request, exchange, answer, body)

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
        keep_alive = request.keep_alive and not (answer.wants_close or self._eof or self._front.is_stopping)
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
            self._trickle(memoryview(head + body), max(1, exchange.rate), end)

    def _trickle(self, left: memoryview, rate: int, end: Callable[[], None]) -> None:
        size = max(1, int(rate * _TICK))
        self._transport.write(bytes(left[:size]))
        if len(left) > size:
            self._after(size / rate, self._trickle, left[size:], rate, end)
        else:
            end()

    def _pull(self, pieces: Iterator[bytes], pause: float, *, chunked: bool) -> None:
        """Ask the app for the next piece; it has a thread only while it makes one."""

        def came(piece: bytes | None) -> None:
            if self.closed:
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
        elif self._waiting:
            following = self._waiting.popleft()
            if self._paused:
                self._paused = False
                self._transport.resume_reading()
            self._begin(following)
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
