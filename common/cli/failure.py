"""What can go wrong with a command, told in a sentence that ends with the next command. Loads next to nothing."""

from pathlib import Path

from common.cli.language import gloss, meant, worded
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
        super().__init__(worded("x.cli.brokenFile", path=path, why=why))


_SERVER_ERROR, _NO_ROOM = 500, 507

TOLD = (OSError, RequestFailed, BrokenFile)
"""What ends a command with a sentence instead of a traceback."""


def sentence(error: BaseException, *, running: bool) -> str:
    """What is said about it. running: whether the stack does."""
    if isinstance(error, RequestFailed) and error.status == 0:
        return worded("x.cli.noAnswerRunning" if running else "x.cli.noAnswer", error=error)
    if isinstance(error, RequestFailed) and error.status >= _SERVER_ERROR and error.status != _NO_ROOM:
        return worded("x.cli.serverFailed", error=error)
    if isinstance(error, RequestFailed) and (said := gloss(error.message)):
        return f"{error}（{said}）"
    return meant(told(error) if isinstance(error, OSError) else str(error))
