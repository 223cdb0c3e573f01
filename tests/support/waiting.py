"""Waiting for what comes about in its own time, on a machine that may have much else to do."""

import time
from collections.abc import Callable

PATIENCE = 120.0
"""Seconds. Nobody waits so long for what works, so it costs nothing to be patient."""


def until(condition: Callable[[], object], what: str = "it comes about") -> None:
    """Look again and again; fail when patience ends."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE} s in vain until {what}"
        time.sleep(0.01)
