"""The loop of the jobs process: look every second of real time what is due on simulated time, until told to stop."""

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy.exc import SQLAlchemyError

from selfhost.context import SelfHostContext
from selfhost.jobs.service import run_due_jobs
from selfhost.license_files.service import publish_leftovers

POLL_SECONDS = 1.0

log = logging.getLogger(__name__)

Step = Callable[[], AbstractContextManager[SelfHostContext]]
"""Opens one unit of work: a context with a database session of its own."""


def run_until(stop: threading.Event, step: Step, poll_seconds: float = POLL_SECONDS) -> None:
    """Run due jobs until `stop` is set. A database that does not answer is tried again at the next look."""
    ready = False
    while not stop.is_set():
        try:
            with step() as ctx:
                ready = ready or publish_leftovers(ctx)
                if ready:
                    run_due_jobs(ctx)
        except SQLAlchemyError as error:
            log.warning("The database does not answer: %s", error)
        stop.wait(poll_seconds)
