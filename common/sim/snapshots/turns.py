"""One at a time: nobody else takes, brings or removes a snapshot of this home meanwhile."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from common.clock import Clock
from common.files import PRIVATE
from common.ids import Ids
from common.sim.snapshots import rules
from common.sim.snapshots.folders import Layout
from common.sim.snapshots.rewinding import Rewinder

PATIENCE = 15.0
"""Seconds that requests and jobs get to come to their end."""

_POLL = 0.03


class Tools(NamedTuple):
    """The parts that are handed over. clock: real time. rewinder: of a home that is this process's own, and goes with
    it."""

    clock: Clock
    ids: Ids
    rewinder: Rewinder | None = None


def fresh_folder(tools: Tools) -> str:
    return f"data-{tools.ids.uuid().hex}"


@contextmanager
def alone(layout: Layout) -> Iterator[None]:
    """Nobody else takes, brings or removes one, and no command of the instance runs. Errors: 409."""
    layout.shelf.mkdir(mode=0o700, parents=True, exist_ok=True)
    (layout.root / "selfhost").mkdir(mode=0o700, exist_ok=True)
    with ExitStack() as stack:
        for path, who in (
            (layout.shelf / ".lock", "Another snapshot"),
            (layout.root / "selfhost" / "control.lock", "A command of the instance"),
        ):
            path.touch(PRIVATE)
            file = stack.enter_context(path.open("a"))
            deadline = time.monotonic() + PATIENCE
            while not _locks(file.fileno()):
                if time.monotonic() > deadline:
                    raise rules.busy(who)
                time.sleep(_POLL)
        yield


@contextmanager
def building(layout: Layout) -> Iterator[None]:
    """A world is built on this home: nobody else builds one, or takes or brings a snapshot meanwhile. Errors: 409."""
    with _hold(layout, fcntl.LOCK_EX):
        yield


@contextmanager
def no_building(layout: Layout) -> Iterator[None]:
    """No world is half built here, nor is one begun meanwhile. Errors: 409."""
    with _hold(layout, fcntl.LOCK_SH):
        yield


@contextmanager
def _hold(layout: Layout, how: int) -> Iterator[None]:
    """Let go of when the process dies."""
    with (layout.root / rules.BUILDING).open("ab") as file:
        if not _locks(file.fileno(), how):
            raise rules.building()
        yield


def _locks(descriptor: int, how: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
