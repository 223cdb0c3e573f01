"""The import rules of docs/architecture.md that import-linter cannot say: by file name inside every domain."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("common", "cloud_sim", "selfhost")
FLASK = ("flask", "flask_sqlalchemy", "flask_migrate", "werkzeug")
MAY_USE_FLASK = ("common/server/", "common/ui/", "common/sim/")
FLASK_FILES = ("routes.py", "pages.py", "app.py", "wsgi.py", "migrate.py", "wrong_side.py")


def _sources() -> list[Path]:
    return [
        path
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if "migrations" not in path.parts
    ]


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", _sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_flask_stays_at_the_edge(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    if name.startswith(MAY_USE_FLASK) or path.name in FLASK_FILES:
        return
    assert not [found for found in _imports(path) if found.split(".")[0] in FLASK]


@pytest.mark.parametrize("path", _sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_rules_are_pure(path: Path) -> None:
    if path.name != "rules.py":
        return
    impure = (
        "sqlalchemy",
        "requests",
        "flask",
        "time",
        "os",
        "pathlib",
        "common.clock",
        "common.server.context",
        "common.ids",
    )
    found = [name for name in _imports(path) if name.startswith(impure) and not name.startswith("common.clock.")]
    assert not found
    assert not [name for name in _imports(path) if name.endswith((".service", ".models", ".routes"))]


@pytest.mark.parametrize("path", _sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_routes_decide_nothing_and_speak_no_sql(path: Path) -> None:
    if path.name not in ("routes.py", "pages.py"):
        return
    assert not [name for name in _imports(path) if name.startswith("sqlalchemy")]
