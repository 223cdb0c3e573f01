"""What can go wrong with a command, told in a sentence that ends with the next command. Loads next to nothing."""

from pathlib import Path

from common.server.terminal import told


class RequestFailed(Exception):
    """An answer that is no success, or none at all. status: 0 when there was no answer. message: the server's words."""

    def __init__(self, what: str, status: int, message: str) -> None:
        super().__init__(f"{what}: {status or 'no answer'} {message}")
        self.status = status
        self.message = message


class BrokenFile(Exception):
    """A file of the home that cannot be understood."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} is broken: {why}. Put it right, or make a new world with `wardenloop up --fresh`.")


_SERVER_ERROR, _NO_ROOM = 500, 507

TOLD = (OSError, RequestFailed, BrokenFile)
"""What ends a command with a sentence instead of a traceback."""


def sentence(error: BaseException, *, running: bool) -> str:
    """What is said about it. running: whether the stack does."""
    if isinstance(error, RequestFailed) and error.status == 0:
        start = "`wardenloop status` says what is down" if running else "Start the stack with `wardenloop up --detach`"
        return f"{error}. {start}."
    if isinstance(error, RequestFailed) and error.status >= _SERVER_ERROR and error.status != _NO_ROOM:
        return f"{error}\n`wardenloop logs` says what went wrong."
    return told(error) if isinstance(error, OSError) else str(error)
