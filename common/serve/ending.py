"""When a server for tests has to end: told so, its parent gone, or nobody holding the other end of its input."""

import asyncio
import os
import signal
import stat
from contextlib import suppress

_POLL = 0.2


class Ending:
    """Set once; whoever serves waits for it. Make it inside the loop."""

    def __init__(self, parent: int | None = None) -> None:
        """parent: process id of who must live for this to go on."""
        self._told = asyncio.Event()
        self._parent = parent
        self._is_own = os.getppid() == parent
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self._told.set)
        if _is_held_by_somebody(0):
            loop.add_reader(0, self._listen)

    @property
    def is_near(self) -> bool:
        """Whether it was told."""
        return self._told.is_set()

    def tell(self) -> None:
        """End."""
        self._told.set()

    async def wait(self) -> None:
        """Until it is time."""
        while not self._told.is_set():
            if self._has_lost_its_parent():
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), _POLL)

    def _has_lost_its_parent(self) -> bool:
        """A parent that has ended and was not waited for yet can still be signalled, but its children are others'."""
        if self._parent is None:
            return False
        return (self._is_own and os.getppid() != self._parent) or not _lives(self._parent)

    def _listen(self) -> None:
        """Whatever is written is of no interest; an end of it is."""
        if not os.read(0, 4096):
            asyncio.get_running_loop().remove_reader(0)
            self._told.set()


def _is_held_by_somebody(descriptor: int) -> bool:
    """A pipe or a socket: its other end is closed when its holder dies. A terminal, a file or nothing at all is not."""
    with suppress(OSError):
        mode = os.fstat(descriptor).st_mode
        return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
    return False


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
