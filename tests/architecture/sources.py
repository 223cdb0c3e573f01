"""The sources of the packages, read and parsed once for all tests that judge them."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from jinja2 import Environment, nodes

ROOT = Path(__file__).parents[2]
PACKAGES = ("common", "cloud_sim", "selfhost")
CATALOGUE = ROOT / "common" / "server" / "locale" / "catalogue"


@cache
def paths(suffix: str) -> tuple[Path, ...]:
    """Files of the packages."""
    return tuple(path for package in PACKAGES for path in sorted((ROOT / package).rglob(f"*{suffix}")))


@cache
def text(path: Path) -> str:
    """Its content."""
    return path.read_text("utf-8")


@cache
def module(path: Path) -> ast.Module:
    """A parsed module."""
    return ast.parse(text(path))


@cache
def template(path: Path) -> nodes.Template:
    """A parsed template."""
    return Environment().parse(text(path))


@cache
def imports(path: Path) -> frozenset[str]:
    """Every module that a module imports, and every name that it imports from one, in any place of the file."""
    return frozenset(_imports(module(path)))


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def shown(path: Path) -> str:
    """Its name in a message."""
    return str(path.relative_to(ROOT))
