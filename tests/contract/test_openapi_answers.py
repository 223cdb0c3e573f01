"""Every operation of both apps, called by everybody: no 500, no answer that the document does not tell of."""

from collections.abc import Callable

import pytest

from tests.contract.conftest import World
from tests.support.openapi import NIGHTLY, drawn, problems_of, requests_to

MOST = {"nobody": 1, "installation": 1, "member": 2, "owner": 16 if NIGHTLY else 4}
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
