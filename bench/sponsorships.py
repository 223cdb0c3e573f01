"""Sponsorship sync over loopback against parsing, storing and dumping the same rows."""

import json
import os
import uuid
from pathlib import Path
from typing import Any

import requests
import sqlalchemy as sa

from bench.measure import Result, alternate, timed
from bench.processes import cloud_command, cpu_seconds, running
from common.clock import ManualClock
from common.domains.sponsorships.models import OrganizationSponsorship
from common.server.database import create_tables, tune_engines
from tests.support.harness import START, Workshop
from tests.support.scenarios import billing_sync_token, new_organization
from tests.support.shelf import Shelf

CHUNK = 1000
ROWS = 10_000


def sync_rows(directory: Path) -> Result:
    """10,000 new rows in chunks of 1000, as an instance sends them; no mail server."""
    rounds = 5
    ours, bare = (iter([_rows(ROWS) for _ in range(rounds + 1)]) for _ in range(2))
    with _Cloud(directory / "sync") as cloud, _Bare(directory / "bare") as store:
        mine, theirs = alternate(
            timed(lambda: cloud.sync(next(ours)), cloud.cpu_seconds), timed(lambda: store.sync(next(bare))), rounds
        )
    return Result(f"sponsorship sync of {ROWS:,} rows, over loopback", mine, 1.8, theirs, "parse, one upsert, dump")


def sync_grows_linearly(directory: Path) -> Result:
    """Ten times the rows against the time of one time the rows."""
    rounds = 2
    many, few = (iter([_rows(count) for _ in range(rounds + 1)]) for count in (10 * ROWS, ROWS))
    with _Cloud(directory / "growth") as cloud:
        mine, theirs = alternate(
            timed(lambda: cloud.sync(next(many)), cloud.cpu_seconds),
            timed(lambda: cloud.sync(next(few)), cloud.cpu_seconds),
            rounds,
        )
    return Result(f"sponsorship sync of {10 * ROWS:,} rows", mine, 10, theirs, f"the sync of {ROWS:,} rows")


class _Cloud:
    """A served cloud with an Enterprise organization, and the token of an installation."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir()
        self._directory = directory
        shelf = Shelf(directory / "shelf", directory.parent / "certificate")
        self._workshop = Workshop(shelf, ManualClock(START))
        side = self._workshop.cloud()
        owner = side.sign_up("owner@acme.example")
        self._organization = new_organization(owner)["id"]
        self._key = billing_sync_token(owner, self._organization)
        self._installation = side.client.post("/api/installations", json={"email": "a@acme.example"}).json()

    def __enter__(self) -> "_Cloud":
        os.environ["WARDENLOOP_DATABASE_URL"] = f"sqlite:///{self._workshop.directory}/cloud-us.db"
        os.environ["WARDENLOOP_CERTIFICATE_DIR"] = str(self._directory.parent / "certificate")
        _stamp(self._workshop.directory / "cloud-us.db")
        self._process = running(cloud_command(self._workshop.directory), "/api/alive")
        self._server, self._base = self._process.__enter__()
        self._session = requests.Session()
        form = {
            "grant_type": "client_credentials",
            "scope": "api.installation",
            "client_id": f"installation.{self._installation['id']}",
            "client_secret": self._installation["key"],
        }
        token = self._session.post(f"{self._base}/identity/connect/token", data=form, timeout=30).json()
        self._session.headers["Authorization"] = f"Bearer {token['access_token']}"
        return self

    def __exit__(self, *failure: Any) -> None:
        self._process.__exit__(*failure)
        del os.environ["WARDENLOOP_DATABASE_URL"], os.environ["WARDENLOOP_CERTIFICATE_DIR"]

    def cpu_seconds(self) -> float:
        """What the server has used so far."""
        return cpu_seconds(self._server)

    def sync(self, rows: list[dict[str, Any]]) -> None:
        for start in range(0, len(rows), CHUNK):
            body = {
                "billingSyncKey": self._key,
                "sponsoringOrganizationCloudId": self._organization,
                "sponsorshipsBatch": rows[start : start + CHUNK],
            }
            answer = self._session.post(f"{self._base}/api/organization/sponsorship/sync", json=body, timeout=300)
            if len(answer.json()["sponsorshipsBatch"]) != len(body["sponsorshipsBatch"]):
                raise RuntimeError(answer.text[:500])


def _stamp(database: Path) -> None:
    """The workshop makes tables without migrations; say that they are current."""
    from common.server.migrations import newest_revision

    engine = sa.create_engine(f"sqlite:///{database}")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(
            sa.text("INSERT INTO alembic_version VALUES (:number)"), {"number": newest_revision("cloud_sim")}
        )


def _rows(count: int) -> list[dict[str, Any]]:
    return [
        {
            "sponsoringOrganizationUserId": str(uuid.uuid4()),
            "friendlyName": f"friend{number}@example.com",
            "offeredToEmail": f"friend{number}@example.com",
            "planSponsorshipType": 0,
            "lastSyncDate": None,
            "validUntil": None,
            "toDelete": False,
        }
        for number in range(count)
    ]


class _Bare:
    """What cannot be saved: the same chunks parsed, stored with one statement each, and dumped."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir()
        self._engine = sa.create_engine(f"sqlite:///{directory}/bare.db")
        tune_engines([self._engine])
        create_tables(self._engine, "selfhost")

    def __enter__(self) -> "_Bare":
        return self

    def __exit__(self, *_failure: Any) -> None:
        self._engine.dispose()

    def sync(self, rows: list[dict[str, Any]]) -> None:
        table: Any = OrganizationSponsorship.__table__
        statement = sa.insert(table).values(creation_date=sa.func.current_timestamp())
        for start in range(0, len(rows), CHUNK):
            parsed = json.loads(json.dumps(rows[start : start + CHUNK]))
            values = [
                {
                    "id": uuid.uuid4(),
                    "sponsoring_organization_user_id": uuid.UUID(row["sponsoringOrganizationUserId"]),
                    "friendly_name": row["friendlyName"],
                    "offered_to_email": row["offeredToEmail"],
                    "plan_sponsorship_type": 0,
                    "to_delete": False,
                    "is_admin_initiated": False,
                    "was_sent": False,
                    "revision": 0,
                }
                for row in parsed
            ]
            with self._engine.begin() as connection:
                connection.execute(statement, values)
            json.dumps(parsed)
