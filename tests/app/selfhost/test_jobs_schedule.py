"""The recurring jobs on the test's clock: when they run, that they run once, what they say, how they are steered."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from common.clock import ManualClock
from common.server.jobs.claims import claim_due_run
from common.server.jobs.models import JobRun
from common.server.outbox.delivery import deliver_quietly
from common.server.transaction import db
from selfhost.jobs import service
from selfhost.licensing import validation
from tests.support.harness import Side
from tests.support.plugins.licensing import Account, Smith, Vaults, upload
from tests.support.statements import statements

CREATE = "/api/organizations/licenses/self-hosted"


@pytest.fixture
def look(selfhost: Side) -> Any:
    """One look at what is due, as the jobs process takes every second."""

    def run_due_jobs() -> None:
        with selfhost.app.app_context():
            service.run_due_jobs(selfhost.app.extensions["wardenloop"])
            deliver_quietly(selfhost.app.extensions["wardenloop"])

    return run_due_jobs


@pytest.fixture
def runs(selfhost: Side) -> Any:
    def stored(name: Any) -> list[Any]:
        with selfhost.app.app_context():
            found = db.session.scalars(sa.select(JobRun).where(JobRun.job == name).order_by(JobRun.due_at))
            return [run.due_at for run in found]

    return stored


def at(day: Any, hour: Any, minute: int = 0) -> Any:
    return datetime(2026, 8, day, hour, minute, tzinfo=UTC)


@pytest.mark.sweep
def test_schedules_of_two_days(look: Any, runs: Any, clock: ManualClock) -> None:
    look()  # the schedules are first seen on the 20th at noon
    while clock.now() < at(22, 12):
        clock.advance(timedelta(minutes=10))
        look()
    assert runs("ValidateUsersJob") == [
        *(at(20, 18), at(21, 0), at(21, 6), at(21, 12), at(21, 18), at(22, 0), at(22, 6), at(22, 12)),
    ]
    assert runs("ValidateOrganizationsJob") == [at(20, 12, 30), at(21, 0, 30), at(21, 12, 30), at(22, 0, 30)]
    assert len(runs("AliveJob")) == 48


def test_missed_runs_are_made_up_for_once(look: Any, runs: Any, clock: ManualClock) -> None:
    look()
    clock.set(at(25, 3))
    look()
    look()
    assert runs("ValidateOrganizationsJob") == [at(25, 0, 30)]


def test_nothing_runs_at_the_first_start(look: Any, runs: Any) -> None:
    look()
    assert runs("ValidateOrganizationsJob") == runs("ValidateUsersJob") == []


def test_claim_of_a_known_schedule_writes_the_claim_alone(selfhost: Side, look: Any, clock: ManualClock) -> None:
    look()
    clock.advance(timedelta(days=1))
    with statements(selfhost) as sent, selfhost.app.app_context():
        ctx = selfhost.app.extensions["wardenloop"]
        [job] = [each for each in service.jobs_of(ctx) if each.name == "ValidateUsersJob"]
        assert claim_due_run(ctx, job.name, job.schedule, player=True) is not None
    assert [each.text.split()[2] for each in sent if each.text.startswith("INSERT")] == ["job_runs"]
    assert len(sent) == 6


def test_time_set_back_is_lived_again(look: Any, runs: Any, clock: ManualClock) -> None:
    look()
    clock.set(at(25, 3))
    look()
    clock.set(at(21, 0))
    look()
    clock.set(at(21, 0, 31))
    look()
    assert runs("ValidateOrganizationsJob") == [at(20, 12, 30), at(21, 0, 30)]


def test_log_pair_around_a_run(look: Any, clock: ManualClock, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("selfhost", "common.server.jobs"):
        caplog.set_level(logging.INFO, logger=name)
    look()
    clock.set(at(20, 12, 30))
    look()
    assert [record.getMessage().partition(" at ")[0] for record in caplog.records] == [
        "Starting job ValidateOrganizationsJob",
        "Validating licenses for 0 organizations.",
        "Finished job ValidateOrganizationsJob",
    ]
    arguments = caplog.records[0].args
    assert isinstance(arguments, tuple) and arguments[0] == "ValidateOrganizationsJob"


def test_failing_job_is_logged_and_swallowed(
    look: Any,
    runs: Any,
    clock: ManualClock,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    owner: Account,
    vaults: Vaults,
    smith: Smith,
) -> None:
    acme = upload(owner, CREATE, smith.organization(), key="4.k").json()["id"]
    vaults.file(acme).write_text("{")
    look()
    clock.set(at(20, 18, 30))
    look()
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert errors == ["Error performing ValidateOrganizationsJob."]
    assert runs("ValidateUsersJob") == [at(20, 18)]


def test_disabled_by_the_schedule_and_mailed(
    look: Any, clock: ManualClock, owner: Account, vaults: Vaults, smith: Smith, selfhost: Side
) -> None:
    acme = upload(owner, CREATE, smith.organization(), key="4.k").json()["id"]
    look()
    expires = vaults.organization(acme).expiration_date
    assert expires is not None
    clock.set(expires + timedelta(days=1))
    look()
    assert not vaults.organization(acme).enabled
    assert [mail.subject for mail in selfhost.mails] == ["License Expired"]


class TestControl:
    def test_list(self, selfhost: Side, look: Any, clock: ManualClock) -> None:
        look()
        body = selfhost.client.get("/_sim/jobs").json()
        found = {each["name"]: (each["lastRun"], each["nextRun"]) for each in body["data"]}
        assert found == found | {
            "AliveJob": (None, "2026-08-20T13:00:00Z"),
            "ValidateUsersJob": (None, "2026-08-20T18:00:00Z"),
            "ValidateOrganizationsJob": (None, "2026-08-20T12:30:00Z"),
        }
        clock.set(at(20, 12, 40))
        look()
        last = selfhost.client.get("/_sim/jobs").json()["data"][2]["lastRun"]
        assert (last["dueAt"], last["finishedAt"], last["error"]) == (
            "2026-08-20T12:30:00Z",
            "2026-08-20T12:40:00Z",
            None,
        )

    def test_run_now(self, selfhost: Side, owner: Account, vaults: Vaults, smith: Smith) -> None:
        acme = upload(owner, CREATE, smith.organization(), key="4.k").json()["id"]
        vaults.file(acme).unlink()
        answer = selfhost.client.post("/_sim/jobs/ValidateOrganizationsJob/run")
        assert (answer.status_code, answer.json()["error"]) == (200, None)
        assert not vaults.organization(acme).enabled

    def test_run_again_while_the_clock_stands_still(self, selfhost: Side, runs: Any) -> None:
        for _ in range(3):
            assert selfhost.client.post("/_sim/jobs/validateusersjob/run").status_code == 200
        assert len(set(runs("ValidateUsersJob"))) == 3

    def test_failure_is_told(self, selfhost: Side, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(_ctx: Any) -> None:
            raise validation.ValidationTrouble("users", [ValueError("this one")])

        monkeypatch.setattr(validation, "validate_users", fail)
        body = selfhost.client.post("/_sim/jobs/ValidateUsersJob/run").json()
        assert body["error"].startswith("There were one or more exceptions while validating users.")
        assert "this one" in body["error"]

    def test_unknown_name_and_strangers(self, selfhost: Side) -> None:
        assert selfhost.client.post("/_sim/jobs/Nonsense/run").status_code == 404
        elsewhere = {"X-Forwarded-For": "203.0.113.7"}
        assert selfhost.client.get("/_sim/jobs", headers=elsewhere).status_code == 403
