"""Calls from pages of other origins, as browsers make them. fidelity.md: wire.cors."""

import pytest

from tests.support.harness import Side

ALLOWED = {"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"}


def _origins(side: Side, *candidates: str) -> list[str]:
    """Those of these origins whose pages may read an answer."""
    read = []
    for origin in candidates:
        headers = side.client.get("/api/config", headers={"Origin": origin}).headers
        assert headers.get("Access-Control-Allow-Origin") in (None, origin)
        if headers.keys() >= ALLOWED:
            assert (headers["Access-Control-Allow-Credentials"], headers["Vary"]) == ("true", "Origin")
            read.append(origin)
    return read


def test_origins_that_may_call_the_cloud(cloud: Side) -> None:
    mine, website = cloud.base_url, "https://bitwarden.com"
    apps = ["file://", "bw-desktop-file://bundle"]
    others = ["null", "http://evil.example", f"{mine}.evil.example", f"{mine}/", "https://www.bitwarden.com", "*"]
    assert _origins(cloud, mine, *apps, website, *others) == [mine, *apps, website]


def test_origins_that_may_call_an_instance(selfhost: Side) -> None:
    apps = ["file://", "bw-desktop-file://bundle"]
    candidates = [selfhost.base_url, *apps, "https://bitwarden.com", "http://evil.example"]
    assert _origins(selfhost, *candidates) == [selfhost.base_url, *apps]


def test_an_error_is_readable_too(cloud: Side) -> None:
    answer = cloud.client.get("/api/accounts/profile", headers={"Origin": "file://"})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (401, "file://")
    assert "Access-Control-Allow-Origin" not in cloud.client.get("/api/accounts/profile").headers


@pytest.mark.parametrize(
    "path", ["/api/accounts/profile", "/identity/connect/token", "/api/nowhere", "/events/collect"]
)
def test_a_browser_may_ask_before(cloud: Side, path: str) -> None:
    asked = {
        "Access-Control-Request-Method": "DELETE",
        "Access-Control-Request-Headers": "authorization, bitwarden-client-name",
    }
    answer = cloud.client.options(path, headers={"Origin": "file://"} | asked)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Access-Control-Allow-Methods"] == "DELETE"
    assert answer.headers["Access-Control-Allow-Headers"] == "authorization,bitwarden-client-name"
    assert answer.headers.keys() >= ALLOWED
    refused = cloud.client.options(path, headers={"Origin": "http://evil.example"} | asked)
    assert refused.status_code == 204
    assert [name for name in refused.headers if name.startswith("Access-Control")] == []


@pytest.mark.parametrize("path", ["/", "/login", "/_sim/clock", "/openapi.json"])
def test_pages_and_control_are_for_nobody_else(cloud: Side, path: str) -> None:
    answer = cloud.client.get(path, headers={"Origin": "file://"})
    assert answer.status_code == (200 if path == "/openapi.json" else 403)
    assert [name for name in answer.headers if name.startswith("Access-Control")] == []
