"""gunicorn settings of a served app (`gunicorn -c python:common.server.serving`): one process, threads, quiet.

A file and not options on the command line, because gunicorn passes over names that its version does not know.
"""

import gc
from typing import Any

worker_class = "common.server.front.worker.FrontWorker"
workers = 1
threads = 8
MOST_WORKERS = 64
NO_USE_TRYING_AGAIN = 3
"""gunicorn's own status for a worker that cannot start (Arbiter.WORKER_BOOT_ERROR); any other one is tried again."""

MOST_THREADS = 256
# Clients send their next request on a connection that the server closes at that moment: "socket hang up". Upstream's
# server (Kestrel) waits as long as this, gunicorn by itself two seconds.
keepalive = 130
graceful_timeout = 10
loglevel = "warning"
control_socket_disable = True


def on_starting(server: Any) -> None:
    """Until an app is made nothing that is made can go, so looking for it is a waste."""
    gc.disable()


def post_worker_init(worker: Any) -> None:
    """What the app is made of stays for good: collections need not look at it again."""
    gc.freeze()
    gc.enable()


def settings() -> dict[str, Any]:
    """All of the above, for a server that is started without a command line."""
    names = (
        "worker_class",
        "workers",
        "threads",
        "keepalive",
        "graceful_timeout",
        "loglevel",
        "control_socket_disable",
    )
    return {name: globals()[name] for name in (*names, "on_starting", "post_worker_init")}
