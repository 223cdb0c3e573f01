"""Several requests at once: nothing breaks, and what works once works once."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from common.crypto import totp
from tests.support.harness import ENC_STRING, Side, Workshop
from tests.support.vault import login_item, shared_place


@pytest.fixture(params=["sqlite", "postgresql"])
def cloud(request: pytest.FixtureRequest, workshop: Workshop) -> Side:
    if request.param == "sqlite":
        return workshop.cloud()
    return workshop.cloud(database_url=request.getfixturevalue("postgres_url"))


def _at_once(calls: list[Callable[[], Any]]) -> Counter[int]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return Counter(future.result().status_code for future in [pool.submit(call) for call in calls])


def test_a_code_that_several_logins_bring(cloud: Side) -> None:
    alice = cloud.sign_up("alice@example.com")
    secret = {"masterPasswordHash": alice.password_hash}
    key = alice.api.post("/api/two-factor/get-authenticator", json=secret).json()["authenticator"]["key"]

    def code() -> str:
        return totp.code_at(totp.key_of(key) or b"", totp.step_of(cloud.clock.now()))

    body = secret | {"key": key, "token": code()}
    assert alice.api.put("/api/two-factor/authenticator", json=body).status_code == 200
    cloud.clock.advance(timedelta(minutes=2))
    form = {"username": alice.email, "password": alice.password_hash, "scope": "api", "grant_type": "password"}
    form |= {"client_id": "web", "deviceType": "9", "deviceIdentifier": "x", "deviceName": "chrome"}
    form |= {"twoFactorProvider": "0", "twoFactorToken": code()}
    logins = [lambda: cloud.new_client().post("/identity/connect/token", data=form) for _ in range(4)]
    assert _at_once(logins) == {200: 1, 400: 3}


def test_changes_and_deletion_of_one_item(cloud: Side, rows: Any) -> None:
    people = [cloud.sign_up(f"member{number}@example.com") for number in range(3)]
    place = shared_place(cloud, rows)
    for person in people:
        place.join(person, kind=0, manage=True)
    item = people[0].api.post("/api/ciphers/create", json=place.item()).json()["id"]
    path, cipher = f"/api/ciphers/{item}", place.item()["cipher"]
    calls: list[Callable[[], Any]] = []
    for person in people:
        calls.append(lambda person=person: person.api.put(path, json=cipher))  # type: ignore[misc]
        calls.append(lambda person=person: person.api.put(f"{path}/partial", json={"favorite": True}))  # type: ignore[misc]
    calls.insert(3, lambda: people[0].side.client.delete(path, headers=dict(people[0].api.headers)))
    assert set(_at_once(calls)) <= {200, 404}
    assert people[1].api.get(path).status_code == 404


def test_items_put_into_a_folder_that_goes(cloud: Side) -> None:
    alice = cloud.sign_up("alice@example.com")
    headers = {"Authorization": alice.api.headers["Authorization"]}
    folder = alice.api.post("/api/folders", json={"name": ENC_STRING}).json()["id"]
    calls: list[Callable[[], Any]] = [
        lambda: cloud.new_client().post("/api/ciphers", json=login_item(folderId=folder), headers=headers)
        for _ in range(4)
    ]
    calls.insert(2, lambda: cloud.new_client().delete(f"/api/folders/{folder}", headers=headers))
    assert set(_at_once(calls)) <= {200, 404}
