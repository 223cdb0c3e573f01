"""Migrated databases look like the models, on both engines, also when several processes migrate at once."""

import multiprocessing
import os
import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.orm import Session

import tests.support.models  # noqa: F401 - brings in every model
from cloud_sim.sponsorships.models import NewestSync
from common.domains.events.models import Event
from common.server.database import Base, tables_of
from common.server.migrations import (
    NotMigrated,
    UnknownRevision,
    _config,
    ensure_current,
    ensure_current_or_exit,
    newest_revision,
)
from common.sim.row import begin_at
from common.sim.service import simulated_clock
from tests.support.waiting import PATIENCE

PACKAGES = ("cloud_sim", "selfhost")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database on each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/migrated.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.mark.parametrize("package", PACKAGES)
def test_time_stands_still_in_a_new_database_only(package: str, database_url: str) -> None:
    """`--at`: of several processes that make it the first one counts, and a world that is there keeps its time."""
    begin, later = datetime(2026, 11, 1, 9, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
    ensure_current(package, database_url, begin_at(begin))
    ensure_current(package, database_url, begin_at(later))
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        begin_at(later)(connection)  # type: ignore[misc]
    with Session(engine) as session:
        clock = simulated_clock(session)
        assert (clock.now(), clock.stands_still()) == (begin, True)
    engine.dispose()
    assert begin_at(None) is None


@pytest.mark.parametrize("package", PACKAGES)
def test_migrated_schema_is_that_of_the_models(package: str, database_url: str) -> None:
    ensure_current(package, database_url)
    wanted = {table.name for table in tables_of(package)}
    engine = sa.create_engine(database_url)
    with engine.connect() as connection:
        assert set(sa.inspect(connection).get_table_names()) == wanted | {"alembic_version"}
        options = {"compare_type": True, "include_name": lambda name, kind, _: kind != "table" or name in wanted}
        options["include_object"] = lambda _thing, name, kind, *_rest: kind != "table" or name in wanted
        assert compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata) == []
    engine.dispose()


@pytest.mark.filterwarnings("ignore:.*fork")
def test_a_served_app_keeps_nothing_of_what_migrates_it(
    database_url: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "active_count", lambda: 1)  # as where an app is started
    seen: list[int] = []

    def fail(_connection: sa.Connection) -> None:
        seen.append(os.getpid())
        raise ArithmeticError("the disk is full")

    with pytest.raises(NotMigrated, match="could not be brought up to date"):
        ensure_current("cloud_sim", database_url, fail)
    assert seen == [], "it was done here, with all that it loads"
    assert "the disk is full" in capfd.readouterr().err
    engine = sa.create_engine(database_url)
    with engine.connect() as connection:
        assert sa.inspect(connection).get_table_names() == [], "a part of it was saved"
    ensure_current("cloud_sim", database_url)
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT version_num FROM alembic_version")) == newest_revision("cloud_sim")
    engine.dispose()


@pytest.mark.processes
@pytest.mark.parametrize("package", PACKAGES)
def test_processes_that_start_at_once_migrate_once(package: str, database_url: str) -> None:
    context = multiprocessing.get_context("forkserver")  # all of them import once
    context.set_forkserver_preload(["tests.support.models", "common.server.migrations", "alembic.command"])
    processes = [context.Process(target=ensure_current, args=(package, database_url)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(PATIENCE)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    engine = sa.create_engine(database_url)
    with engine.connect() as connection:
        versions = connection.scalars(sa.text("SELECT version_num FROM alembic_version")).all()
    engine.dispose()
    assert versions == [newest_revision(package)]


@pytest.mark.parametrize("package", PACKAGES)
def test_database_of_another_version_is_refused_with_advice(
    package: str, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also the revisions that there were before the first schema was written anew: a home of then has these."""
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(sa.text("INSERT INTO alembic_version VALUES ('0003')"))
    with pytest.raises(UnknownRevision, match=r"revision is 0003.*`wardenloop up --fresh`"):
        ensure_current(package, database_url)
    with pytest.raises(SystemExit) as ended:
        ensure_current_or_exit(package, database_url)
    assert ended.value.code == 3
    assert "wardenloop up --fresh" in capsys.readouterr().err
    with engine.connect() as connection:
        assert sa.inspect(connection).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_revisions_of_earlier_trees_are_not_used_again() -> None:
    """A home of then would be taken for one of today."""
    assert all(newest_revision(package) >= "0004" for package in PACKAGES)


def test_a_database_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "state" / "cloud.db"
    for _ in range(2):
        ensure_current_or_exit("cloud_sim", f"sqlite:///{path}")
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS x (y)")
            assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}
        path.chmod(0o644)
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_syncs_that_were_recorded_stay_in_the_event_log(database_url: str) -> None:
    """Revision 0017 of the cloud: what the old table said is in the new one and beside how far each sync got."""
    organization, known, unknown = (uuid4() for _ in range(3))
    engine = sa.create_engine(database_url)
    at = datetime(2026, 11, 1, 9, tzinfo=UTC)
    with engine.begin() as connection:
        command.upgrade(_config("cloud_sim", connection), "0016")
        tables = sa.MetaData()
        tables.reflect(connection, only=["organizations", "organization_events", "newest_syncs"])
        _fill(connection, tables.tables["organizations"], id=organization)
        for hour, installation in enumerate((known, known, unknown)):
            date = (at + timedelta(hours=hour)).replace(tzinfo=UTC if engine.dialect.name == "postgresql" else None)
            row = {"organization_id": organization, "type": 1608, "installation_id": installation, "date": date}
            _fill(connection, tables.tables["organization_events"], id=uuid4(), **row)
        row = {"organization_id": organization, "installation_id": known, "token": 7}
        _fill(connection, tables.tables["newest_syncs"], **row)
    ensure_current("cloud_sim", database_url)
    with Session(engine) as session:
        events = session.scalars(sa.select(Event).order_by(Event.number)).all()
        assert [(each.type, each.organization_id, each.installation_id, each.date) for each in events] == [
            (1608, organization, each, at + timedelta(hours=hour)) for hour, each in enumerate((known, known, unknown))
        ]
        syncs = {each.installation_id: (each.token, each.synced_at) for each in session.scalars(sa.select(NewestSync))}
        assert syncs == {known: (7, at + timedelta(hours=1)), unknown: (0, at + timedelta(hours=2))}
    engine.dispose()


def _fill(connection: sa.Connection, table: sa.Table, **given: Any) -> None:
    """Insert a row; what is not given and has to be there is empty."""
    empty: dict[type, Any] = {int: 0, str: "", bool: False, datetime: datetime(2026, 11, 1, tzinfo=UTC)}
    row = {
        column.name: empty[column.type.python_type]
        for column in table.c
        if not column.nullable and column.server_default is None and column.name not in given
    }
    if connection.dialect.name == "sqlite":
        given = {name: value.hex if isinstance(value, UUID) else value for name, value in given.items()}
    connection.execute(sa.insert(table), row | given)
