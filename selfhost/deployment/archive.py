"""`compresslogs` and the database copy of `uninstall`: tar files in the current directory."""

import re
import tarfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path


class BadDates(ValueError):
    """The literal text of a refused date range."""


def parse_range(start: str | None, end: str | None) -> tuple[date, date] | None:
    """First and last day out of `YYYYMMDD` texts; None = everything; BadDates with upstream's text."""
    if start is None:
        return None
    first = _day(start, "start")
    if end is None:
        raise BadDates("Error: an end date is required when an start date is provided.")
    last = _day(end, "end")
    if first > last:
        raise BadDates(f"Error: start date ({start}) must be earlier than end date ({end}).")
    return first, last


def archive_name(days: tuple[date, date] | None) -> str:
    """Name of the file that `compresslogs` makes."""
    if days is None:
        return "bitwarden-logs-all.tar.gz"
    first, last = (f"{day:%Y%m%d}" for day in days)
    return f"bitwarden-logs-{first}.tar.gz" if first == last else f"bitwarden-logs-{first}-to-{last}.tar.gz"


def compress_logs(logs: Path, days: tuple[date, date] | None, target: Path) -> None:
    """Pack the log files of these days: `.txt` by the date in their name, `.log` by their last change."""
    _pack(target, logs.parent.parent, _chosen(logs, days))


def compress_folder(folder: Path, target: Path) -> None:
    """Pack a whole folder."""
    _pack(target, folder.parent.parent, (path for path in sorted(folder.rglob("*")) if path.is_file()))


def _pack(target: Path, root: Path, files: Iterator[Path]) -> None:
    with tarfile.open(target, "w:gz") as tar:
        for path in files:
            tar.add(path, arcname=path.relative_to(root))


def _chosen(logs: Path, days: tuple[date, date] | None) -> Iterator[Path]:
    for path in sorted(logs.rglob("*")):
        if not path.is_file():
            continue
        if days is None or any(days[0] <= day <= days[1] for day in _days_of(path)):
            yield path


def _days_of(path: Path) -> Iterator[date]:
    if path.suffix == ".log":
        yield datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
    elif path.suffix == ".txt":
        for digits in re.findall(r"\d{8}", path.name):
            try:
                yield _day(digits, "file")
            except BadDates:
                continue


def _day(text: str, which: str) -> date:
    complaint = f"Error: {which} date format is invalid. Please use YYYYMMDD."
    if not re.fullmatch(r"[0-9]{8}", text):
        raise BadDates(complaint)
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError as error:
        raise BadDates(complaint) from error
