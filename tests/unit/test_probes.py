"""What modules mark is what coverage's tracer sees: the same lines, the same branches."""

import json
from pathlib import Path
from typing import Any

import coverage
import pytest
from coverage import CoverageData

from tests.support.probes import SEEN, Mark, arcs_of, probed

PROGRAM = '''"""A module."""

from __future__ import annotations

import contextlib
from typing import NamedTuple


TOP = 1
"""What stands at the top."""


class Pair(NamedTuple):
    """Two."""

    left: int
    right: int = 2

    @property
    def both(self) -> int:
        """Their sum."""
        return (
            self.left
            + self.right
        )


def fork(values):
    for value in values:
        if value > 2:
            continue
        elif value == 2:
            break
        else:
            value += 1
    else:
        value = 0
    while value:
        value -= 1
        if value == 7:
            return value
    if values:
        @contextlib.contextmanager
        def inner():
            global TOP
            TOP = 2
            yield
        with inner():
            pass
    return [each for each in values if each]


def cases(value):
    match value:
        case 1 | 2:
            return "few"
        case int() if value > 9:
            return "many"
        case str():
            value = "text"
        case None:
            return
    match value:
        case "text":
            return "text"
        case _:
            return "else"


def attempt(value):
    try:
        1 / value
    except TypeError:
        return "type"
    except (ZeroDivisionError, ValueError):
        value = 1
    else:
        value = 2
    finally:
        TOP
    return value


async def later(values):
    async with values:
        async for value in values:
            if value:
                return


def empty():
    """Nothing."""


def never():
    while True:
        if TOP:
            raise ValueError
'''

CALLS = (
    "fork([1, 3])",
    "fork([])",
    "fork([2]), cases(1), attempt(0)",
    "cases(10), cases('a'), attempt(1)",
    "cases(5), cases(None), attempt('')",
    "empty(), Pair(1).both, later(1).close()",
)


@pytest.mark.parametrize("calls", CALLS)
def test_marks_say_what_the_tracer_sees(calls: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    tracer = coverage.Coverage(str(tmp_path / "traced"), branch=True, include=[str(program)], config_file=False)
    with tracer.collect():
        names: dict[str, Any] = {"__name__": "program"}
        exec(compile(PROGRAM, program, "exec"), names)
        eval(calls, names)
    tracer.save()

    made = probed(PROGRAM.encode(), str(program))
    seen = bytearray(len(made.places))
    names = {"__name__": "program", SEEN: seen}
    exec(made.code, names)
    eval(calls, names)
    reached: set[Mark] = {mark for place, was in zip(made.places, seen, strict=True) if was for mark in place}
    marked = CoverageData(str(tmp_path / "marked"))
    marked.add_arcs({str(program): arcs_of(str(program), reached)})
    marked.write()

    found, expected = _report(tmp_path / "marked"), _report(tmp_path / "traced")
    assert len(expected["executed_lines"]) > 15
    for name in ("executed_lines", "executed_branches", "missing_branches"):
        assert sorted(found[name]) == sorted(expected[name]), name


def _report(data: Path) -> dict[str, Any]:
    read = coverage.Coverage(str(data), config_file=False)
    read.load()
    out = data.with_suffix(".json")
    read.json_report(outfile=str(out))
    [told] = json.loads(out.read_text())["files"].values()
    return dict(told)
