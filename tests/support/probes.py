"""Lines and branches that the tests of a process reach, noted by the modules themselves: a mark before each statement.

Python 3.11 can only be traced, which slows down everything that runs, libraries too: twice the CPU of the tests. A mark
costs a store into an array, in our own modules only. What is found is handed to coverage, which reports it by its own
reading of the sources, together with what its tracer saw in the processes that tests started. The same is found, but
for an `except` that was looked at and did not fit, which does not count here.

`tests/support/plugins/measuring.py` has it begin; `python -m tests.support.probes` writes for `coverage combine`.
"""

import ast
import json
import os
from collections.abc import Iterator, Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import NamedTuple

from coverage import CoverageData
from coverage.parser import PythonParser

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("common", "cloud_sim", "selfhost")
SEEN = "__seen__"
"""What a module calls the array of its marks."""
BESIDE = ".probes-"
"""How the files begin in which processes leave what they found."""


class Mark(NamedTuple):
    """A line was reached; or, where there is an `inner`: it was left for its inner line (taken), or it was not."""

    line: int
    inner: int = 0
    taken: bool = True


Place = tuple[Mark, ...]
"""What is known once an element of the array is set."""


class Probed(NamedTuple):
    """A module that marks what it reaches."""

    code: CodeType
    places: list[Place]


def probed(source: bytes, path: str) -> Probed:
    """The same program, with marks."""
    tree = ast.parse(source, path)
    probes = _Probes()
    tree.body = probes.block(tree.body)
    return Probed(compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True), probes.places)


class _Probes:
    def __init__(self) -> None:
        self.places: list[Place] = []

    def block(self, body: Sequence[ast.stmt], *before: Mark) -> list[ast.stmt]:
        """These statements, each behind its mark; the first mark also tells what came before."""
        marked: list[ast.stmt] = []
        for number, statement in enumerate(body):
            before = (*before, *_lines(statement))
            if not _has_to_come_first(statement, number):
                marked.append(self._probe(statement, *before))
                before = ()
            self._within(statement)
            marked.append(statement)
        if before:
            marked.append(self._probe(body[-1], *before))
        return marked

    def _probe(self, place: ast.AST, *marks: Mark) -> ast.stmt:
        element = ast.Subscript(ast.Name(SEEN, ast.Load()), ast.Constant(len(self.places)), ast.Store())
        self.places.append(marks)
        probe = ast.Assign([element], ast.Constant(1))
        for node in ast.walk(probe):
            ast.copy_location(node, place)
        return probe

    def _within(self, statement: ast.stmt) -> None:
        match statement:
            case ast.If() | ast.For() | ast.AsyncFor() | ast.While():
                self._fork(statement)
            case ast.Match():
                self._cases(statement)
            case ast.Try() | ast.TryStar():
                self._attempt(statement)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.With() | ast.AsyncWith():
                statement.body = self.block(statement.body)

    def _fork(self, fork: ast.If | ast.For | ast.AsyncFor | ast.While) -> None:
        line, inner = fork.lineno, _first_line(fork.body[0])
        fork.body = self.block(fork.body, Mark(line, inner))
        other = Mark(line, inner, taken=False)
        fork.orelse = self.block(fork.orelse, other) if fork.orelse else [self._probe(fork, other)]

    def _cases(self, match: ast.Match) -> None:
        tried: list[Mark] = []
        for case in match.cases:
            line, inner = case.pattern.lineno, _first_line(case.body[0])
            case.body = self.block(case.body, *tried, Mark(line), Mark(line, inner))
            tried += [Mark(line), Mark(line, inner, taken=False)]
        last = match.cases[-1]
        if last.guard is not None or not isinstance(last.pattern, ast.MatchAs) or last.pattern.pattern is not None:
            match.cases.append(ast.match_case(ast.MatchAs(), None, [self._probe(last.pattern, *tried)]))

    def _attempt(self, attempt: ast.Try | ast.TryStar) -> None:
        attempt.body = self.block(attempt.body)
        tried: list[Mark] = []
        for handler in attempt.handlers:
            tried.append(Mark(handler.lineno))
            handler.body = self.block(handler.body, *tried)
        attempt.orelse = self.block(attempt.orelse)
        attempt.finalbody = self.block(attempt.finalbody)


def _has_to_come_first(statement: ast.stmt, number: int) -> bool:
    """A docstring, `from __future__`: nothing may stand before it."""
    is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return (is_text and number == 0) or (isinstance(statement, ast.ImportFrom) and statement.module == "__future__")


def _lines(statement: ast.stmt) -> Iterator[Mark]:
    for decorator in getattr(statement, "decorator_list", ()):
        yield Mark(decorator.lineno)
    yield Mark(statement.lineno)


def _first_line(statement: ast.stmt) -> int:
    return next(_lines(statement)).line


class Measuring:
    """Has the modules of the product that this process loads from now on mark what they reach. found: a file for it."""

    def __init__(self, found: Path) -> None:
        self._found = found
        self._seen: list[tuple[str, list[Place], bytearray]] = []

    def begin(self) -> None:
        """Until the process ends."""
        usual = SourceFileLoader.exec_module

        def exec_module(loader: SourceFileLoader, module: ModuleType) -> None:
            path = Path(loader.path)
            if any(path.is_relative_to(ROOT / package) for package in PACKAGES):
                self._run(path, module)
            else:
                usual(loader, module)

        SourceFileLoader.exec_module = exec_module  # type: ignore[method-assign,assignment]

    def save(self) -> None:
        """Write what was reached so far."""
        reached: dict[str, set[Mark]] = {}
        for path, places, seen in self._seen:
            reached.setdefault(path, set()).update(
                mark for place, was_seen in zip(places, seen, strict=True) if was_seen for mark in place
            )
        told = {path: sorted(marks) for path, marks in reached.items()}
        self._found.write_text(json.dumps(told), encoding="utf-8")

    def _run(self, path: Path, module: ModuleType) -> None:
        code, places = probed(path.read_bytes(), str(path))
        seen = bytearray(len(places))
        self._seen.append((str(path), places, seen))
        setattr(module, SEEN, seen)
        exec(code, module.__dict__)


def file_of_findings(data: Path) -> Path:
    """Where this process writes what it found, beside the data of coverage."""
    return data.with_name(f"{BESIDE}{os.getpid()}.json")


def hand_over(data: Path) -> None:
    """Turn what processes found into data of coverage, which also lists the modules that nobody has loaded."""
    reached: dict[str, set[Mark]] = {
        str(path): set() for package in PACKAGES for path in (ROOT / package).rglob("*.py")
    }
    for found in data.parent.glob(f"{BESIDE}*.json"):
        for path, marks in json.loads(found.read_text(encoding="utf-8")).items():
            reached[path].update(Mark(*mark) for mark in marks)
        found.unlink()
    written = CoverageData(str(data), suffix="probes")
    written.add_arcs({path: arcs_of(path, marks) for path, marks in reached.items()})
    for path in reached:
        written.touch_file(path)
    written.write()


def arcs_of(path: str, marks: set[Mark]) -> set[tuple[int, int]]:
    """Ways from line to line, as coverage names them: where a fork leads to when it is not taken, its parser knows."""
    parser = PythonParser(filename=path)
    parser.parse_source()
    ways: dict[int, set[int]] = {}
    for line, to in parser.arcs():
        ways.setdefault(line, set()).add(to)
    arcs = set()
    for line, inner, taken in marks:
        if not inner:
            arcs.add((-1, line))
        elif taken:
            arcs.add((line, inner))
        else:
            arcs.update((line, to) for to in ways.get(line, set()) - {inner})
    return arcs


if __name__ == "__main__":
    hand_over(Path(os.environ["COVERAGE_FILE"]))
