"""When an instance syncs its sponsorships by itself, and when it forgets them."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
import requests
import sqlalchemy as sa
from requests.adapters import BaseAdapter

from common.clock import ManualClock
from common.configuration.values import SettingsError
from common.domains.organizations.models import Organization
from common.domains.sponsorships.models import OrganizationSponsorship
from common.server.jobs.schedules import Every
from common.server.transaction import db
from selfhost.billing_sync.models import OrganizationConnection
from selfhost.deployment.settings import bind
from selfhost.jobs.service import SPONSORSHIP_SYNC, run_due_jobs
from tests.support.harness import INSTALLATION_ID, START, Workshop
from tests.support.plugins.licensing import Vaults
from tests.support.sponsorships import rows_of

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ON = {"globalSettings__enableCloudCommunication": "true"}
PURGE = "DatabaseExpiredSponsorshipsJob"


def test_every_day_from_a_delayed_first_time() -> None:
    daily = Every(DAY, 5 * HOUR)
    first = START + 5 * HOUR
    assert daily.latest(first - timedelta(seconds=1), START) is None
    assert daily.next(START, START) == first
    assert daily.latest(first, START) == first
    assert daily.latest(first + 3 * DAY + HOUR, START) == first + 3 * DAY
    assert daily.next(first, START) == first + DAY
    assert Every(DAY).latest(START, START) == START


class Instance:
    """An instance whose organizations are rows only; its cloud answers as told."""

    def __init__(self, workshop: Workshop, **environment: Any) -> None:
        self.side = workshop.selfhost(**ON | environment)
        self.vaults = Vaults(self.side)
        self.cloud = Cloud()
        self.side.app.extensions["wardenloop"].http.mount("http://", self.cloud)

    def organization(
        self, name: Any, key: Any = "k" * 30, *, enabled: bool = True, connected: bool = True, row: bool = True
    ) -> Any:
        now = self.side.clock.now()
        organization_id = uuid4()
        self.vaults.add(
            Organization(
                id=organization_id,
                name=name,
                billing_email="b@contoso.example",
                plan="Enterprise",
                plan_type=20,
                enabled=enabled,
                creation_date=now,
                revision_date=now,
            )
        )
        config = f'{{"BillingSyncKey":"{key}","CloudOrganizationId":"{organization_id}"}}'
        connection = {"id": uuid4(), "organization_id": organization_id, "type": 1, "config": config}
        self.vaults.add(OrganizationConnection(enabled=connected, **connection))
        if row:
            self.sponsorship(organization_id)
        return organization_id

    def sponsorship(self, organization_id: Any, **columns: Any) -> None:
        self.vaults.add(
            OrganizationSponsorship(
                id=uuid4(),
                sponsoring_organization_id=organization_id,
                sponsoring_organization_user_id=uuid4(),
                friendly_name=f"{uuid4()}@home.example",
                creation_date=self.side.clock.now(),
                **columns,
            )
        )

    def look(self) -> None:
        """One look of the jobs process."""
        with self.side.app.app_context():
            run_due_jobs(self.side.app.extensions["wardenloop"])

    def run(self, name: Any) -> Any:
        answer = self.side.client.post(f"/_sim/jobs/{name}/run")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def jobs(self) -> Any:
        return {job["name"]: job for job in self.side.client.get("/_sim/jobs").json()["data"]}

    def runs(self) -> Any:
        return self.side.client.get("/_sim/sponsorships/runs").json()["data"]


class Cloud(BaseAdapter):
    """Counts token requests and takes every sync, unless told otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens = self.syncs = 0
        self.token_status = 200
        self.refuse: Callable[[bytes], bool] = lambda body: False

    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        response = requests.Response()
        response.status_code, response.reason, response.url = 200, "OK", request.url
        if request.url.endswith("connect/token"):
            self.tokens += 1
            token = jwt.encode({"exp": 4_000_000_000}, "s" * 32)
            response.status_code = self.token_status
            response._content = f'{{"access_token":"{token}"}}'.encode()
            return response
        self.syncs += 1
        body = b"".join(request.body)
        refused = self.refuse(body)
        response.status_code = 400 if refused else 200
        response._content = b'{"message":"Invalid Billing Sync Key"}' if refused else b'{"sponsorshipsBatch":[]}'
        return response

    def close(self) -> None:
        """Nothing is open."""


def test_daily_run_starts_after_the_configured_hours_and_then_every_day(workshop: Workshop, clock: ManualClock) -> None:
    instance = Instance(workshop, wardenloop__sponsorshipSyncHour="3")

    def last_run() -> Any:
        instance.look()
        run = instance.jobs()[SPONSORSHIP_SYNC]["lastRun"]
        return run and run["dueAt"]

    assert last_run() is None
    assert instance.jobs()[SPONSORSHIP_SYNC]["nextRun"] == "2026-08-20T15:00:00Z"
    clock.advance(3 * HOUR - timedelta(seconds=1))
    assert last_run() is None
    clock.advance(timedelta(seconds=1))
    assert last_run() == "2026-08-20T15:00:00Z"
    clock.advance(DAY - timedelta(seconds=1))
    assert last_run() == "2026-08-20T15:00:00Z"
    clock.advance(5 * DAY)
    assert last_run() == "2026-08-25T15:00:00Z"


def test_zero_hours_is_at_once(workshop: Workshop) -> None:
    instance = Instance(workshop, wardenloop__sponsorshipSyncHour="0")
    instance.organization("Acme")
    instance.look()
    assert len(instance.runs()) == 1


def test_random_hour_is_drawn_once_and_outlives_restarts(workshop: Workshop, clock: ManualClock) -> None:
    instance = Instance(workshop)
    instance.look()
    due = datetime.fromisoformat(instance.jobs()[SPONSORSHIP_SYNC]["nextRun"])
    delay = due - START
    assert timedelta() <= delay <= 24 * HOUR and delay % HOUR == timedelta()
    clock.advance(timedelta(minutes=1))
    restarted = Instance(workshop)
    again = datetime.fromisoformat(restarted.jobs()[SPONSORSHIP_SYNC]["nextRun"])
    assert (again - due) % DAY == timedelta()


@pytest.mark.parametrize("hour", ["24", "-1", "soon"])
def test_hour_must_be_one_of_the_day(hour: str) -> None:
    with pytest.raises(SettingsError):
        bind({"globalSettings__installation__id": INSTALLATION_ID, "wardenloop__sponsorshipSyncHour": hour})


def test_without_communication_there_is_no_daily_run(workshop: Workshop) -> None:
    instance = Instance(workshop, globalSettings__enableCloudCommunication="false")
    assert SPONSORSHIP_SYNC not in instance.jobs()
    assert PURGE in instance.jobs()


def test_one_failing_organization_stops_no_other(workshop: Workshop, caplog: pytest.LogCaptureFixture) -> None:
    instance = Instance(workshop)
    instance.organization("Broken &amp; Sons", key="b" * 30)
    instance.organization("Acme")
    instance.cloud.refuse = lambda body: b"b" * 30 in body
    with caplog.at_level(logging.ERROR, "selfhost"):
        assert instance.run(SPONSORSHIP_SYNC)["error"] is None
    assert sorted(str(run["error"]) for run in instance.runs()) == ["None", "Organization sync failed"]
    assert "Sponsorship sync for organization Broken & Sons Failed" in caplog.text
    assert "organization Acme Failed" not in caplog.text


def test_only_enabled_organizations_with_enabled_connections(workshop: Workshop) -> None:
    instance = Instance(workshop)
    synced = instance.organization("Acme")
    instance.organization("Off", enabled=False)
    instance.organization("Unconnected", connected=False)
    instance.run(SPONSORSHIP_SYNC)
    assert [run["organizationId"] for run in instance.runs()] == [str(synced)]


def test_one_token_serves_all_organizations(workshop: Workshop) -> None:
    instance = Instance(workshop)
    for name in ("A", "B", "C"):
        instance.organization(name)
    instance.run(SPONSORSHIP_SYNC)
    assert (instance.cloud.tokens, instance.cloud.syncs) == (1, 3)


def test_refused_token_is_not_asked_for_again_in_the_same_run(workshop: Workshop) -> None:
    instance = Instance(workshop)
    for name in ("A", "B", "C"):
        instance.organization(name)
    instance.cloud.token_status = 400
    instance.run(SPONSORSHIP_SYNC)
    assert (instance.cloud.tokens, instance.cloud.syncs) == (1, 0)
    assert sorted(run["reason"] for run in instance.runs()) == ["back-off", "back-off", "token-refused"]
    instance.run(SPONSORSHIP_SYNC)
    assert instance.cloud.tokens == 2


def test_other_token_failures_do_not_silence_the_rest(workshop: Workshop) -> None:
    instance = Instance(workshop)
    for name in ("A", "B"):
        instance.organization(name)
    instance.cloud.token_status = 503
    instance.run(SPONSORSHIP_SYNC)
    assert instance.cloud.tokens == 2


def test_purge_forgets_what_ended_more_than_ninety_days_ago(
    workshop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    instance = Instance(workshop)
    organization = instance.organization("Acme", row=False)
    now = instance.side.clock.now()
    for age in (timedelta(days=90), timedelta(days=90, seconds=1), timedelta(days=-1)):
        instance.sponsorship(organization, valid_until=now - age)
    instance.sponsorship(organization)
    with caplog.at_level(logging.INFO, "selfhost"):
        instance.run(PURGE)
    left = [row.valid_until for row in rows_of(instance.side, str(organization))]
    assert len(left) == 3 and now - timedelta(days=90, seconds=1) not in left
    for word in ("Execute", "Finished"):
        assert f"{word} job task: DeleteExpiredSponsorshipsAsync" in caplog.text


def test_purge_does_nothing_without_communication(workshop: Workshop, caplog: pytest.LogCaptureFixture) -> None:
    instance = Instance(workshop, globalSettings__enableCloudCommunication="false")
    organization = instance.organization("Acme", row=False)
    instance.sponsorship(organization, valid_until=datetime(2020, 1, 1, tzinfo=UTC))
    instance.run(PURGE)
    assert len(rows_of(instance.side, str(organization))) == 1
    assert "DeleteExpiredSponsorshipsAsync" not in caplog.text


def test_purge_is_due_on_mondays_at_midnight(workshop: Workshop) -> None:
    assert Instance(workshop).jobs()[PURGE]["nextRun"] == "2026-08-24T00:00:00Z"


def test_deleted_organization_takes_its_runs_along(workshop: Workshop) -> None:
    instance = Instance(workshop)
    organization = instance.organization("Acme")
    instance.run(SPONSORSHIP_SYNC)
    with instance.side.app.app_context():
        db.session.execute(sa.delete(Organization).where(Organization.id == UUID(str(organization))))
        db.session.commit()
    assert instance.runs() == []
