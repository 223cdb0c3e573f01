"""What a view may ask of the connection that its answer goes to. Obeyed once the view is done, without a thread."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

KEY = "wardenloop.exchange"
"""Where it lies in the WSGI environment; missing under other servers."""


@dataclass(slots=True)
class Exchange:
    """One request and its answer on the wire.

    delay: seconds until the answer is sent. rate: bytes a second at which it is sent. cut: bytes of the body after
    which the connection is closed. pause: seconds between two pieces of the body, which is asked for one piece at a
    time for as long as the client listens (server-sent events); without it the whole body is taken at once. fate:
    `reset` loses the answer with a connection reset, `hang` never answers. hangs: asked now and then; a hanging
    connection is reset once it says no. hurried: asked now and then, and answers at once: whether nobody may be kept
    waiting any more, by a delay or a rate.
    """

    delay: float = 0.0
    rate: int | None = None
    cut: int | None = None
    pause: float | None = None
    fate: Literal["answer", "reset", "hang"] = "answer"
    hangs: Callable[[], bool] | None = None
    hurried: Callable[[], bool] = lambda: False


def exchange_of(environ: Mapping[str, Any]) -> Exchange | None:
    """The exchange that a request belongs to; None under another server and in process."""
    return environ.get(KEY)
