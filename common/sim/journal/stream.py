"""Entries as server-sent events. Source: HTML Living Standard, server-sent events."""

import json

from common.server.body import utf_8
from common.sim.journal.store import Entry

PAUSE_SECONDS = 0.5
"""Between two looks whether something has come."""


def event(number: str, entry: Entry) -> bytes:
    """One event. number: what a client that comes back says in `Last-Event-ID`."""
    content = json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
    return utf_8(f"id: {number}\nevent: {entry['kind']}\ndata: {content}\n\n")
