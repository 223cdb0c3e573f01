"""What goes wrong with mails on purpose: refused, late, lost. Kept beside the mails, counted for each recipient.

A rule: `{"to"?, "from"?, "skip", "times", "every", "do", "note"}`. `do` is one of `{"status": 451, "message"?}` (the
recipient is refused), `{"delaySeconds": 5}`, `{"hang": true}`, `{"reset": "before"}` (the connection is lost at the
recipient) and `{"reset": "after"}` (the mail is kept, and the answer lost).
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from common.errors import bad_request
from common.files import PRIVATE
from common.ids import Ids
from common.sim.faults.rules import MOST, Fault, Kind, read_do, unknown

FOLDER = ".faults"
_FILE = "faults-1.sqlite3"
_TABLE = """
CREATE TABLE IF NOT EXISTS fault (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, rule TEXT NOT NULL, most INTEGER,
    seen INTEGER NOT NULL DEFAULT 0
)
"""
_ALL = "SELECT number, id, rule FROM fault ORDER BY number"
_COUNT = "UPDATE fault SET seen = seen + 1 WHERE number = ? AND (most IS NULL OR seen < most) RETURNING seen"
_MEMBERS = ("to", "from", "skip", "times", "every", "do", "note")
_KINDS = (Kind.STATUS, Kind.DELAY, Kind.HANG, Kind.RESET)
_ADDRESSES = ("to", "from")

Rule = Mapping[str, Any]


def read_rule(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """A checked rule. Raises 400."""
    for name in wanted:
        if name not in _MEMBERS:
            raise unknown("member", name, _MEMBERS)
    for name in _ADDRESSES:
        if not isinstance(wanted.get(name, ""), str):
            raise bad_request(f"{name} is an address.", rule="sim.faults")
    for name, least in (("skip", 0), ("times", 1), ("every", 1)):
        value = wanted.get(name, least)
        if value is not None and not (type(value) is int and least <= value <= MOST // 2**10):
            raise bad_request(f"{name} is a number, at least {least}.", rule="sim.faults")
    do = wanted.get("do")
    if not isinstance(do, dict):
        raise bad_request(f"do is one of: {', '.join(_KINDS)}.", rule="sim.faults")
    read = read_do({name: value for name, value in do.items() if name != Kind.LICENCE}, lambda _defect: None)
    kind = next(iter(set(read) & set(_KINDS)), None)
    if kind is None or set(read) - {kind, "message"}:
        raise bad_request(f"The do of a mail is one of: {', '.join(_KINDS)}.", rule="sim.faults")
    if kind == Kind.STATUS and not 400 <= read["status"] <= 599:
        raise bad_request("do.status of a mail is a number from 400 to 599.", rule="sim.faults")
    usual = {"to": None, "from": None, "skip": 0, "times": None, "every": 1, "note": None}
    return usual | dict(wanted) | {"do": read}


class MailFaults:
    """Those of one mailbox; shared by threads and processes."""

    def __init__(self, directory: Path, ids: Ids) -> None:
        self._path = directory / FOLDER / _FILE
        self._ids = ids
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path.touch(mode=PRIVATE)
        with self._connection() as connection:
            connection.execute(_TABLE)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, timeout=30)
        try:
            with connection:
                yield connection
        finally:
            connection.close()

    def listed(self) -> list[dict[str, Any]]:
        """All, in the order in which they are tried."""
        with self._connection() as connection:
            rows = connection.execute("SELECT number, id, rule, seen FROM fault ORDER BY number").fetchall()
        told = []
        for number, fault_id, text, seen in rows:
            rule = json.loads(text)
            told.append(_told(_fault(number, fault_id, rule), rule, seen))
        return told

    def add(self, rule: Rule) -> dict[str, Any]:
        """Switch one on, behind the others."""
        fault = _fault(0, str(self._ids.uuid()), rule)
        with self._connection() as connection:
            values = (str(fault.id), json.dumps(dict(rule)), fault.last)
            connection.execute("INSERT INTO fault (id, rule, most) VALUES (?, ?, ?)", values)
        return _told(fault, rule, 0)

    def clear(self, fault_id: UUID | None = None) -> int:
        """Switch one off, or all; how many it were."""
        with self._connection() as connection:
            if fault_id is None:
                return connection.execute("DELETE FROM fault").rowcount
            return connection.execute("DELETE FROM fault WHERE id = ?", (str(fault_id),)).rowcount

    def is_on(self, fault: Fault) -> bool:
        """Whether nobody has switched it off."""
        with self._connection() as connection:
            return connection.execute("SELECT 1 FROM fault WHERE id = ?", (str(fault.id),)).fetchone() is not None

    def met_by(self, sender: str, recipient: str) -> list[Fault]:
        """What is done to a recipient of a mail; counted. One that ends it is the last."""
        met: list[Fault] = []
        with self._connection() as connection:
            for number, fault_id, text in connection.execute(_ALL).fetchall():
                fault = _fault(number, fault_id, rule := json.loads(text))
                if any(fault.kind is hit.kind for hit in met) or not _fits(rule, sender, recipient):
                    continue
                counted = connection.execute(_COUNT, (number,)).fetchone()
                if counted and fault.hits(counted[0]):
                    met.append(fault)
                    if fault.answers:
                        break
        return met


def _fits(rule: Rule, sender: str, recipient: str) -> bool:
    wanted = ((rule["to"], recipient), (rule["from"], sender))
    return all(name is None or name.lower() == address.lower() for name, address in wanted)


def _fault(number: int, fault_id: str, rule: Rule) -> Fault:
    return Fault(
        number, UUID(fault_id), "*", {}, rule["skip"], rule["times"], rule["every"], rule["do"], rule["note"], None
    )


def _told(fault: Fault, rule: Rule, seen: int) -> dict[str, Any]:
    hits = fault.hits_of(seen)
    left = None if fault.times is None else fault.times - hits
    return {"id": str(fault.id)} | dict(rule) | {"hits": hits, "left": left}
