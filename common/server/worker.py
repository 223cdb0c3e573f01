"""A process that does recurring work: it looks what is due, waits a little, looks again, until it is told to stop."""

import logging
import signal
import threading
from collections.abc import Callable
from types import FrameType

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from common.server.app import gate_of

POLL_SECONDS = 1.0
"""Of real time; what is due is decided on simulated time."""

log = logging.getLogger(__name__)


def stop_on_signals() -> threading.Event:
    """Set by SIGTERM and SIGINT."""
    stop = threading.Event()

    def told_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, told_to_stop)
    signal.signal(signal.SIGINT, told_to_stop)
    return stop


def look_until(
    stop: threading.Event, app: Flask, look: Callable[[], object], poll_seconds: float = POLL_SECONDS
) -> None:
    """Call `look`, each time with a database session of its own, until `stop` is set; a look under way is finished.

    The first look comes after the first pause: whoever waits for a start waits for no job.

    A database that does not answer, or a disk that is full, is tried again at the next look; while the app's gate is
    closed nobody looks.
    """
    gate = gate_of(app)
    while not stop.wait(poll_seconds):
        if gate.enter():
            try:
                with app.app_context():
                    look()
            except SQLAlchemyError as error:
                log.warning("The database does not answer: %s", error)
            except OSError as error:  # a full disk, as a rule: no reason to end, and the stack with us
                log.warning("What is due cannot be done now: %s", error)
            finally:
                gate.leave()
