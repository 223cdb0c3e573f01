"""Whoever is refused is told what to do: an advice for every rule that the code can refuse by."""

import ast
from collections.abc import Iterator

from common.server.locale.texts import CHINESE, ENGLISH, Texts
from common.sim.journal.advice import advice_of
from tests.architecture.sources import module, paths

CONTROL = "sim."
"""Refusals of control itself say what to do in their own text."""


def rules() -> Iterator[str]:
    """What is given as `rule` where something is refused; of a computed one what it begins with."""
    for path in paths(".py"):
        for call in ast.walk(module(path)):
            if not isinstance(call, ast.Call):
                continue
            given = [each.value for each in call.keywords if each.arg == "rule"]
            if isinstance(call.func, ast.Name) and call.func.id in ("not_found", "unauthorized"):
                given += call.args[:1]
            for each in given:
                first = each.values[0] if isinstance(each, ast.JoinedStr) else each
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.value.rstrip(".")


def test_every_rule_has_an_advice_in_both_languages() -> None:
    found = {rule for rule in rules() if rule and not rule.startswith(CONTROL)}
    assert len(found) > 150
    for language in (ENGLISH, CHINESE):
        texts = Texts(language)
        assert {rule for rule in found if advice_of(rule, None, texts) is None} == set()
