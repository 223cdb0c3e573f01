"""The same seed, a clock that stands still and the same keys: the same licences, ids and tokens, call by call."""

from pathlib import Path
from typing import Any

import pytest

from common.clock import ManualClock
from common.server.seeding import ProcessIds
from tests.support.harness import START, Pair, Workshop
from tests.support.scenarios import billing_sync_token, connect, create_from_license, download_license, new_organization
from tests.support.shelf import Shelf


def run(workshop: Workshop, seed: int) -> dict[str, Any]:
    """The documents' way from registration to a synced licence; all that was given out on it."""
    cloud = workshop.cloud(seed=seed)
    installation = cloud.client.post("/api/installations", json={"email": "admin@example.com"}).json()
    environment = {
        "globalSettings__enableCloudCommunication": "true",
        "globalSettings__installation__id": installation["id"],
        "globalSettings__installation__key": installation["key"],
        "globalSettings__installation__apiUri": "https://api.bitwarden.com",
        "globalSettings__installation__identityUri": "https://identity.bitwarden.com",
    }
    instance = workshop.selfhost(cloud, wardenloop__seed=str(seed), **environment)
    pair = Pair(cloud, instance, cloud.sign_up("o@acme.example"), instance.sign_up("o@acme.example"), installation)
    bought = new_organization(pair.cloud_owner)["id"]
    license_file = download_license(pair.cloud_owner, bought, installation["id"])
    here = str(create_from_license(pair.owner, license_file)["id"])
    token = billing_sync_token(pair.cloud_owner, bought)
    connect(pair.owner, here, token)
    pair.owner.api.post(f"/api/organizations/licenses/self-hosted/{here}/sync/").raise_for_status()
    [stored] = (instance.state / "bwdata").rglob("licenses/organization/*.json")
    return {
        "installation": installation,
        "access tokens": [person.token["access_token"] for person in (pair.cloud_owner, pair.owner)],
        "refresh tokens": [person.token["refresh_token"] for person in (pair.cloud_owner, pair.owner)],
        "people": [person.user_id for person in (pair.cloud_owner, pair.owner)],
        "organizations": [bought, here],
        "billing sync token": token,
        "licence": license_file,
        "stored": (stored.name, stored.read_bytes()),
    }


@pytest.fixture
def runs(shelf: Shelf) -> list[dict[str, Any]]:
    """With the seeds 7, 7 and 8."""
    made = []
    for seed in (7, 7, 8):
        workshop = Workshop(shelf, ManualClock(START))
        made.append(run(workshop, seed))
        workshop.close()
    return made


def test_the_same_seed_gives_the_same_and_another_one_does_not(runs: list[dict[str, Any]]) -> None:
    first, second, other = runs
    assert {what for what in first if first[what] != second[what]} == set()
    assert {what for what in first if first[what] == other[what]} == set()


def test_processes_of_one_world_never_draw_the_same(tmp_path: Path) -> None:
    """Two workers, a restart, another purpose and another app; the same in another world of that seed."""

    def world(folder: Path) -> list[str]:
        purposes = ("cloud-us/api", "cloud-us/api", "cloud-us/jobs", "selfhost/api")
        return [ProcessIds(7, purpose, folder).secret(20) for purpose in purposes]

    first, second = world(tmp_path / "first"), world(tmp_path / "second")
    assert first == second
    assert len({*first, *world(tmp_path / "first")}) == 8


def test_a_fork_draws_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = ProcessIds(7, "cloud-us/api", tmp_path)
    parent = ids.secret(20)
    monkeypatch.setattr("common.server.seeding.os.getpid", lambda: -1)
    assert ids.secret(20) != parent
    assert ProcessIds(7, "cloud-us/api", tmp_path / "other").secret(20) == parent
