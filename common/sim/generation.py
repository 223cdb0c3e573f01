"""What is on (faults, egress) is known to each process and read anew only when its generation number has changed.

The number stands in the row that every request reads for the time, so knowing that nothing has changed costs nothing.
"""

from collections.abc import Callable
from typing import Generic, TypeVar

from sqlalchemy.orm import Session

from common.clock import SystemClock, ticks_of
from common.sim.row import hold, save, seen

_RAISED = "generation raised"

What = TypeVar("What")


def raise_generation(session: Session) -> None:
    """Call it in the transaction that changes what is on, before the change: whoever else changes it waits.

    A number is never used twice, also not after a database was put back to an earlier state.
    """
    row = hold(session)
    row.generation = max(row.generation + 1, ticks_of(SystemClock().now()))
    save(session)
    session.info[_RAISED] = True


def current_generation(session: Session) -> int:
    """The number of what is on, as this database session first saw it."""
    return seen(session).generation


class Cached(Generic[What]):
    """What is on, read from the database once per process and generation.

    One for each app (it lives in `app.extensions` or a part that was wired), because each has a database of its own.
    """

    def __init__(self, read: Callable[[Session], What]) -> None:
        """read: the rows as plain values; nothing that counts, which would get old."""
        self._read = read
        self._known: tuple[int, What] | None = None

    def now(self, session: Session) -> What:
        """What is on. Who has just changed it sees his change, which nobody else does before it is saved."""
        if session.info.get(_RAISED):
            return self._read(session)
        generation, known = current_generation(session), self._known
        if known is None or known[0] != generation:
            known = self._known = (generation, self._read(session))
        return known[1]
