"""The same with schemathesis: requests made by a tool that knows nothing of us but the document."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.support.openapi import Operation, operations_of

schemathesis = pytest.importorskip("schemathesis", reason="a development extra; see pyproject.toml")

EXAMPLES = {"owner": 4, "member": 2, "installation": 2, "nobody": 1}


@pytest.mark.parametrize("caller", EXAMPLES)
@pytest.mark.parametrize("app", ["cloud", "selfhost"])
def test_schemathesis_finds_no_undocumented_answer(app: str, caller: str, worlds: Callable[[str], Any]) -> None:
    world = worlds(app)
    document = world.side.client.get("/openapi.json").json()
    checks = {(each.method, each.path): each for each in operations_of(document)}
    problems: list[str] = []
    for result in schemathesis.openapi.from_dict(document).get_all_operations():
        found = result.ok()
        world.restore()
        check = checks[found.method.upper(), found.path]
        problems += _problems(found, check, world.side.base_url, world.callers[caller], EXAMPLES[caller])
    assert not problems, "\n".join(problems)


def _problems(found: Any, check: Operation, base_url: str, api: Any, examples: int) -> Iterator[str]:
    """What is wrong with the answers to the requests that schemathesis thinks of."""
    problems: dict[str, str] = {}

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(found.as_strategy())
    def call(case: Any) -> None:
        request = case.as_transport_kwargs(base_url=base_url, headers=dict(api.headers))
        problem = check.problem(api.request(**request, allow_redirects=False))
        if problem is not None:
            problems.setdefault(problem, f"{check}: {problem}\n    {case}")

    call()
    return iter(problems.values())
