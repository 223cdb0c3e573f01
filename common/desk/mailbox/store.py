"""Mails on disk: one `.eml` file each, named so that names sort in order of arrival, and an index of what they say."""

import json
import os
import re
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any

from common.clock import Clock
from common.desk.mailbox.index import MailIndex
from common.desk.mailbox.parsing import ReceivedMail, parse
from common.files import PRIVATE, write_file
from common.ids import Ids

_ID = re.compile(r"\d{8}T\d{12}Z-[0-9a-f]{32}")
_FILE_NAME = re.compile(rf"({_ID.pattern})\.eml")
_ID_TIME = "%Y%m%dT%H%M%S%fZ"
MOST_MAILS = 20_000
MOST_BYTES = 1024**3
PRUNED_EVERY = 100
"""Mails, between two looks whether there are too many."""

_CLOCK_STEP = 2.0
"""Seconds within which a file system may not tell two changes of a folder apart."""
# First line of each file: the SMTP envelope as JSON, which keeps every address exactly; the rest is the mail as sent.
_ENVELOPE = b"X-Envelope: "


class MailStore:
    """The directory of one mailbox. One process writes; any number may read. Files may be removed by hand."""

    def __init__(self, directory: Path, most: int = MOST_MAILS, most_bytes: int = MOST_BYTES) -> None:
        """most, most_bytes: kept, more or less; older mails go."""
        self._directory = directory
        self._most, self._most_bytes = most, most_bytes
        self._added = 0
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._index = MailIndex(directory)
        self._catching_up = Lock()
        self._seen = self._settled = 0
        self._seen_at = 0.0
        self._changed = self._changed_at = 0.0
        self._summed: tuple[int, str | None] | None = None

    def add(self, mail_id: str, sender: str, recipients: list[str], content: bytes) -> None:
        """Keep one mail. A reader sees all of it or nothing."""
        envelope = json.dumps({"from": sender, "to": recipients}).encode("ascii")
        write_file(self._path(mail_id), _ENVELOPE + envelope + b"\r\n" + content, PRIVATE)
        self._index.add(self._read([mail_id]))
        if self._added % PRUNED_EVERY == 0:
            self._prune()
        self._added += 1

    def _prune(self) -> None:
        """Remove the oldest of too many, or of too large ones."""
        with os.scandir(self._directory) as entries:
            sizes = {entry.name: entry.stat().st_size for entry in entries if _FILE_NAME.fullmatch(entry.name)}
        left, total = len(sizes), sum(sizes.values())
        for name in sorted(sizes):
            if left <= self._most and total <= self._most_bytes:
                return
            (self._directory / name).unlink(missing_ok=True)
            left, total = left - 1, total - sizes[name]

    def get(self, mail_id: str) -> ReceivedMail | None:
        """One mail, or None."""
        return next(iter(self._read([mail_id])), None) if _ID.fullmatch(mail_id) else None

    def newest_first(
        self,
        to: str = "",
        subject: str = "",
        since: datetime | None = None,
        limit: int | None = None,
        *,
        text: str = "",
    ) -> list[str]:
        """Mails as JSON (`ReceivedMail.to_json`) that match all of: a recipient equal to `to`, `subject` within the
        subject, `text` anywhere (all in any case), arrival at or after `since`."""
        self._catch_up()
        return self._index.newest_first(to, subject, _prefix(since) if since else "", limit, text)

    def source(self, mail_id: str) -> bytes | None:
        """One mail as it was sent, or None."""
        if not _ID.fullmatch(mail_id):
            return None
        try:
            return self._path(mail_id).read_bytes().partition(b"\r\n")[2]
        except FileNotFoundError:
            return None

    def see(self, mail_id: str) -> None:
        """Somebody has opened it."""
        self._index.see(mail_id)

    def seen(self) -> set[str]:
        """The ids of those that somebody has opened."""
        return self._index.seen()

    def unread(self, to: str) -> int:
        """How many mails to this address nobody has opened."""
        self._catch_up()
        return self._index.unread(to)

    def remove(self, mail_id: str) -> None:
        """Throw one away."""
        if _ID.fullmatch(mail_id):
            self._path(mail_id).unlink(missing_ok=True)
            self._catch_up()

    def count(self) -> int:
        """How many there are."""
        return len(_ids(path.name for path in self._directory.iterdir()))

    def newest(self) -> tuple[int, str | None]:
        """How many there are, and the id of the last. The folder is looked through when it has changed."""
        changed = self._directory.stat().st_mtime
        if changed != self._changed:
            self._changed, self._changed_at, self._summed = changed, time.monotonic(), None
        if self._summed is None or time.monotonic() - self._changed_at < _CLOCK_STEP:
            with os.scandir(self._directory) as entries:
                ids = _ids(entry.name for entry in entries)
            self._summed = len(ids), ids[-1] if ids else None
        return self._summed

    def clear(self) -> int:
        """Remove every mail; how many there were."""
        ids = _ids(path.name for path in self._directory.iterdir())
        for mail_id in ids:
            self._path(mail_id).unlink(missing_ok=True)
        self._catch_up()
        return len(ids)

    def _catch_up(self) -> None:
        """Have the index know the files that are there and no others; nothing is done while the folder is as it was."""
        with self._catching_up:
            changed, now = self._directory.stat().st_mtime_ns, time.monotonic()
            if changed == self._settled:
                return
            self._compare()
            if changed != self._seen:
                self._seen, self._seen_at = changed, now
            elif now - self._seen_at > _CLOCK_STEP:
                self._settled = changed

    def _compare(self) -> None:
        known = self._index.ids()  # who takes a mail in adds it there, perhaps since we have looked at the folder
        with os.scandir(self._directory) as entries:  # of thousands, so no Path objects
            there = set(_ids(entry.name for entry in entries))
        self._index.add(self._read(sorted(there - known)))
        self._index.forget(known - there)

    def _read(self, ids: Iterable[str]) -> list[ReceivedMail]:
        """Those of the mails that are still there."""
        mails = []
        for mail_id in ids:
            try:
                first_line, _, sent = self._path(mail_id).read_bytes().partition(b"\r\n")
            except FileNotFoundError:
                continue
            envelope: dict[str, Any] = json.loads(first_line.removeprefix(_ENVELOPE))
            mails.append(parse(mail_id, _received(mail_id), envelope, sent))
        return mails

    def _path(self, mail_id: str) -> Path:
        return self._directory / f"{mail_id}.eml"


class MailIds:
    """Names for arriving mails: strictly ascending, also within one microsecond and when the clock steps back."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self._last = datetime.min.replace(tzinfo=UTC)

    def next(self) -> str:
        self._last = max(self._clock.now(), self._last + timedelta(microseconds=1))
        return f"{_prefix(self._last)}-{self._ids.uuid().hex}"


def _ids(names: Iterable[str]) -> list[str]:
    """Of the mails among these files, oldest first."""
    found = (_FILE_NAME.fullmatch(name) for name in names)
    return sorted(match[1] for match in found if match)


def _prefix(moment: datetime) -> str:
    """The part of a name that says when the mail arrived."""
    moment = moment.astimezone(UTC)
    return f"{moment.year:04}{moment:%m%dT%H%M%S%f}Z"


def _received(mail_id: str) -> datetime:
    return datetime.strptime(mail_id.partition("-")[0], _ID_TIME).replace(tzinfo=UTC)
