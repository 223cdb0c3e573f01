"""Server-sent events that tell a state: said when it begins, and again each time it has become another one.

No thread waits: the front asks for one piece after the other. Source: HTML Living Standard, server-sent events.
"""

import json
import logging
from collections.abc import Callable, Hashable, Iterator
from typing import Any, TypeVar

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
