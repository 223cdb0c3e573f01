"""`wardenloop logs`: the output of the processes, their requests in it, and the log files of the instance itself."""

import json
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from common.cli import log_file, stack
from common.cli.home import Home
from common.cli.language import worded

_FORMER_NAMES = {"mail": "desk"}
_OF_THE_INSTANCE = (None, "selfhost", "selfhost-jobs")
_POLL = 0.2


class _ProcessName(click.Choice[str]):
    """A process of the stack, also by the name that it had before."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return super().convert(_FORMER_NAMES.get(value, value), param, ctx)


@click.command()
@click.option("-f", "--follow", is_flag=True, help="Go on as lines come, until the stack ends.")
@click.option("-n", "--lines", type=click.IntRange(0), default=100, show_default=True, help="How many lines back.")
@click.argument("process", required=False, type=_ProcessName(stack.PROCESSES))
@click.option("--json", "as_json", is_flag=True, help='A JSON object a line: {"source", "text"}.')
@click.pass_obj
def logs(home: Home, follow: bool, lines: int, process: str | None, as_json: bool) -> None:
    """Print what the processes wrote, a line for each request; then the instance's log files (bwdata/logs).

    The times of the processes are real, those in the instance's files simulated.
    """
    if home.ports() is None:
        raise stack.StackError(worded("x.cli.noStack", home=home.root))
    for line in stack.log_tail(home, process, lines):
        _print(line, None, as_json=as_json)
    files = instance_files(home) if process in _OF_THE_INSTANCE else []
    for path in files:
        _print_tail(home, path, lines, as_json=as_json)
    if follow and stack.is_running(home):
        for line in _coming(home, process):
            _print(line, None, as_json=as_json)


def _print(line: str, file: str | None, *, as_json: bool) -> None:
    """A line as it is, or with its source: the file, else the process that the supervisor's line names."""
    if not as_json:
        click.echo(line, nl=False)
        return
    head, bar, text = line.partition(" | ")
    named = file is None and bool(bar)
    told = {"source": head.strip() if named else file, "text": (text if named else line).rstrip("\n")}
    click.echo(json.dumps(told, ensure_ascii=False))


def instance_files(home: Home) -> list[Path]:
    """The newest file of each service: `bwdata/logs/api/Api/20260820.txt`."""
    found: dict[Path, Path] = {}
    for path in sorted((home.root / "bwdata" / "logs").glob("*/*/*.txt")):
        found[path.parent] = path
    return list(found.values())


def _print_tail(home: Home, path: Path, lines: int, *, as_json: bool) -> None:
    with path.open(encoding="utf-8", errors="replace") as log:
        newest = deque(log, lines)
    name = str(path.relative_to(home.root))
    if newest and not as_json:
        click.echo(f"\n==> {name} <==")
    for line in newest:
        _print(line, name, as_json=as_json)


def _coming(home: Home, process: str | None) -> Iterator[str]:
    """New lines of both kinds in the order in which they come, until the stack ends."""
    instance = _Tails(lambda: instance_files(home)) if process in _OF_THE_INSTANCE else None
    looked = time.monotonic()
    for line in log_file.follow_with_pauses(home.log_file, lambda: stack.is_running(home)):
        if line is not None and stack.is_from(line, process):
            yield line
        if line is None and instance is not None and time.monotonic() - looked > _POLL:
            looked = time.monotonic()
            yield from instance.more()


class _Tails:
    """What is appended to files that come and go by the day."""

    def __init__(self, find: Callable[[], list[Path]]) -> None:
        self._find = find
        self._read = {path: path.stat().st_size for path in find()}

    def more(self) -> Iterator[str]:
        for path in self._find():
            with suppress(FileNotFoundError), path.open("rb") as log:
                log.seek(self._read.get(path, 0))
                content = log.read()
                whole = content[: content.rfind(b"\n") + 1]
                self._read[path] = self._read.get(path, 0) + len(whole)
            yield from whole.decode("utf-8", "replace").splitlines(keepends=True)
