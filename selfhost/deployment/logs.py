"""Log files as the real services write them: `bwdata/logs/<service>/<Project>/<yyyyMMdd>.txt`.

Source: fidelity.md: deployment.logs (Serilog; Information and above; string arguments quoted).
"""

import logging
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from common.clock import Clock, SystemClock

LEVELS = {
    logging.DEBUG: "Debug",
    logging.INFO: "Information",
    logging.WARNING: "Warning",
    logging.ERROR: "Error",
    logging.CRITICAL: "Fatal",
}


def literal(value: object) -> object:
    """A message argument as Serilog shows it: texts in quotes, dates in en-US, the rest unchanged."""
    match value:
        case None:
            return "null"
        case str():
            return '"' + value.replace('"', '\\"') + '"'
        case datetime():
            return value.strftime("%m/%d/%Y %H:%M:%S")
    return value


def render(record: logging.LogRecord, moment: datetime) -> str:
    """One event: `2026-08-20 12:30:00.010 +00:00 [Information] text`, a traceback on the lines below it."""
    arguments: object = record.args
    if isinstance(arguments, Mapping):
        arguments = {name: literal(value) for name, value in arguments.items()}
    elif isinstance(arguments, tuple):
        arguments = tuple(literal(value) for value in arguments)
    message = str(record.msg) % arguments if arguments else str(record.msg)
    level = next((name for number, name in sorted(LEVELS.items(), reverse=True) if record.levelno >= number), "Verbose")
    offset = moment.strftime("%z") or "+0000"
    stamp = f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d} {offset[:3]}:{offset[3:5]}"
    lines = [f"{stamp} [{level}] {message}"]
    if record.exc_info:
        lines.append(logging.Formatter().formatException(record.exc_info))
    return "\n".join(lines) + "\n"


PORTAL = "selfhost.portal"
"""Upstream's portal is a service of its own, with its own log."""


def log_to_files(folder: Path, project: str, clock: Clock, names: Sequence[str] = ("selfhost", "common")) -> None:
    """Send what the instance logs to the files of one service; call once in each process and service.

    names: loggers, with all below them that have no service of their own.
    """
    handler = ServiceLog(folder, project, clock)
    if PORTAL not in names:
        handler.addFilter(lambda record: not record.name.startswith(PORTAL))
    for name in names:
        logger = logging.getLogger(name)
        logger.setLevel(logging.INFO)
        logger.addHandler(handler)


LONGEST = 10 * 1024 * 1024
"""Bytes of one file, more or less a line; upstream's end at 1 GB."""

KEPT = 31
"""Files of one service, as upstream keeps them."""


class ServiceLog(logging.Handler):
    """Writes the log of one service (`folder` = bwdata/logs/api, `project` = Api), a new file for each day.

    A line is one write to a file opened for appending, so several processes may share it. A file that is full is
    followed by another one of the day (`20260820_001.txt`); those that nobody has written to for longest go.
    """

    def __init__(self, folder: Path, project: str, clock: Clock) -> None:
        super().__init__(logging.INFO)
        self._folder = folder / project
        self._clock = clock

    def emit(self, record: logging.LogRecord) -> None:
        try:
            moment = self._moment()
            line = render(record, moment).encode(errors="backslashreplace")
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._file_of(moment)
            is_new = not path.exists()
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                os.write(descriptor, line)
            finally:
                os.close(descriptor)
            if is_new:
                self._forget_oldest()
        except Exception:
            self.handleError(record)

    def _file_of(self, moment: datetime) -> Path:
        """The first one of the day that has room."""
        number, path = 0, self._folder / f"{moment:%Y%m%d}.txt"
        with suppress(FileNotFoundError):
            while path.stat().st_size >= LONGEST:
                number += 1
                path = path.with_name(f"{moment:%Y%m%d}_{number:03d}.txt")
        return path

    def _forget_oldest(self) -> None:
        """By when they were written and not by their names: simulated time goes back as well."""
        files = [(path.stat().st_mtime_ns, path) for path in self._folder.glob("[0-9]*.txt")]
        for _, path in sorted(files)[:-KEPT]:
            path.unlink(missing_ok=True)

    def _moment(self) -> datetime:
        """Simulated time, or real time when the database that keeps it is what the line complains about."""
        try:
            return self._clock.now()
        except Exception:
            return SystemClock().now()
