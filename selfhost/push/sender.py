"""The loop that talks to the push relay, on a thread of the jobs process: a relay that hangs delays no job."""

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy.exc import SQLAlchemyError

from selfhost.cloud.client import CloudClient
from selfhost.context import SelfHostContext
from selfhost.push.service import is_on, relay_client, send_pending

POLL_SECONDS = 1.0

log = logging.getLogger(__name__)


def send_until(
    stop: threading.Event,
    step: Callable[[], AbstractContextManager[SelfHostContext]],
    poll_seconds: float = POLL_SECONDS,
) -> None:
    """Send what waits until `stop` is set; ends at once when no relay is configured.

    step: opens one unit of work, a context with a database session of its own.
    """
    relay: CloudClient | None = None
    while not stop.is_set():
        try:
            with step() as ctx:
                if not is_on(ctx):
                    return
                relay = relay or relay_client(ctx)
                send_pending(ctx, relay)
        except SQLAlchemyError as error:
            log.warning("The database does not answer: %s", error)
        stop.wait(poll_seconds)


def start_sender(stop: threading.Event, step: Callable[[], AbstractContextManager[SelfHostContext]]) -> None:
    """Run `send_until` on a thread that does not keep the process alive."""
    threading.Thread(target=send_until, args=(stop, step), name="push-relay", daemon=True).start()
