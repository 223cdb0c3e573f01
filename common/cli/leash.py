"""What a stack in the foreground hangs on: the process that started it, and the signals that tell that one to end."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

LET_GO = b"."
"""What a supervisor hears of a leash that binds it no more."""

_ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Leash:
    """Binds a stack to the process that starts it, until it is let go: it ends when that process does, however."""

    def __init__(self) -> None:
        self.heard, self._held = os.pipe()  # our end is closed by our own end, whatever that is

    def let_go(self) -> None:
        """From now on the stack runs by itself."""
        with suppress(BrokenPipeError):  # it has ended
            os.write(self._held, LET_GO)
        for descriptor in (self.heard, self._held):
            os.close(descriptor)


class EndAsked(KeyboardInterrupt):
    """A signal asks this process to end."""


@contextmanager
def told_to_end() -> Iterator[None]:
    """SIGTERM, SIGINT and SIGHUP end the block, by an EndAsked. A SIGHUP that is ignored (nohup) stays so."""

    def told(number: int, _frame: FrameType | None) -> None:
        raise EndAsked(signal.Signals(number).name)

    numbers = [number for number in _ENDING if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, told) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
