"""The import rules of docs/architecture.md that import-linter cannot say: by file name inside every domain."""

import ast
from collections.abc import Callable
from pathlib import Path

from tests.architecture.sources import imports, module, paths, shown

FLASK = ("flask", "flask_sqlalchemy", "flask_migrate", "werkzeug")
MAY_USE_FLASK = (
    "common/server/",
    "common/ui/",
    "common/sim/",
    "common/desk/control.py",
    "common/desk/frame.py",
    "common/desk/sections/",
    "common/serve/",
)
FLASK_FILES = (
    *("routes.py", "pages.py", "api.py", "control.py", "hook.py", "app.py"),
    *("wsgi.py", "served.py", "worker.py", "migrate.py", "wrong_side.py"),
)
IMPURE = (
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


def _modules(*names: str) -> list[Path]:
    """Our modules outside of migrations; those of these file names where any are given."""
    ours = [path for path in paths(".py") if "migrations" not in path.parts]
    return [path for path in ours if not names or path.name in names]


def _wrong(modules: list[Path], is_wrong: Callable[[str], bool]) -> dict[str, list[str]]:
    """File -> what it must not import."""
    found = {shown(path): sorted(filter(is_wrong, imports(path))) for path in modules}
    return {name: names for name, names in found.items() if names}


def test_flask_stays_at_the_edge() -> None:
    inner = [path for path in _modules() if path.name not in FLASK_FILES and not shown(path).startswith(MAY_USE_FLASK)]
    assert len(inner) > 100
    assert _wrong(inner, lambda name: name.split(".")[0] in FLASK) == {}


def test_rules_are_pure() -> None:
    rules = _modules("rules.py")
    assert len(rules) > 5
    assert _wrong(rules, lambda name: name.startswith(IMPURE) and not name.startswith("common.clock.")) == {}
    assert _wrong(rules, lambda name: name.endswith((".service", ".models", ".routes"))) == {}


def test_routes_decide_nothing_and_speak_no_sql() -> None:
    edges = _modules("routes.py", "pages.py")
    assert len(edges) > 20
    assert _wrong(edges, lambda name: name.startswith("sqlalchemy")) == {}


def test_answers_shape_rows_and_nothing_else() -> None:
    answers = [path for path in _modules("answers.py") if not shown(path).startswith("common/ui/")]
    assert len(answers) > 10
    never = ("sqlalchemy", "flask", "common.server.context", "common.server.transaction", "common.clock")
    assert _wrong(answers, lambda name: name.startswith(never)) == {}


def test_wire_models_are_made_of_values() -> None:
    """What a row looks like on the wire is said in its domain's answers.py."""
    wire = [path for path in _modules() if shown(path).startswith("common/wire/")]
    assert [shown(path) for path in wire if "def of(" in path.read_text()] == []


def test_refusals_are_told_apart_by_class_or_rule_never_by_their_text() -> None:
    texts = {"message", "description", "error_model"}
    looked_at = {
        f"{shown(path)}:{node.lineno}"
        for path in _modules()
        for node in ast.walk(module(path))
        if isinstance(node, ast.Compare)
        and not isinstance(node.ops[0], ast.Is | ast.IsNot)
        and any(isinstance(each, ast.Attribute) and each.attr in texts for each in (node.left, *node.comparators))
    }
    assert looked_at == set()
