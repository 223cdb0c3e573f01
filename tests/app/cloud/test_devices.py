"""A user's devices, and the services beside API and Identity; the same on both apps."""

from typing import Any

import pytest

from tests.support.harness import Person

IDENTIFIER = "5a1b3c9d-0000-4000-8000-000000000001"


@pytest.fixture
def alice(side: Any) -> Person:
    person: Person = side.sign_up("alice@example.com")
    return person


def test_the_list_of_devices(alice: Person) -> None:
    (device,) = alice.api.get("/api/devices").json()["data"]
    one = {
        "id": device["id"],
        "name": "chrome",
        "type": 9,
        "identifier": IDENTIFIER,
        "creationDate": "2026-08-20T12:00:00Z",
        "lastActivityDate": None,
        "isTrusted": False,
        "encryptedUserKey": None,
        "encryptedPublicKey": None,
        "object": "device",
    }
    assert device == one | {"devicePendingAuthRequest": None}
    assert alice.api.get(f"/api/devices/{device['id']}").json() == one
    assert alice.api.get(f"/api/devices/identifier/{IDENTIFIER}").json() == one


def test_push_tokens(alice: Person) -> None:
    path = f"/api/devices/identifier/{IDENTIFIER}"
    assert alice.api.put(f"{path}/token", json={"pushToken": "abc"}).status_code == 200
    assert alice.api.put(f"{path}/token", json={"pushToken": "x" * 256}).status_code == 400
    assert alice.side.client.put(f"{path}/clear-token").status_code == 200
    assert alice.side.client.put("/api/devices/identifier/unknown/clear-token").status_code == 404


def test_a_forgotten_device_is_not_known(alice: Person) -> None:
    headers = {"X-Request-Email": "YWxpY2VAZXhhbXBsZS5jb20", "X-Device-Identifier": IDENTIFIER}
    assert alice.api.get("/api/devices/knowndevice", headers=headers).json() is True
    device = alice.api.get("/api/devices").json()["data"][0]["id"]
    assert alice.api.delete(f"/api/devices/{device}").status_code == 200
    assert alice.api.get("/api/devices/knowndevice", headers=headers).json() is False


def test_devices_of_others_are_not_there(alice: Person) -> None:
    device = alice.api.get("/api/devices").json()["data"][0]["id"]
    bob = alice.side.sign_up("bob@example.com")
    assert bob.api.get(f"/api/devices/{device}").status_code == 404
    assert bob.api.delete(f"/api/devices/{device}").status_code == 404
    assert bob.api.put("/api/devices/identifier/unknown/token", json={"pushToken": "x"}).status_code == 404


def test_odd_identifiers(alice: Person) -> None:
    for identifier in ("%00", "%ff", "x" * 3000, "%F0%9F%98%80"):
        path = f"/api/devices/identifier/{identifier}"
        assert alice.api.get(path).status_code == 404
        assert alice.api.put(f"{path}/token", json={"pushToken": None}).status_code == 404
        assert alice.side.client.put(f"{path}/clear-token").status_code == 404


def test_there_is_no_notifications_hub(alice: Person) -> None:
    token = alice.token["access_token"]
    for method, path in (("GET", "hub"), ("POST", "hub/negotiate?negotiateVersion=1"), ("GET", "anonymous-hub")):
        refused = alice.side.client.request(method, f"/notifications/{path}", params={"access_token": token})
        assert refused.status_code == 404
        assert (
            refused.json()["message"]
            == "Live notifications are not simulated; clients find changes when they synchronize."
        )


def test_what_clients_report_is_taken_from_users_only(alice: Person) -> None:
    events = [{"type": 1107, "cipherId": None, "date": "2026-08-20T12:00:00Z"}]
    assert alice.api.post("/events/collect", json=events).status_code == 200
    assert alice.side.client.post("/events/collect", json=events).status_code == 401


def test_there_are_no_icons(side: Any) -> None:
    assert side.client.get("/icons/example.com/icon.png").status_code == 404


@pytest.mark.parametrize("path", ["tasks", "notifications", "sends", "auth-requests", "webauthn"])
def test_lists_of_what_nobody_has(alice: Person, path: str) -> None:
    nothing: dict[str, Any] = {"data": [], "continuationToken": None, "object": "list"}
    assert alice.api.get(f"/api/{path}").json() == nothing
    assert alice.side.client.get(f"/api/{path}").status_code == 401
