"""Server-sent events that tell a state: said when it begins, and again each time it has become another one.

No thread waits: the front asks for one piece after the other. Source: HTML Living Standard, server-sent events.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from typing import Any, Generic, TypeVar

from flask import Flask, Response, request
from sqlalchemy.exc import SQLAlchemyError

from common.server.app import gate_of
from common.server.body import utf_8
from common.server.front.exchange import exchange_of
from common.server.transaction import db, reading

log = logging.getLogger(__name__)

Value = TypeVar("Value")

PAUSE_SECONDS = 1.0
"""Between two looks at the state."""

_NOTHING = b": \n\n"


class Shared(Generic[Value]):
    """One look for all who follow, however many they are and however long it takes."""

    def __init__(self, look: Callable[[], Value], seconds: float, ticks: Callable[[], float] = time.monotonic) -> None:
        """seconds: so long what was seen is fresh."""
        self._look, self._seconds, self._ticks = look, seconds, ticks
        self._lock = threading.Lock()
        self._seen: Value | None = None
        self._at: float | None = None

    def __call__(self) -> Value | None:
        """What is to be seen; while somebody else looks, what was seen last. None = nothing yet."""
        if self._lock.acquire(blocking=False):
            try:
                if self._at is None or self._ticks() - self._at >= self._seconds:
                    self._seen = self._look()
                    self._at = self._ticks()
            finally:
                self._lock.release()
        return self._seen


def follow(
    look: Callable[[], dict[str, Any] | None],
    same: Callable[[dict[str, Any]], Hashable],
    pause: float = PAUSE_SECONDS,
) -> Response:
    """look: the state now; None = it cannot be seen now. same: what makes two of them one. pause: between looks."""
    exchange = exchange_of(request.environ)
    if exchange is not None:
        exchange.pause = pause
    pieces = _pieces(look, same, goes_on=exchange is not None)
    response = Response(pieces, direct_passthrough=True)  # nobody may ask how long it is
    response.content_type = "text/event-stream; charset=utf-8"
    response.headers["Cache-Control"] = "no-store"
    return response


def look_at(app: Flask, look: Callable[[], Value]) -> Value | None:
    """Look with a session of its own, outside of any request. None: the state is being replaced, or the database does
    not answer."""
    gate = gate_of(app)
    if not gate.enter():
        return None
    try:
        with app.app_context(), reading(db.session):
            return look()
    except SQLAlchemyError as error:
        log.warning("The database does not answer: %s", error)
        return None
    finally:
        gate.leave()


def _pieces(
    look: Callable[[], dict[str, Any] | None], same: Callable[[dict[str, Any]], Hashable], *, goes_on: bool
) -> Iterator[bytes]:
    told: Hashable = None
    while True:
        state = look()
        known = None if state is None else same(state)
        if state is None or known == told:
            yield _NOTHING
        else:
            told = known
            yield utf_8(f"event: state\ndata: {json.dumps(state, ensure_ascii=False, separators=(',', ':'))}\n\n")
        if not goes_on:
            return
