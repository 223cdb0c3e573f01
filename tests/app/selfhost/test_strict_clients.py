"""The instance's switches for strictness towards clients."""

from datetime import timedelta
from typing import Any

from tests.support.harness import Person, Side, Workshop


def _log_in(side: Side, person: Person, device: str = "known", **headers: str) -> Any:
    form = {"grant_type": "password", "client_id": "cli", "scope": "api", "username": person.email}
    form |= {"password": person.password_hash, "deviceType": "25", "deviceIdentifier": device, "deviceName": "linux"}
    return side.client.post("/identity/connect/token", data=form, headers=headers)


def test_the_version_of_the_client_can_be_demanded(workshop: Workshop) -> None:
    lenient = workshop.selfhost()
    person = lenient.sign_up("alice@example.com")
    assert _log_in(lenient, person).status_code == 200
    strict = workshop.selfhost(wardenloop__requireClientVersion="true")
    assert _log_in(strict, person).json()["error"] == "version_header_missing"
    assert _log_in(strict, person, **{"Bitwarden-Client-Version": "2026.8.0"}).status_code == 200


def test_new_devices_can_be_verified(workshop: Workshop) -> None:
    side = workshop.selfhost(globalSettings__enableNewDeviceVerification="true")
    person = side.sign_up("alice@example.com")
    side.clock.advance(timedelta(days=2))
    refused = _log_in(side, person, device="new").json()
    assert refused["ErrorModel"]["Message"] == "new device verification required"
    assert side.mails[-1].to == "alice@example.com"
