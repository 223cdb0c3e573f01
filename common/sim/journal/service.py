"""Reading the journal of an app. Whoever reads waits for what was answered before."""

from collections.abc import Iterator, Sequence

from flask import Flask

from common.errors import Refusal, bad_request, conflict, not_found
from common.sim.journal.operations import nearest_operations, operation_of, same_operation
from common.sim.journal.recorder import Journal, journal_of
from common.sim.journal.rules import NearMiss, Pattern, is_caller, matches
from common.sim.journal.store import Entry

NEWEST = 100
"""How many entries are answered unless more are asked for."""

MOST = 1_000_000
MOST_IDS = 500


def newest(app: Flask, pattern: Pattern, limit: int) -> list[Entry]:
    """The newest entries that a pattern means, in order."""
    store = _settled(app).store
    if pattern.operation is None and pattern.status is None and pattern.caller is None:
        return store.newest(limit, pattern.since, pattern.kind)
    every = store.newest(MOST, pattern.since, pattern.kind)
    return [each for each in every if _is_meant(pattern, each)][-limit:]


def after(app: Flask, number: int, limit: int = MOST) -> list[Entry]:
    """What was written later than the entry of this number."""
    return _settled(app).store.after(number, limit)


def of_ids(app: Flask, ids: Sequence[str]) -> list[Entry]:
    """Those of these ids, in order. Errors: 400 too many."""
    if len(ids) > MOST_IDS:
        raise bad_request(f"At most {MOST_IDS} ids at once.", rule="sim.journal-number")
    return _settled(app).store.of_ids(ids)


def newest_number(app: Flask) -> int:
    """The number to follow from."""
    return _settled(app).store.newest_number()


def show(app: Flask, entry_id: str) -> Entry:
    """One entry, by id or number. Errors: 404."""
    found = _settled(app).store.find(entry_id)
    if found is None:
        raise not_found("sim.journal-unknown")
    return found


def find(app: Flask, pattern: Pattern) -> tuple[list[Entry], list[NearMiss]]:
    """The entries that a pattern means, and those that it nearly means. Errors: 400 an operation that nobody has."""
    entries = _settled(app).store.newest(MOST)
    if pattern.operation is not None:
        _require_known(app, pattern.operation, entries)
    return matches(pattern, entries)


def clear(app: Flask) -> None:
    """Forget all entries."""
    _settled(app).store.clear()


def is_kept(app: Flask) -> bool:
    """Whether there is a journal."""
    return journal_of(app) is not None


def count(app: Flask) -> int | None:
    """How many entries there are; None = the journal is off."""
    return _settled(app).store.count() if journal_of(app) is not None else None


def journal_off() -> Refusal:
    """409 of whoever asks for a journal that is not kept."""
    return conflict(
        "The journal of this app is off. Switch it on with WARDENLOOP_JOURNAL (clouds) or wardenloop__journal "
        "(instance), which say how many entries it keeps.",
        rule="sim.journal-off",
    )


def _settled(app: Flask) -> Journal:
    journal = journal_of(app)
    if journal is None:
        raise journal_off()
    journal.writer.settle()
    return journal


def _is_meant(pattern: Pattern, entry: Entry) -> bool:
    return (
        (pattern.operation is None or same_operation(pattern.operation, entry["operation"]))
        and (pattern.status is None or entry["status"] == pattern.status)
        and (pattern.caller is None or is_caller(pattern.caller, entry["caller"]))
    )


def _require_known(app: Flask, operation: str, entries: list[Entry]) -> None:
    known = {*_operations(app), *(str(each["operation"]) for each in entries)}
    if not any(same_operation(operation, each) for each in known):
        near = ", ".join(nearest_operations(operation, known))
        raise bad_request(
            f"There is no operation {operation}. The nearest: {near}. All are in /openapi.json.",
            rule="sim.journal-operation",
        )


def _operations(app: Flask) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield operation_of(method, rule.rule)
