"""Which of the cloud's limits a request counts against."""

import pytest

from common.server.rate_limits.rules import limits_for


@pytest.mark.parametrize(
    ("service", "method", "path", "expected"),
    [
        ("identity", "POST", "/connect/token", [(5, "1s"), (10, "1m")]),
        ("identity", "GET", "/.well-known/openid-configuration", [(5, "1s"), (60, "1m")]),
        ("api", "GET", "/sync", [(200, "1m")]),
        ("api", "GET", "/alive", [(5, "1m")]),
        ("api", "PUT", "/accounts/profile", [(5, "1s"), (60, "1m")]),
        ("api", "POST", "/accounts/email", [(5, "1s"), (60, "1m"), (5, "1h")]),
        ("api", "POST", "/organizations/1/users/invite", [(5, "1s"), (5, "1m"), (300, "1d")]),
        ("api", "POST", "/installations", [(5, "1s"), (60, "1m"), (2, "2m")]),
        ("push", "POST", "/push/send", []),
        ("api", "PATCH", "/sync", []),
    ],
)
def test_limits_of_a_route(service: str, method: str, path: str, expected: list[tuple[int, str]]) -> None:
    assert [(limit.calls, limit.spelled) for limit in limits_for(service, method, path)] == expected
