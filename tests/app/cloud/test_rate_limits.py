"""The real cloud's limits by address, switched on by a setting."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest

from cloud_sim.settings import from_environment
from common.server.http.wsgi import WsgiAdapter
from tests.support.harness import Side, Workshop

ALIVE = "/api/alive"
PROXIES = {"WARDENLOOP_KNOWN_PROXIES": "203.0.113.7, 10.10.0.0/24"}


@pytest.fixture
def cloud(workshop: Workshop) -> Side:
    return workshop.cloud(rate_limits=True)


def _statuses(call: Callable[[], Any], times: int) -> list[int]:
    return [call().status_code for _ in range(times)]


def test_beyond_the_limit_of_a_minute(cloud: Side) -> None:
    assert _statuses(lambda: cloud.client.get(ALIVE), 6) == [200] * 5 + [429]
    cloud.clock.advance(timedelta(seconds=20.5))
    refused = cloud.client.get(ALIVE)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "40")
    body = refused.json()
    assert body["message"] == "Slow down! Too many requests. Try again in 1m."
    assert (body["object"], body["validationErrors"]) == ("error", None)
    cloud.clock.advance(timedelta(seconds=39.5))
    assert _statuses(lambda: cloud.client.get(ALIVE), 6) == [200] * 5 + [429]


def test_beyond_the_limit_of_a_second(cloud: Side) -> None:
    def ask() -> Any:
        return cloud.client.post("/identity/accounts/prelogin", json={"email": "a@example.com"})

    assert _statuses(ask, 6) == [200] * 5 + [429]
    assert ask().json()["message"] == "Slow down! Too many requests. Try again in 1s."
    cloud.clock.advance(timedelta(seconds=1))
    assert ask().status_code == 200


def test_tokens_are_asked_for_ten_times_a_minute(cloud: Side) -> None:
    statuses = []
    for _ in range(11):
        statuses.append(cloud.client.post("/identity/connect/token", data={"grant_type": "password"}).status_code)
        cloud.clock.advance(timedelta(seconds=1))
    assert statuses == [400] * 10 + [429]


def test_addresses_and_routes_are_counted_apart(cloud: Side) -> None:
    assert _statuses(lambda: cloud.client.get(ALIVE), 6)[-1] == 429
    assert cloud.client.get("/api/version").status_code == 200
    assert cloud.client.get(ALIVE, headers={"X-Connecting-IP": "192.0.2.1"}).status_code == 200


def _calls_from(side: Side, peer: str, named: Iterable[str]) -> list[int]:
    """Statuses of calls that come from one address and say that they come from others."""
    client = side.new_client()
    client.mount(side.base_url, WsgiAdapter(side.app, remote_addr=peer))
    return [client.get(ALIVE, headers={"X-Connecting-IP": name}).status_code for name in named]


OTHERS = [f"192.0.2.{number}" for number in range(1, 7)]


@pytest.mark.parametrize("stranger", ["203.0.113.9", "10.10.1.5", "2001:db8::1", "::ffff:203.0.113.9"])
def test_a_stranger_is_counted_by_its_own_address(workshop: Workshop, stranger: str) -> None:
    cloud = workshop.cloud(rate_limits=True, known_proxies=from_environment(PROXIES).known_proxies)
    assert _calls_from(cloud, stranger, OTHERS) == [200] * 5 + [429]


@pytest.mark.parametrize("proxy", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "203.0.113.7", "10.10.0.200"])
def test_a_known_proxy_is_believed(workshop: Workshop, proxy: str) -> None:
    cloud = workshop.cloud(rate_limits=True, known_proxies=from_environment(PROXIES).known_proxies)
    assert _calls_from(cloud, proxy, OTHERS) == [200] * 6
    assert _calls_from(cloud, proxy, OTHERS[:1] * 5) == [200] * 4 + [429]


def test_other_processes_count_along(workshop: Workshop, cloud: Side) -> None:
    other = workshop.cloud(rate_limits=True)
    assert _statuses(lambda: cloud.client.get(ALIVE), 5) == [200] * 5
    assert other.client.get(ALIVE).status_code == 429


def test_refused_requests_count_without_a_token_too(cloud: Side) -> None:
    assert _statuses(lambda: cloud.client.put("/api/accounts/profile", json={}), 6) == [401] * 5 + [429]


def test_limits_on_postgresql(workshop: Workshop, postgres_url: str) -> None:
    cloud = workshop.cloud(rate_limits=True, database_url=postgres_url)
    assert _statuses(lambda: cloud.client.get(ALIVE), 6) == [200] * 5 + [429]


def test_off_by_default_and_never_on_an_instance(workshop: Workshop) -> None:
    for side in (workshop.cloud(), workshop.selfhost()):
        assert _statuses(lambda side=side: side.client.get(ALIVE), 10) == [200] * 10  # type: ignore[misc]


def test_switches_of_a_cloud_process() -> None:
    off = from_environment({})
    assert (off.rate_limits, off.require_client_version, off.enable_new_device_verification) == (False, False, False)
    names = ("RATE_LIMITS", "REQUIRE_CLIENT_VERSION", "NEW_DEVICE_VERIFICATION")
    on = from_environment({f"WARDENLOOP_{name}": "true" for name in names})
    assert (on.rate_limits, on.require_client_version, on.enable_new_device_verification) == (True, True, True)
