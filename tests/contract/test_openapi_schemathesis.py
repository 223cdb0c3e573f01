"""The same with schemathesis: requests made by a tool that knows nothing of us but the document."""

from collections.abc import Callable

import pytest

from tests.contract.conftest import World
from tests.support.openapi import NIGHTLY, drawn, problems_of

MOST = {"member": 1, "owner": 12 if NIGHTLY else 2}
"""Requests to each operation. Who is turned away at the door is in test_openapi_answers.py."""


@pytest.mark.unmeasured
@pytest.mark.parametrize("app", ["cloud", "selfhost"])
def test_schemathesis_finds_no_undocumented_answer(app: str, worlds: Callable[[str], World]) -> None:
    schemathesis = pytest.importorskip("schemathesis", reason="a development extra; see pyproject.toml")
    world = worlds(app)
    operations = {(each.method, each.path): each for each in world.operations}
    schema = schemathesis.openapi.from_dict(world.document)
    found = [each.ok() for each in schema.get_all_operations()]
    made = drawn([each.as_strategy() for each in found], max(MOST.values()))
    assert all(made)
    problems = []
    for each, cases in zip(found, made, strict=True):
        world.restore()
        requests_made = [case.as_transport_kwargs(world.side.base_url) for case in cases]
        problems += problems_of(operations[each.method.upper(), each.path], requests_made, world.callers, MOST)
    assert not problems, "\n".join(problems)
