"""A CONNECT proxy on loopback that answers for the official host names itself, and leads nowhere else."""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from common.serve.official import rules
from common.serve.official.rules import Place

_HEAD_BYTES = 64 * 1024
_PATIENCE = 30.0
_CHUNK = 64 * 1024


class Proxy:
    """Make it, `start` it and `stop` it inside the loop."""

    def __init__(self, places: Mapping[str, Place], authority: "ssl.SSLContext", ca: Path | None) -> None:
        """authority: speaks for the official names. ca: PEM file to trust, where the apps speak https."""
        self._places = places
        self._tls = authority
        self._ca = ssl.create_default_context(cafile=str(ca)) if ca else None
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, host: str, port: int) -> None:
        """Listen. OSError where the port is taken."""
        self._server = await asyncio.start_server(self._accept, host, port, limit=_HEAD_BYTES)

    async def stop(self) -> None:
        """Let go of everybody."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        with suppress(OSError, ssl.SSLError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            await self._serve(reader, writer)
        writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _PATIENCE)
        asked = rules.wanted(head)
        if asked is None:
            await _refuse(writer, 405, "This proxy of wardenloop understands CONNECT only: use https addresses.")
            return
        place = self._places.get(asked[0]) if asked[1] == 443 else None
        if place is None:
            await _refuse(writer, 403, rules.refusal(*asked))
            return
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await writer.drain()
        await writer.start_tls(self._tls, ssl_handshake_timeout=_PATIENCE)
        await self._lead(reader, writer, place)

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, place: Place) -> None:
        """One request; the connection is closed after its answer, as both are told."""
        head = await reader.readuntil(b"\r\n\r\n")
        try:
            passed = rules.led(head, place)
        except ValueError:
            await _refuse(writer, 400, "This is no request.")
            return
        there, to_there = await asyncio.open_connection(place.host, place.port, ssl=self._ca if place.https else None)
        try:
            to_there.write(passed)
            sending = asyncio.create_task(_pass_on(reader, to_there))
            await _pass_on(there, writer)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        finally:
            to_there.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(_CHUNK):
        writer.write(piece)
        await writer.drain()


async def _refuse(writer: asyncio.StreamWriter, status: int, why: str) -> None:
    text = f"{why}\n".encode()
    line = f"HTTP/1.1 {status} {why}"
    head = f"{line}\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode("latin-1", "replace") + text)
    await writer.drain()
