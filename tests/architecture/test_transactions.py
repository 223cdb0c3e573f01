"""Transactions begin and end in one place, and mail leaves through one place."""

import ast

import pytest

from tests.architecture.sources import module, paths, shown

ENDS_TRANSACTIONS = "common/server/transaction.py"
SENDS_MAIL = ("common/server/outbox/", "common/server/mail/")


def _calls(*names: str) -> list[tuple[str, ast.Call]]:
    """Every call of a method of one of these names, with the file it is in."""
    return [
        (shown(path), node)
        for path in paths(".py")
        for node in ast.walk(module(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in names
    ]


@pytest.mark.parametrize("ending", ["commit", "rollback"])
def test_a_transaction_ends_by_a_name_that_says_why(ending: str) -> None:
    found = [f"{file}:{call.lineno}" for file, call in _calls(ending) if file != ENDS_TRANSACTIONS]
    assert found == [], f"use the names of {ENDS_TRANSACTIONS}"


def test_mail_leaves_through_the_outbox() -> None:
    found = [
        f"{file}:{call.lineno}"
        for file, call in _calls("send", "send_all", "send_each")
        if isinstance(call.func, ast.Attribute)
        and ast.unparse(call.func.value).endswith("mailer")
        and not file.startswith(SENDS_MAIL)
    ]
    assert found == []
