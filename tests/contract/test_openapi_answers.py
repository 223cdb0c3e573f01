"""Every operation of both apps, called by everybody: no 500, no answer that the document does not tell of."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.openapi import explore, operations_of

EXAMPLES = {"owner": 12, "member": 8, "installation": 4, "nobody": 4}
"""Requests to each operation. Most of what the last two ask for is refused at the door."""


@pytest.mark.parametrize("caller", EXAMPLES)
@pytest.mark.parametrize("app", ["cloud", "selfhost"])
def test_every_answer_is_documented(app: str, caller: str, worlds: Callable[[str], Any]) -> None:
    world = worlds(app)
    document = world.side.client.get("/openapi.json").json()
    problems = []
    for operation in operations_of(document):
        world.restore()
        problems += explore(operation, world.callers[caller], world.known, EXAMPLES[caller])
    assert not problems, "\n".join(problems)
