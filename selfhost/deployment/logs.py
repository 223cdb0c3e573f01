"""Log files as the real services write them: `bwdata/logs/<service>/<Project>/<yyyyMMdd>.txt`.

Source: fidelity.md: deployment.logs (Serilog; Information and above; string arguments quoted).
"""

import logging
import os
from collections.abc import Mapping
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


def log_to_files(folder: Path, project: str, clock: Clock) -> None:
    """Send what the instance logs to the files of one service; call once in each process."""
    handler = ServiceLog(folder, project, clock)
    for name in ("selfhost", "common"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.INFO)
        logger.addHandler(handler)


class ServiceLog(logging.Handler):
    """Writes the log of one service (`folder` = bwdata/logs/api, `project` = Api), a new file for each day.

    A line is one write to a file opened for appending, so several processes may share it.
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
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
            descriptor = os.open(self._folder / f"{moment:%Y%m%d}.txt", flags, 0o644)
            try:
                os.write(descriptor, line)
            finally:
                os.close(descriptor)
        except Exception:
            self.handleError(record)

    def _moment(self) -> datetime:
        """Simulated time, or real time when the database that keeps it is what the line complains about."""
        try:
            return self._clock.now()
        except Exception:
            return SystemClock().now()
