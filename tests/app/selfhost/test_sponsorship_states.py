"""What simulator control tells of an instance's sponsorships: status, Awaiting Sync, which organizations sync."""

from typing import Any
from uuid import uuid4

import pytest

from tests.support.harness import Pair, Side
from tests.support.sponsorships import Families, world

FRIEND = "friend@home.example"


@pytest.fixture
def loop(pair: Pair) -> Any:
    return world(pair)


def told(loop: Any) -> list[Any]:
    answer = loop.pair.selfhost.client.get(f"/_sim/organizations/{loop.id}/sponsorships")
    return [(each["status"], each["awaitingSync"]) for each in answer.json()["data"]]


def test_each_change_awaits_sync_until_it_is_synced(loop: Any) -> None:
    assert told(loop) == []
    loop.offer(FRIEND)
    assert told(loop) == [("requested", True)]
    loop.sync()
    assert told(loop) == [("sent", False)]
    Families(loop, FRIEND).redeem()
    loop.sync()
    assert told(loop) == [("active", False)]
    loop.revoke()
    assert told(loop) == [("revokeWhenExpired", True)]
    loop.sync()
    assert told(loop) == [("revokeWhenExpired", False)]


def test_unknown_organization_is_not_found(selfhost: Side) -> None:
    assert selfhost.client.get(f"/_sim/organizations/{uuid4()}/sponsorships").status_code == 404


def test_only_organizations_with_an_enabled_connection_are_listed(loop: Any) -> None:
    client, owner = loop.pair.selfhost.client, loop.pair.owner
    listed = client.get("/_sim/sponsorships/organizations").json()["data"]
    assert listed == [{"id": loop.id, "name": "Acme"}]
    connection = owner.api.get(f"/api/organizations/connections/{loop.id}/1").json()
    off = {"type": 1, "organizationId": loop.id, "enabled": False, "config": {"billingSyncKey": "x" * 30}}
    assert owner.api.put(f"/api/organizations/connections/{connection['id']}", json=off).status_code == 200
    assert client.get("/_sim/sponsorships/organizations").json()["data"] == []
