"""The jobs process for real: two of them on one database run each due job once, and both end when told to."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

import tests.support.models  # noqa: F401 - brings all models
from common.clock import SystemClock
from common.ids import SystemIds
from common.server.database import tune_engines
from common.server.jobs.claims import claim_due_run
from common.server.jobs.models import JobAnchor, JobRun
from common.server.jobs.schedules import Cron
from common.server.migrations import ensure_current
from common.sim.service import set_clock, simulated_clock
from tests.support.harness import Workshop
from tests.support.waiting import PATIENCE, until

pytestmark = pytest.mark.processes


@contextmanager
def processes(count: Any, effective: Any) -> Iterator[Any]:
    environment = {
        "PATH": os.environ["PATH"],
        "WARDENLOOP_EFFECTIVE": str(effective),
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }
    running = [
        subprocess.Popen([sys.executable, "-m", "selfhost.worker"], env=environment, stderr=subprocess.PIPE)
        for _ in range(count)
    ]
    try:
        yield running
    finally:
        for process in running:
            process.kill()
            process.communicate()


@pytest.fixture(params=["sqlite", "postgresql"])
def instance(
    request: pytest.FixtureRequest, tmp_path: Path, certificate_dir: Path, workshop: Workshop
) -> Iterator[Any]:
    """Settings in effect and a database of their own."""
    state = tmp_path / "jobs"
    state.mkdir()
    environment = workshop.environment(state)
    environment["wardenloop__databaseUrl"] = (
        request.getfixturevalue("postgres_url") if request.param == "postgresql" else f"sqlite:///{state / 'jobs.db'}"
    )
    (state / "effective.json").write_text(json.dumps({"environment": environment}))
    engine = sa.create_engine(environment["wardenloop__databaseUrl"])
    tune_engines([engine])
    ensure_current("selfhost", environment["wardenloop__databaseUrl"])  # else each process loads all to look for itself
    yield state, engine
    engine.dispose()


def test_each_due_run_is_claimed_by_one_process(instance: Any) -> None:
    state, engine = instance

    def count(table: Any, job: str = "AliveJob") -> Any:
        with Session(engine) as session:
            return session.scalar(sa.select(sa.func.count()).select_from(table).where(table.job == job)) or 0

    hours = 4
    start = SystemClock().now().replace(minute=10, second=0, microsecond=0)
    with Session(engine) as session:
        set_clock(session, start)
        session.commit()
    with processes(2, state / "effective.json") as running:
        until(lambda: count(JobAnchor), "the schedules have been seen")
        time.sleep(0.5)
        for hour in range(1, hours + 1):
            before = count(JobRun)
            with Session(engine) as session:
                set_clock(session, start + timedelta(hours=hour))
                session.commit()
            until(lambda before=before: count(JobRun) > before, f"hour {hour} has been claimed")  # type: ignore[misc]
        time.sleep(1.2)  # everybody looks once more
        for process in running:
            process.send_signal(signal.SIGTERM)
        assert [process.wait(PATIENCE) for process in running] == [0, 0]
    with Session(engine) as session:
        runs = list(session.scalars(sa.select(JobRun)))
    lines = [line for path in (state / "bwdata" / "logs").rglob("*.txt") for line in path.read_text().splitlines()]
    started = [line for line in lines if "Starting job" in line]
    assert len(started) == len(runs)
    assert sum('"AliveJob"' in line for line in started) == hours
    assert sum("It's alive!" in line for line in lines) == hours
    assert all(run.finished_at is not None and run.error is None for run in runs)


def test_who_still_lives_before_a_move_of_time_forgets_no_claim_made_after_it(instance: Any) -> None:
    """A process keeps the time shift that it read; by that one, a claim of the hour after the move lies in a future."""
    _, engine = instance
    noon = SystemClock().now().replace(hour=12, minute=10)

    def move_to(moment: Any) -> None:
        with Session(engine) as session:
            set_clock(session, moment)
            session.commit()

    def claim(session: Any) -> Any:
        ctx: Any = SimpleNamespace(session=session, clock=simulated_clock(session), ids=SystemIds())
        return claim_due_run(ctx, "AliveJob", Cron("0 * * * *"))

    move_to(noon)
    with Session(engine) as slow, Session(engine) as fast:
        assert claim(slow) is None  # sees the schedule for the first time, and the shift
        move_to(noon + timedelta(hours=1))
        assert claim(fast) is not None
        fast.commit()
        assert claim(slow) is None
        slow.commit()
    with Session(engine) as later:
        assert claim(later) is None
        later.commit()
        assert later.scalar(sa.select(sa.func.count()).select_from(JobRun)) == 1


def test_settings_that_are_missing_end_it_with_a_reason(tmp_path: Path) -> None:
    with processes(1, tmp_path / "nothing.json") as (process,):
        _, error = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert b"Cannot read the configuration in effect" in error
