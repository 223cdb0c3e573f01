"""The same seed, a clock that stands still and the same keys: the same licences, ids and tokens, call by call."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from common.clock import ManualClock
from common.crypto.passwords import CHEAPEST_COST, PasswordHashes
from common.ids import SeededIds
from common.server.outbox.delivery import answers_deliver
from common.server.seeding import ProcessIds, drawn_once, part_of
from common.settings import DEFAULT_JOURNAL
from common.sim.journal import recorder as journal
from common.sim.service import simulated_clock
from tests.support.harness import START, Pair, Side, Workshop
from tests.support.scenarios import billing_sync_token, connect, create_from_license, download_license, new_organization
from tests.support.shelf import Shelf

REAL_TIME = frozenset({"realAt", "milliseconds", "number"})


def run(workshop: Workshop, seed: int, others: Callable[[Side], object] = lambda side: None) -> dict[str, Any]:
    """The documents' way from registration to a synced licence; all that was given out on it, and both journals.

    others: what somebody else asks a side meanwhile, now and then.
    """
    workshop.passwords = PasswordHashes(CHEAPEST_COST, salts=SeededIds(seed).octets)
    cloud = workshop.cloud(seed=seed, journal=DEFAULT_JOURNAL)
    installation = cloud.client.post("/api/installations", json={"email": "admin@example.com"}).json()
    environment = {
        "globalSettings__enableCloudCommunication": "true",
        "globalSettings__installation__id": installation["id"],
        "globalSettings__installation__key": installation["key"],
        "globalSettings__installation__apiUri": "https://api.bitwarden.com",
        "globalSettings__installation__identityUri": "https://identity.bitwarden.com",
    }
    instance = workshop.selfhost(cloud, wardenloop__seed=str(seed), wardenloop__journal="10000", **environment)
    others(cloud)
    pair = Pair(cloud, instance, cloud.sign_up("o@acme.example"), instance.sign_up("o@acme.example"), installation)
    bought = new_organization(pair.cloud_owner)["id"]
    license_file = download_license(pair.cloud_owner, bought, installation["id"])
    others(instance)
    here = str(create_from_license(pair.owner, license_file)["id"])
    token = billing_sync_token(pair.cloud_owner, bought)
    connect(pair.owner, here, token)
    pair.owner.api.post(f"/api/organizations/licenses/self-hosted/{here}/sync/").raise_for_status()
    others(cloud)
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
        "journals": [_journal(side) for side in (cloud, instance)],
    }


def _journal(side: Side) -> list[Any]:
    """What the clients of the run did, but for real time; `others` are strangers."""
    told = side.client.get("/_sim/journal", params={"after": "0", "limit": "1000"}).json()["data"]
    return [{name: each[name] for name in each.keys() - REAL_TIME} for each in told if each["path"] not in STRANGE]


STRANGE = {"/login", "/api/collections", "/api/config"}


def strangers(side: Side) -> None:
    """Somebody looks at pages, is refused, tells of nothing, and a process looks again and again what is due."""
    side.client.get("/login")
    side.client.get("/api/collections")
    side.client.get("/api/config")
    side.client.get("/_sim/jobs")
    with side.app.app_context(), journal.watching(side.app, "job"):
        pass


@pytest.fixture(autouse=True)
def _boundary(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client of these tests draws one for each upload."""
    monkeypatch.setattr("urllib3.filepost.choose_boundary", lambda: "boundary")


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


def test_what_others_ask_meanwhile_moves_nothing(shelf: Shelf) -> None:
    made = []
    for others in (lambda side: None, strangers):
        workshop = Workshop(shelf, ManualClock(START))
        made.append(run(workshop, 7, others))
        workshop.close()
    alone, beside = made
    assert {what for what in alone if alone[what] != beside[what]} == set()


def test_while_time_stands_or_is_played_no_process_of_jobs_takes_the_mails_of_others(shelf: Shelf) -> None:
    """Whether a job's mails leave in its run or in another process would be chance, and stand in the journal."""
    workshop = Workshop(shelf, ManualClock(START))
    moment = "2100-01-01T00:00:00Z"
    moves = (
        ("/_sim/clock", {"freeze": True}),
        ("/_sim/play", {"at": moment}),
        ("/_sim/play/end", {"at": moment, "realAt": moment, "frozen": False}),
    )
    found = []
    for seed in (7, None):
        side = workshop.cloud(seed=seed)
        parts = side.app.extensions["wardenloop"]
        ctx = side.app.extensions["wardenloop"] = replace(parts, clock=simulated_clock(parts.session))
        for path, order in moves:
            side.client.post(path, json=order).raise_for_status()
            with side.app.app_context():
                found.append(answers_deliver(ctx))
        workshop.stop(side)
    workshop.close()
    assert found == [True, True, False, False, False, False]


def test_one_row_for_what_all_processes_draw_once(tmp_path: Path) -> None:
    """Whichever process comes first: the hour of the daily sync, the key of mailed tokens. Each app has its own."""
    served, at_work = (ProcessIds(7, f"selfhost/{role}", tmp_path) for role in ("api", "jobs"))
    assert drawn_once(served, "key").secret(20) == drawn_once(at_work, "key").secret(20)
    assert drawn_once(served, "key").secret(20) != drawn_once(served, "hour").secret(20)
    cloud = ProcessIds(7, "cloud-us/api", tmp_path)
    assert drawn_once(served, "key").secret(20) != drawn_once(cloud, "key").secret(20)


def test_parts_of_one_name_draw_apart_also_when_they_are_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("common.server.seeding._NAMES", 2)
    ids = ProcessIds(7, "cloud-us/api", tmp_path)
    drawn = []
    for name in ("a", "a", "b", "c", "a", "a"):
        with part_of(name):
            drawn.append(ids.secret(20))
    assert len(set(drawn)) == len(drawn)


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
