"""A cloud that its settings have served by three processes: nothing acknowledged is lost between them."""

import os
import subprocess
import sys
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest
import requests

from tests.support.harness import Api, Person, Side
from tests.support.mail_server import mail_server
from tests.support.plugins.postgres import new_database
from tests.support.ports import free_port
from tests.support.races import at_once, statuses
from tests.support.scenarios import PREMIUM, new_organization
from tests.support.waiting import PATIENCE, until

pytestmark = pytest.mark.processes

WORKERS = 3
THREADS = 20
AT_ONCE = 4 * WORKERS
T = TypeVar("T")


@dataclass
class Served:
    """As much of a side as people need."""

    base_url: str

    def new_client(self) -> Api:
        return Api(self.base_url)

    def once(self, _step: Hashable, make: Callable[[], T]) -> T:
        return make()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def owner(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """Somebody of a cloud with several workers, each with more threads than a pool of connections has by itself."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = {"EMAIL_VERIFICATION": "false", "WORKERS": str(WORKERS), "THREADS": str(THREADS)}
    if request.param == "postgresql":
        settings["DATABASE_URL"] = new_database(request.getfixturevalue("postgres_cluster"))
    command = [sys.executable, "-m", "cloud_sim", "US", "api", "--port", str(port)]
    command += ["--home", str(tmp_path_factory.mktemp("cloud")), "--other-port", "1", "--desk-port", "1"]
    environment = os.environ | {f"WARDENLOOP_{name}": value for name, value in settings.items()}
    with (
        mail_server() as (_, mails),
        subprocess.Popen([*command, "--smtp-port", str(mails)], env=environment) as process,
    ):
        try:
            until(lambda: process.poll() is not None or _answers(url), "the cloud answers")
            assert len(_children(process.pid)) == WORKERS
            person = Person(cast(Side, Served(url)), "owner@acme.example", "aGFzaA==")
            person.register("Owner")
            person.log_in()
            yield person
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _answers(url: str) -> bool:
    with suppress(requests.ConnectionError):
        return requests.get(f"{url}/api/alive", timeout=PATIENCE).ok
    return False


def _children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def test_three_processes_lose_nothing(owner: Person) -> None:
    organization = f"/api/organizations/{new_organization(owner)['id']}"
    buy = [(owner, lambda api: api.post(f"{organization}/seat", json={"seatAdjustment": 1}))] * AT_ONCE
    assert statuses(at_once(*buy)) == [200] * AT_ONCE
    assert _organization(owner, organization)["seats"] == 10 + AT_ONCE
    invitation = {"emails": ["friend@b.example"], "type": 2}
    invite = [(owner, lambda api: api.post(f"{organization}/users/invite", json=invitation))] * AT_ONCE
    assert statuses(at_once(*invite)) == [200] * AT_ONCE
    assert len(owner.api.get(f"{organization}/users").json()["data"]) == 2
    secret = {"type": 1, "masterPasswordHash": owner.password_hash}
    keys = at_once(*[(owner, lambda api: api.post(f"{organization}/api-key", json=secret))] * WORKERS)
    assert len({key.json()["apiKey"] for key in keys}) == 1
    premium = [(owner, lambda api: api.post("/api/account/billing/vnext/subscription", json=PREMIUM))] * WORKERS
    assert statuses(at_once(*premium)) == [200] + [400] * (WORKERS - 1)


def test_three_processes_agree_on_what_goes_wrong(owner: Person) -> None:
    """Counted together; what hangs in one is let go by whoever is asked to clear."""
    api = owner.api
    config = {"operation": "GET /api/config", "times": 5}
    assert api.post("/_sim/faults", json=config | {"do": {"status": 503}}).status_code == 200
    called = at_once(*[(owner, lambda api: api.get("/api/config"))] * AT_ONCE)
    assert statuses(called) == [200] * (AT_ONCE - 5) + [503] * 5
    assert api.post("/_sim/faults", json=config | {"do": {"hang": True}}).status_code == 200
    with ThreadPoolExecutor(WORKERS) as pool:
        hanging = [pool.submit(Api(api.base_url).get, "/api/config") for _ in range(WORKERS)]
        until(lambda: api.get("/_sim/faults").json()["data"][-1]["hits"] == WORKERS)
        assert statuses(at_once(*[(owner, lambda api: api.get("/api/alive"))] * AT_ONCE)) == [200] * AT_ONCE
        assert api.delete("/_sim/faults").json() == {"cleared": 2}
        assert all(isinstance(each.exception(PATIENCE), requests.ConnectionError) for each in hanging)
    assert api.get("/api/config").status_code == 200


def _organization(owner: Person, path: str) -> dict[str, Any]:
    found: dict[str, Any] = owner.api.get(path).json()
    return found


def test_three_processes_write_one_journal(owner: Person) -> None:
    """Whoever is asked has all that was answered before, each once and in order, and what is cleared is cleared."""
    api = owner.api
    for _ in range(3):
        assert api.delete("/_sim/journal").ok
        marks = [f"mark={number}" for number in range(5 * AT_ONCE)]
        called = at_once(*[(owner, lambda api, mark=mark: api.get(f"/api/config?{mark}")) for mark in marks])
        assert set(statuses(called)) == {200}
        seen = [api.get("/_sim/journal", params={"limit": 200}).json()["data"] for _ in range(WORKERS)]
        for entries in seen:
            assert sorted(each["query"] for each in entries if each["path"] == "/api/config") == sorted(marks)
            numbers = [each["number"] for each in entries]
            assert sorted(set(numbers)) == sorted(numbers)
            assert len({each["id"] for each in entries}) == len(entries)
