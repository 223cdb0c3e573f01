"""The push relay: who may use it, what it refuses, and that it writes down what came."""

from typing import Any

import pytest

from tests.support.answers import ok, said
from tests.support.harness import Api, Side
from tests.support.offers import installation_token

USER, ORGANIZATION = "7f2c1f6e-0000-4000-8000-0000000000a1", "7f2c1f6e-0000-4000-8000-0000000000b2"
FOREIGN = "7f2c1f6e-0000-4000-8000-0000000000c3"


@pytest.fixture
def installation(cloud: Side) -> dict[str, Any]:
    made: dict[str, Any] = ok(cloud.client.post("/api/installations", json={"email": "admin@acme.example"}))
    return made


@pytest.fixture
def relay(cloud: Side, installation: dict[str, Any]) -> Api:
    """A client with a token for the relay."""
    client = cloud.new_client()
    client.headers["Authorization"] = f"Bearer {installation_token(cloud, installation, 'api.push')}"
    return client


def calls(cloud: Side) -> list[dict[str, Any]]:
    """What the relay wrote down."""
    found: list[dict[str, Any]] = ok(cloud.client.get("/_sim/push"))["data"]
    return found


REGISTRATION = {
    "deviceId": FOREIGN,
    "pushToken": "token",
    "userId": USER,
    "type": 0,
    "identifier": "phone",
    "organizationIds": [ORGANIZATION],
    "installationId": None,
}
NOTIFICATION: dict[str, Any] = {
    "userId": USER,
    "organizationId": None,
    "deviceId": None,
    "identifier": None,
    "type": 5,
    "payload": {"userId": USER, "date": "2026-08-20T12:00:00Z"},
    "clientType": None,
    "installationId": None,
}


@pytest.mark.parametrize("base", ["/push", "/push/push", "/api/push"])
def test_every_call_is_accepted_and_written_down(
    cloud: Side, relay: Api, installation: dict[str, Any], base: str
) -> None:
    members = {"devices": [{"id": FOREIGN}], "organizationId": ORGANIZATION}
    sent = [
        ("POST", "register", REGISTRATION, f"device:{installation['id']}_{FOREIGN}"),
        ("PUT", "add-organization", members, f"organization:{installation['id']}_{ORGANIZATION}"),
        ("POST", "send", NOTIFICATION, f"user:{installation['id']}_{USER}"),
        ("PUT", "delete-organization", members, f"organization:{installation['id']}_{ORGANIZATION}"),
        ("POST", "delete", {"id": FOREIGN}, f"device:{installation['id']}_{FOREIGN}"),
    ]
    for method, action, body, _ in sent:
        answer = relay.request(method, f"{base}/{action}", json=body)
        assert (answer.status_code, answer.content) == (200, b"")
    written = calls(cloud)
    assert [(each["action"], each["body"], each["target"]) for each in written] == [each[1:] for each in sent]
    assert {each["installationId"] for each in written} == {installation["id"]}


def test_installation_goes_before_user_before_organization(
    cloud: Side, relay: Api, installation: dict[str, Any]
) -> None:
    own = installation["id"]
    ok(relay.post("/push/send", json=NOTIFICATION | {"organizationId": ORGANIZATION, "installationId": own}))
    ok(relay.post("/push/send", json=NOTIFICATION | {"organizationId": ORGANIZATION}))
    ok(relay.post("/push/send", json=NOTIFICATION | {"organizationId": ORGANIZATION, "userId": None}))
    targets = [each["target"] for each in calls(cloud)]
    assert targets == [f"installation:{own}", f"user:{own}_{USER}", f"organization:{own}_{ORGANIZATION}"]


def test_foreign_installation_is_refused(cloud: Side, relay: Api) -> None:
    answer = relay.post("/push/send", json=NOTIFICATION | {"installationId": FOREIGN})
    assert said(answer) == (400, "InstallationId does not match current context.")
    assert calls(cloud) == []


def test_notification_without_a_target_is_refused(relay: Api) -> None:
    answer = relay.post("/push/send", json=NOTIFICATION | {"userId": None})
    assert said(answer) == (400, "The model state is invalid.")
    assert answer.json()["validationErrors"] == {"": ["UserId or OrganizationId or InstallationId is required."]}


@pytest.mark.parametrize("missing", ["deviceId", "pushToken", "userId", "identifier"])
def test_registration_must_be_whole(relay: Api, missing: str) -> None:
    body = {name: value for name, value in REGISTRATION.items() if name != missing}
    assert said(relay.post("/push/register", json=body)) == (400, "The model state is invalid.")


def test_a_device_of_no_type_is_the_first_one(cloud: Side, relay: Api) -> None:
    """`DeviceType Type` of upstream's model is not required: Android. fidelity.md: push.relay."""
    ok(relay.post("/push/register", json={name: value for name, value in REGISTRATION.items() if name != "type"}))
    assert calls(cloud)[0]["body"]["type"] == 0


def test_chunked_body_is_read(cloud: Side, relay: Api) -> None:
    ok(relay.post("/push/delete", data=iter([b'{"id":', b'"x"}']), headers={"Content-Type": "application/json"}))
    assert calls(cloud)[0]["body"] == {"id": "x"}


def test_scope_and_token_are_checked(cloud: Side, installation: dict[str, Any]) -> None:
    assert cloud.client.post("/push/send", json=NOTIFICATION).status_code == 401
    other = cloud.new_client()
    other.headers["Authorization"] = f"Bearer {installation_token(cloud, installation, 'api.licensing')}"
    answer = other.post("/push/send", json=NOTIFICATION)
    assert (answer.status_code, answer.content) == (403, b"")
