"""Every domain's tables are its own: what others want of them they ask its services. And who hangs what on an app."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.architecture.sources import ROOT, module, paths, shown

HOOKS = frozenset({"before_app_request", "after_app_request", "teardown_app_request", "app_errorhandler"})
ASKING = frozenset({"isinstance", "cast", "TypeVar"})
"""Calls that say of what kind a row is, and ask the database nothing."""


@cache
def _modules() -> dict[str, Path]:
    """Our modules outside of migrations, by name. `answers.py` shape rows and ask nothing."""
    ours = (path for path in paths(".py") if "migrations" not in path.parts and path.name != "answers.py")
    return {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in ours}


def _domain(name: str) -> str:
    """The domain of a module. An app goes on with a domain of `common` under the same name, and owns its tables too."""
    parts = name.split(".")
    return parts[2 if parts[0] == "common" and parts[1] in ("domains", "server") else 1]


@cache
def _tables() -> dict[str, str]:
    """Full name of a model -> the domain that owns its table."""
    return {
        f"{name}.{node.name}": _domain(name)
        for name, path in _modules().items()
        for node in module(path).body
        if isinstance(node, ast.ClassDef) and "Base" in {base.id for base in node.bases if isinstance(base, ast.Name)}
    }


@cache
def _imported(name: str) -> dict[str, str]:
    """What a module calls something -> where that is imported from."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(module(_modules()[name]))
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def _origin(full: str) -> str:
    """Where something is defined that modules may pass on."""
    name, _, last = full.rpartition(".")
    passed_on = _imported(name).get(last) if name in _modules() else None
    return _origin(passed_on) if passed_on else full


def _harmless(tree: ast.Module) -> set[ast.AST]:
    """Every node that is part of an annotation, makes a row, or only says of what kind something is."""
    roots: list[ast.AST] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
            roots.append(node.annotation)
        elif isinstance(node, ast.FunctionDef) and node.returns is not None:
            roots.append(node.returns)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            roots += [node.func, *(node.args if node.func.id in ASKING else ())]
        elif isinstance(node, ast.Subscript):
            roots.append(node.slice)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            roots.append(node)
    return {inner for root in roots for inner in ast.walk(root)}


def _foreign(name: str) -> Iterator[str]:
    """Another domain's models that a module asks the database with."""
    owners = {called: _tables().get(_origin(full)) for called, full in _imported(name).items()}
    strangers = {called: owner for called, owner in owners.items() if owner not in (None, _domain(name))}
    if not strangers:
        return
    tree = module(_modules()[name])
    harmless = _harmless(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in strangers and node not in harmless:
            yield f"line {node.lineno}: {node.id} of {strangers[node.id]}"


def test_queries_name_models_of_their_own_domain_only() -> None:
    assert len(_tables()) > 25
    found = {shown(path): sorted(_foreign(name)) for name, path in _modules().items() if "." in name}
    assert {name: uses for name, uses in found.items() if uses} == {}


def test_hooks_of_a_whole_app_are_hung_in_its_factory_only() -> None:
    hung = {
        f"{shown(path)}: {node.attr}"
        for path in _modules().values()
        for node in ast.walk(module(path))
        if isinstance(node, ast.Attribute) and node.attr in HOOKS
    }
    assert hung == set()
