"""The mailbox's memory of what it has read: one SQLite file beside the mails, so that each mail is parsed once.

It can be thrown away: whatever is missing in it is read from the mails again.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from common.desk.mailbox.parsing import ReceivedMail
from common.files import PRIVATE

FOLDER = ".index"
_FILE = "mails-1.sqlite3"
"""The number changes with what is kept: an index of another release is not looked at."""
_TABLE = """
CREATE TABLE IF NOT EXISTS mail (
    id TEXT PRIMARY KEY, recipients TEXT NOT NULL, subject TEXT NOT NULL, document TEXT NOT NULL
) WITHOUT ROWID
"""


_READ = "CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY) WITHOUT ROWID"


class MailIndex:
    """What was read from the mails of one directory; shared by threads and processes."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / FOLDER / _FILE
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        try:
            self._create()
        except sqlite3.DatabaseError:  # damaged: begin again
            self._remove()
            self._create()

    def _create(self) -> None:
        self._path.touch(mode=PRIVATE)
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(_TABLE)
            connection.execute(_READ)

    def _remove(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            self._path.with_name(_FILE + suffix).unlink(missing_ok=True)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, timeout=30)
        try:
            # the mails are the truth, so nothing waits for the disk
            connection.execute("PRAGMA synchronous=OFF")
            with connection:
                yield connection
        finally:
            connection.close()

    def ids(self) -> set[str]:
        """Of all mails in it."""
        with self._connection() as connection:
            return {row[0] for row in connection.execute("SELECT id FROM mail")}

    def add(self, mails: Iterable[ReceivedMail]) -> None:
        """Remember mails; those that are known stay as they are."""
        rows = [(mail.id, _recipients(mail.to), mail.subject.lower(), mail.to_json()) for mail in mails]
        self._change("INSERT OR IGNORE INTO mail VALUES (?, ?, ?, ?)", rows)

    def forget(self, ids: Iterable[str]) -> None:
        """Remove what is known about these."""
        rows = [(mail_id,) for mail_id in ids]
        self._change("DELETE FROM mail WHERE id = ?", rows)
        self._change("DELETE FROM seen WHERE id = ?", rows)

    def see(self, mail_id: str) -> None:
        """Somebody has opened it."""
        self._change("INSERT OR IGNORE INTO seen VALUES (?)", [(mail_id,)])

    def seen(self) -> set[str]:
        """Those that somebody has opened."""
        with self._connection() as connection:
            return {row[0] for row in connection.execute("SELECT id FROM seen")}

    def unread(self, to: str) -> int:
        """How many to this address nobody has opened."""
        query = "SELECT count(*) FROM mail WHERE instr(recipients, ?) AND id NOT IN (SELECT id FROM seen)"
        with self._connection() as connection:
            return int(connection.execute(query, (_recipients([to]),)).fetchone()[0])

    def _change(self, statement: str, rows: Sequence[tuple[str, ...]]) -> None:
        if rows:
            with self._connection() as connection:
                connection.executemany(statement, rows)

    def newest_first(self, to: str, subject: str, since: str, limit: int | None, text: str = "") -> list[str]:
        """Mails as JSON. to: a whole address; subject: a part of it; text: a part of anything in the mail ("" = any;
        all in any case). since: the least id. limit: None = all.
        """
        query = (
            "SELECT document FROM mail WHERE id >= ? AND instr(recipients, ?) AND instr(subject, ?)"
            " AND instr(lower(document), ?) ORDER BY id DESC LIMIT ?"
        )
        words = json.dumps(text.lower())[1:-1]  # as the document writes it
        most = -1 if limit is None else limit
        wanted = (since, _recipients([to]) if to else "", subject.lower(), words, most)
        with self._connection() as connection:
            return [row[0] for row in connection.execute(query, wanted)]


def _recipients(addresses: Iterable[str]) -> str:
    """Addresses in one text in which each can be found as a whole; none of them has a line break (SMTP)."""
    return "\n" + "".join(f"{address.lower()}\n" for address in addresses)
