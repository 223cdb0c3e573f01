"""Imports between rooms go one way only: the graph that all import statements draw has no cycle.

import-linter holds the order of the rooms (pyproject.toml); this needs no list, and so it also judges new rooms.
"""

import ast
from collections.abc import Iterator, Mapping, Set
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, module, paths, shown

DEEPER = ("common.domains", "common.server")
Graph = Mapping[str, Mapping[str, str]]
"""Room -> room that it imports -> a file that does."""


def room_of(name: str) -> str:
    """The package or module below a top-level folder that a module belongs to; one level deeper in some places."""
    parts = name.split(".")
    depth = 3 if name.startswith(tuple(f"{each}." for each in DEEPER)) else 2
    return ".".join(parts[:depth])


@cache
def _modules() -> Mapping[str, Path]:
    ours = [path for path in paths(".py") if "versions" not in path.parts]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in ours}


def _imported(path: Path, ours: Set[str]) -> Iterator[str]:
    """Modules of ours that a file imports anywhere, for type checking too; a name's own module where it is one."""
    for node in ast.walk(module(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, f"{shown(path)}: a relative import"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in ours else node.module


@cache
def graph() -> Graph:
    """All rooms."""
    modules = _modules()
    tops = {name.split(".")[0] for name in modules}
    arrows: dict[str, dict[str, str]] = {}
    for name, path in modules.items():
        here = arrows.setdefault(room_of(name), {})
        for target in _imported(path, modules.keys()):
            if target.split(".")[0] in tops and room_of(target) != room_of(name):
                here.setdefault(room_of(target), shown(path))
    return arrows


def cycle_in(arrows: Graph) -> list[str]:
    """One cycle, each step with a file that makes it; empty when there is none."""
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        around: list[str] = list(reversed(error.args[1]))
        return [f"{importer} -> {imported} ({arrows[importer][imported]})" for importer, imported in pairwise(around)]
    return []


def test_rooms_are_in_no_cycle() -> None:
    assert len(graph()) > 50
    assert cycle_in(graph()) == []


def test_a_cycle_is_found_and_told() -> None:
    arrows = {"a": {"b": "a.py"}, "b": {"c": "b.py"}, "c": {"a": "c.py"}, "d": {"a": "d.py"}}
    assert sorted(cycle_in(arrows)) == ["a -> b (a.py)", "b -> c (b.py)", "c -> a (c.py)"]


@pytest.mark.parametrize(
    ("name", "room"),
    [
        ("common.clock", "common.clock"),
        ("common.license.files", "common.license"),
        ("common.server.mail.smtp", "common.server.mail"),
        ("common.domains.vault.service", "common.domains.vault"),
        ("common.domains", "common.domains"),
        ("selfhost.cloud.client", "selfhost.cloud"),
    ],
)
def test_room_of(name: str, room: str) -> None:
    assert room_of(name) == room
