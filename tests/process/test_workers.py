"""One cloud on PostgreSQL, served by three processes: nothing acknowledged is lost between them."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
import requests

from tests.support.harness import Api, Person, Side
from tests.support.plugins.postgres import new_database
from tests.support.ports import free_port
from tests.support.races import at_once, statuses
from tests.support.scenarios import new_organization
from tests.support.waiting import until

pytestmark = pytest.mark.processes

WORKERS = 3
AT_ONCE = 4 * WORKERS
_PATIENCE = 120


@dataclass
class Served:
    """As much of a side as people need."""

    base_url: str

    def new_client(self) -> Api:
        return Api(self.base_url)


@pytest.fixture(scope="module")
def owner(postgres_cluster: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """Somebody of a cloud with several workers."""
    port = free_port()
    environment = {
        "WARDENLOOP_DATABASE_URL": new_database(postgres_cluster),
        "WARDENLOOP_STATE_DIR": str(tmp_path_factory.mktemp("cloud")),
        "WARDENLOOP_BASE_URL": f"http://127.0.0.1:{port}",
        "WARDENLOOP_QUIRKS": "silent-mail-drop",
        "WARDENLOOP_EMAIL_VERIFICATION": "false",
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "python:common.server.serving", "-w", str(WORKERS)]
    command += ["-b", f"127.0.0.1:{port}", "cloud_sim.wsgi:app"]
    with subprocess.Popen(command, env=os.environ | environment) as process:
        try:
            _wait_for(f"http://127.0.0.1:{port}/api/alive", process)
            person = Person(cast(Side, Served(f"http://127.0.0.1:{port}")), "owner@acme.example", "aGFzaA==")
            person.register("Owner")
            person.log_in()
            yield person
        finally:
            process.terminate()
            process.wait(_PATIENCE)


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < end:
        try:
            if requests.get(url, timeout=_PATIENCE).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    pytest.fail("the cloud did not start")


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
    premium = [(owner, lambda api: api.post("/api/account/billing/vnext/subscription", json={}))] * WORKERS
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
        assert all(isinstance(each.exception(_PATIENCE), requests.ConnectionError) for each in hanging)
    assert api.get("/api/config").status_code == 200


def _organization(owner: Person, path: str) -> dict[str, Any]:
    found: dict[str, Any] = owner.api.get(path).json()
    return found
