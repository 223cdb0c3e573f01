"""The log of a stack: bounded, kept over restarts, read to the end by those who follow it."""

from pathlib import Path

from common.cli import log_file
from common.cli.log_file import KEPT, LogFile


def test_a_long_log_is_set_aside_and_the_oldest_goes(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "stack.log"
    log = LogFile(path, longest=20)
    for number in range(40):
        log.write(f"line {number:04}\n".encode())
    assert len(list(path.parent.iterdir())) == 1 + KEPT
    kept = list(log_file.lines(path))
    assert kept == [f"line {number:04}\n" for number in range(40 - len(kept), 40)]
    assert sum(file.stat().st_size for file in path.parent.iterdir()) <= (1 + KEPT) * (20 + 10)


def test_a_new_writer_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    for word in ("one", "two"):
        LogFile(tmp_path / "stack.log").write(f"{word}\n".encode())
    assert list(log_file.lines(tmp_path / "stack.log")) == ["one\n", "two\n"]


def test_whoever_follows_misses_nothing_of_what_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "stack.log"
    log = LogFile(path, longest=20)
    wanted = iter(range(6))

    def goes_on() -> bool:
        number = next(wanted, None)
        if number is not None:
            log.write(f"line {number:04}\n".encode())
        return number is not None

    assert list(log_file.follow(path, goes_on, from_start=True)) == [f"line {number:04}\n" for number in range(6)]
