"""Every operation of both apps, called by everybody: no 500, no answer that the document does not tell of."""

from collections.abc import Callable

import pytest

from tests.contract.conftest import World
from tests.support.openapi import drawn, problems_of, requests_to

MOST = {"nobody": 1, "installation": 2, "member": 3, "owner": 8}
"""Requests to each operation. Most of what the first two ask for is refused at the door."""


@pytest.mark.sweep
@pytest.mark.parametrize("app", ["cloud", "selfhost"])
def test_every_answer_is_documented(app: str, worlds: Callable[[str], World]) -> None:
    world = worlds(app)
    made = drawn([requests_to(each, world.known) for each in world.operations], max(MOST.values()))
    assert all(made)
    problems = []
    for operation, requests_made in zip(world.operations, made, strict=True):
        world.restore()
        problems += problems_of(operation, requests_made, world.callers, MOST)
    assert not problems, "\n".join(problems)
