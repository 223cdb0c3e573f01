"""Writing off the request's path: in batches, by several processes, and what was answered last."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from common.sim.journal.pending import Pending
from common.sim.journal.store import Entry, Store
from common.sim.journal.writer import Writer

PATIENCE = 30.0


def _entry(name: str) -> Entry:
    return {"id": name, "kind": "request", "operation": "GET /", "status": 200, "caller": None, "realAt": "2026"}


def _made(name: str) -> Callable[[], list[Entry]]:
    return lambda: [_entry(name)]


def _journal(directory: Path, most: int = 1000) -> Writer:
    return Writer(Store(f"sqlite:///{directory}/journal.db", most, lambda entry: entry), directory / "pending")


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    made = _journal(tmp_path)
    yield made
    made.close()


def _names(directory: Path) -> list[str]:
    store = Store(f"sqlite:///{directory}/journal.db", 1000, lambda entry: entry)
    try:
        return [each["id"] for each in store.newest(1000)]
    finally:
        store.close()


def _forked(work: Callable[[], object]) -> int:
    """The id of a child that does this and ends without any ceremony."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return pid


def test_what_was_put_is_written_soon_by_itself(writer: Writer, tmp_path: Path) -> None:
    writer.put(_made("a"))
    end = time.monotonic() + PATIENCE
    while _names(tmp_path) != ["a"] and time.monotonic() < end:
        time.sleep(0.01)
    assert _names(tmp_path) == ["a"]


def test_what_cannot_be_made_costs_nobody_else(writer: Writer, tmp_path: Path) -> None:
    def broken() -> list[Entry]:
        raise ValueError("of no use")

    writer.put(broken)
    writer.put(_made("b"))
    writer.settle()
    assert _names(tmp_path) == ["b"]


def test_who_reads_waits_for_what_another_process_has_answered(tmp_path: Path) -> None:
    """The child has answered something, and writes it a moment later."""
    answered, told = os.pipe()

    def child() -> None:
        other = Pending(tmp_path / "pending")
        other.queued()
        os.write(told, b".")
        time.sleep(0.2)
        (tmp_path / "written").touch()
        other.written(1)
        time.sleep(0.2)

    pid = _forked(child)
    os.read(answered, 1)
    mine = Pending(tmp_path / "pending")
    assert mine.wait_for_others(PATIENCE)
    assert (tmp_path / "written").exists()
    os.waitpid(pid, 0)
    mine.close()


def test_after_a_fork_nothing_of_the_parent_waits(writer: Writer, tmp_path: Path) -> None:
    """What a child does first, done here: its queue is empty, and what it puts is written."""
    writer._waiting.append(_made("parent"))
    writer.begin()
    writer.put(_made("child"))
    writer.settle()
    assert _names(tmp_path) == ["child"]


def test_nobody_waits_for_a_process_that_was_killed(tmp_path: Path) -> None:
    def child() -> None:
        Pending(tmp_path / "pending").queued()

    os.waitpid(_forked(child), 0)
    mine = Pending(tmp_path / "pending")
    began = time.monotonic()
    assert mine.wait_for_others(PATIENCE)
    assert time.monotonic() - began < PATIENCE / 2
    mine.close()


def test_the_oldest_go_and_no_number_is_given_twice(tmp_path: Path) -> None:
    writer = _journal(tmp_path, most=3)
    for name in "abcdefg":
        writer.put(_made(name))
        writer.settle()
    store = writer._store
    assert [each["id"] for each in store.newest(10)] == ["e", "f", "g"]
    store.clear()
    writer.put(_made("h"))
    writer.settle()
    assert [(each["id"], each["number"]) for each in store.after(0, 10)] == [("h", 8)]
    writer.close()


def test_who_writes_the_journal_keeps_nobody_else_from_it(tmp_path: Path) -> None:
    """The file stays open while it is mapped; its lock must not."""
    file = tmp_path / "journal.pending"
    first = Pending(file)
    with file.open("rb") as again:
        fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)
    first.close()


def test_what_postgresql_cannot_hold_loses_nothing_of_its_batch(postgres_url: str) -> None:
    store = Store(postgres_url, 10, lambda entry: entry)
    try:
        store.add([_entry("a"), _entry("b") | {"operation": "GET /x\0y", "caller": "\0"}, _entry("c")])
        assert [(each["id"], each["operation"]) for each in store.newest(10)] == [
            ("a", "GET /"),
            ("b", "GET /x\0y"),
            ("c", "GET /"),
        ]
        assert store.find("\0") is None and store.newest(10, kind="\0") == []
    finally:
        store.close()
