"""What is left of an advance whose desk was killed: where it wanted to go, and how the clocks differed before it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from common.files import PRIVATE, read_json, write_json

FOLDER = "desk"
"""In the home; part of the world, so that an advance ends with the world that it was in."""

_FILE = "advance.json"


class Pending(NamedTuple):
    """An advance that has begun and not ended. skews: how far each app was ahead of the first one."""

    begin: datetime
    to: datetime
    frozen: bool
    skews: Mapping[str, timedelta]


class Ledger:
    """Where it is written down. folder: None = nowhere."""

    def __init__(self, folder: Path | None) -> None:
        self._file = folder / _FILE if folder else None

    def open(self) -> Pending | None:
        """The advance that has not ended."""
        told = read_json(self._file) if self._file else None
        if told is None:
            return None
        skews = {name: timedelta(seconds=seconds) for name, seconds in told["skews"].items()}
        begin, to = (datetime.fromisoformat(told[name]) for name in ("from", "to"))
        return Pending(begin, to, told["frozen"], skews)

    def begin(self, pending: Pending) -> None:
        """Write down that one begins."""
        if self._file is None:
            return
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        document = {
            "from": pending.begin.isoformat(),
            "to": pending.to.isoformat(),
            "frozen": pending.frozen,
            "skews": {name: skew.total_seconds() for name, skew in pending.skews.items()},
        }
        write_json(self._file, document, PRIVATE)

    def end(self) -> None:
        """It has come to its end, whatever that was."""
        if self._file is not None:
            self._file.unlink(missing_ok=True)


NOWHERE = Ledger(None)
