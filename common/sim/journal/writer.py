"""Writing entries in batches, by a thread that is there only where something was answered, and survives forks."""

import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from weakref import WeakSet

from common.server.processes import at_end
from common.sim.journal.pending import Pending
from common.sim.journal.store import Entry, Store

log = logging.getLogger(__name__)

Unwritten = Callable[[], Iterable[Entry]]
"""Makes the entries of something that was answered. Called off the request's path, once."""

BATCH_SECONDS = 0.1
"""How long the first of a batch waits for the others."""

_MOST_WAITING = 500
"""Beyond so many, whoever answers helps to write."""

_BATCH = 100
_PATIENCE = 5.0

_writers: "WeakSet[Writer]" = WeakSet()


def _after_fork() -> None:
    """What waits in the parent is the parent's, and its threads are not here."""
    for writer in _writers:
        writer.begin()


def _at_end() -> None:
    """What was answered last is written, too."""
    for writer in list(_writers):
        writer.flush()


os.register_at_fork(after_in_child=_after_fork)


class Writer:
    """Of one app in one process. store: where to. pending: file of the numbers that all processes of the app share."""

    def __init__(self, store: Store, pending: Path) -> None:
        self._store = store
        self._pending_file = pending
        self.begin()
        _writers.add(self)

    def begin(self) -> None:
        """As in a process that has answered nothing yet."""
        self._store.forget_connections()
        self._waiting: deque[Unwritten] = deque()
        self._writing = threading.Lock()
        self._told = threading.Event()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._pending: Pending | None = None

    def put(self, unwritten: Unwritten) -> None:
        """Have it written soon. Costs what a queue costs."""
        if self._thread is None:
            self._start()
        self._waiting.append(unwritten)
        if self._pending is not None:
            self._pending.queued()
        if not self._told.is_set():
            self._told.set()
        if len(self._waiting) > _MOST_WAITING:
            self.flush()

    def flush(self) -> None:
        """Write what this process has answered by now."""
        with self._writing:
            while self._waiting:
                taken = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
                self._write(taken)

    def settle(self) -> None:
        """Wait until all that was answered by now, by any process of the app, is written."""
        self.flush()
        if self._thread is None:
            self._start()
        if self._pending is not None and not self._pending.wait_for_others(_PATIENCE):
            log.warning("Another process is slow to write the journal; its newest entries may be missing.")

    def close(self) -> None:
        """Write what waits, and end."""
        if self._thread is not None:
            self._stopped.set()
            self._told.set()
            self._thread.join(_PATIENCE)
            self.flush()
            if self._pending is not None:
                self._pending.close()
            self._thread = self._pending = None
            self._stopped.clear()
        self._store.close()

    def _start(self) -> None:
        with self._writing:
            if self._thread is not None:
                return
            try:
                self._pending = Pending(self._pending_file)
            except OSError:
                log.exception("Who reads the journal in another process will not wait for this one")
            at_end(_at_end)
            self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while not self._stopped.is_set():
            self._told.wait()
            self._stopped.wait(BATCH_SECONDS)
            self._told.clear()
            self.flush()

    def _write(self, taken: Sequence[Unwritten]) -> None:
        try:
            entries = [entry for each in taken for entry in _made(each)]
            if entries:
                self._store.add(entries)
        except Exception:  # the app goes on without
            log.exception("%d entries of the journal are lost", len(taken))
        finally:
            if self._pending is not None:
                self._pending.written(len(taken))


def _made(unwritten: Unwritten) -> Sequence[Entry]:
    try:
        return list(unwritten())
    except Exception:
        log.exception("An entry of the journal cannot be made")
        return ()
